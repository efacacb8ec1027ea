using System.Buffers;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Audio;

namespace Pollux.Endpoints;

/// <summary>Gives samples the form that the client wants, piece by piece. Not thread-safe.</summary>
internal sealed class SpeechWriter(SpeechTranslation translation) : IDisposable
{
    private readonly SpeechEventWriter _events = new();
    private readonly ArrayBufferWriter<byte> _piece = new();
    private bool _begun;

    /// <summary>The samples.</summary>
    public SpeechReader Sound { get; } = new();

    /// <summary>Writes what <see cref="Sound"/> read last.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        bool header = !_begun && translation.Format == SpeechFormat.Wav;
        _begun = true;
        if (!translation.Events)
        {
            if (header)
                WavHeader.Write(Sound.Rate, Sound.Channels, samples: null, output);
            output.Write(Sound.Samples.Span);
            return;
        }

        if (!header)
        {
            _events.WriteDelta(Sound.Samples.Span, output);
            return;
        }

        WavHeader.Write(Sound.Rate, Sound.Channels, samples: null, _piece);
        _piece.Write(Sound.Samples.Span);
        _events.WriteDelta(_piece.WrittenSpan, output);
        _piece.Clear();
    }

    /// <summary>Writes what stands behind the last sound.</summary>
    /// <returns>Whether anything does.</returns>
    public bool WriteEnd(in GeminiUsage usage, IBufferWriter<byte> output)
    {
        if (translation.Events)
            _events.WriteDone(usage, output);
        return translation.Events;
    }

    /// <summary>Writes a whole file that an encoder made.</summary>
    public void WriteWhole(ReadOnlySpan<byte> file, in GeminiUsage usage, IBufferWriter<byte> output)
    {
        if (!translation.Events)
        {
            output.Write(file);
            return;
        }

        _events.WriteDelta(file, output);
        _events.WriteDone(usage, output);
    }

    /// <inheritdoc/>
    public void Dispose() => _events.Dispose();
}
