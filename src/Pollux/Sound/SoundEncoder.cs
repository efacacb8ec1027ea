using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pollux.Protocols.OpenAI.Audio;
using Pollux.Settings;

namespace Pollux.Sound;

/// <summary>
/// Compresses samples with ffmpeg, which reads them on its standard input and answers on its standard output. It is started
/// without a shell and without our environment, where keys may stand; it ends with the request, after
/// <see cref="MostTime"/> at the latest. As many run at once as there are processors.
/// </summary>
internal sealed partial class SoundEncoder(SettingsHolder settings, TimeProvider clock, ILogger<SoundEncoder> logger) : IDisposable
{
    /// <summary>A minute of speech takes a second.</summary>
    public static readonly TimeSpan MostTime = TimeSpan.FromMinutes(2);

    private const int MostBytes = 256 * 1024 * 1024; // as much as the upstream may answer; compressed sound is smaller
    private const int MostErrorBytes = 4096;

    private readonly SemaphoreSlim _places = new(Environment.ProcessorCount);

    /// <summary>Whether there is an encoder.</summary>
    public bool IsThere => settings.Current.Audio.EncoderPath is not null;

    /// <summary>Compresses samples.</summary>
    /// <param name="samples">16 bits, little-endian.</param>
    /// <param name="rate">Samples per second.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="format">What is wanted.</param>
    /// <param name="aborted">Nobody waits any more.</param>
    /// <returns>The file, or <see langword="null"/> when the encoder failed; the log says how.</returns>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    public async Task<ReadOnlyMemory<byte>?> EncodeAsync(ReadOnlyMemory<byte> samples, int rate, int channels, SpeechFormat format, CancellationToken aborted)
    {
        await _places.WaitAsync(aborted);
        try
        {
            using var limit = new CancellationTokenSource(MostTime, clock);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
            return await RunAsync(samples, Arguments(rate, channels, format), ending.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            Failed(logger, -1, "It took too long.");
            return null;
        }
        catch (Win32Exception fault)
        {
            Failed(logger, -1, fault.Message);
            return null;
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private static string[] Arguments(int rate, int channels, SpeechFormat format)
    {
        string[] output = format switch
        {
            SpeechFormat.Mp3 => ["-f", "mp3"],
            SpeechFormat.Opus => ["-c:a", "libopus", "-f", "ogg"],
            SpeechFormat.Aac => ["-f", "adts"],
            SpeechFormat.Flac => ["-f", "flac"],
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Samples need no encoder."),
        };
        return
        [
            "-hide_banner", "-loglevel", "error", "-nostdin",
            "-f", "s16le", "-ar", rate.ToString(CultureInfo.InvariantCulture), "-ac", channels.ToString(CultureInfo.InvariantCulture), "-i", "pipe:0",
            .. output, "pipe:1",
        ];
    }

    private async Task<ReadOnlyMemory<byte>?> RunAsync(ReadOnlyMemory<byte> samples, string[] arguments, CancellationToken ending)
    {
        var start = new ProcessStartInfo(settings.Current.Audio.EncoderPath!, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        using Process process = Process.Start(start)!;
        try
        {
            Task feeding = FeedAsync(process.StandardInput.BaseStream, samples, ending);
            Task<MemoryStream?> telling = ReadAsync(process.StandardError.BaseStream, MostErrorBytes, keepReading: true, ending);
            MemoryStream? encoded = await ReadAsync(process.StandardOutput.BaseStream, MostBytes, keepReading: false, ending);
            if (encoded is not null)
            {
                await feeding;
                await process.WaitForExitAsync(ending);
                if (process.ExitCode == 0 && encoded.Length > 0)
                    return encoded.GetBuffer().AsMemory(0, (int)encoded.Length);
                MemoryStream told = (await telling)!;
                Failed(logger, process.ExitCode, Encoding.UTF8.GetString(told.GetBuffer(), 0, (int)told.Length).ReplaceLineEndings(" "));
                return null;
            }

            Failed(logger, -1, "It wrote more than can be.");
            return null;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static async Task FeedAsync(Stream input, ReadOnlyMemory<byte> samples, CancellationToken ending)
    {
        try
        {
            await using (input)
                await input.WriteAsync(samples, ending);
        }
        catch (IOException)
        {
            // it ended before it had read all: its exit code tells why
        }
    }

    /// <param name="stream">Read to its end.</param>
    /// <param name="most">The bound, in bytes.</param>
    /// <param name="keepReading">Whether what is beyond the bound is dropped; else it is a fault.</param>
    /// <param name="ending">Ends it.</param>
    private static async Task<MemoryStream?> ReadAsync(Stream stream, int most, bool keepReading, CancellationToken ending)
    {
        var read = new MemoryStream();
        var piece = new byte[32 * 1024];
        while (await stream.ReadAsync(piece, ending) is > 0 and var length)
        {
            if (read.Length + length <= most)
                read.Write(piece, 0, length);
            else if (!keepReading)
                return null;
        }

        return read;
    }

    [LoggerMessage(EventId = 8200, Level = LogLevel.Error, Message = "The sound encoder failed with exit code {Code}: {Words}")]
    private static partial void Failed(ILogger logger, int code, string words);
}
