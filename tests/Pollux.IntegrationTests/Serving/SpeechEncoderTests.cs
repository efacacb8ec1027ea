using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-12: speech that is compressed, by a stand-in for ffmpeg and by the true one where there is one.</summary>
[Trait("Feature", "OAI-12")]
public sealed class SpeechEncoderTests
{
    [Theory]
    [InlineData("", "audio/mpeg", "-f mp3 pipe:1")]
    [InlineData("\"response_format\":\"opus\"", "audio/opus", "-c:a libopus -f ogg pipe:1")]
    [InlineData("\"response_format\":\"aac\"", "audio/aac", "-f adts pipe:1")]
    [InlineData("\"response_format\":\"flac\"", "audio/flac", "-f flac pipe:1")]
    public async Task An_encoder_gets_the_samples_and_none_of_the_environment(string members, string type, string arguments)
    {
        await using var program = new StandInProgram("echo \"$*\"; set | grep -c ^POLLUX_TEST_SECRET=; cat");
        await using TestGateway gateway = await TestGateway.StartAsync(settings: program.Settings);
        Environment.SetEnvironmentVariable("POLLUX_TEST_SECRET", "hush"); // what the encoder must not see

        (HttpResponseMessage response, byte[] body) = await SpeechTests.SpeakAsync(gateway, members);

        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        byte[] head = Encoding.ASCII.GetBytes($"-hide_banner -loglevel error -nostdin -f s16le -ar 24000 -ac 1 -i pipe:0 {arguments}\n0\n");
        Assert.Equal(head, body[..head.Length]);
        Assert.Equal(SpeechTests.Spoken("Hello"), body[head.Length..]);
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        Assert.Single(gateway.Calls("generateContent"));
    }

    public static bool HasEncoder => Encoder is not null;

    /// <summary>The true ffmpeg, where one is installed.</summary>
    private static string? Encoder { get; } = FindEncoder();

    [Theory(Skip = "There is no ffmpeg in PATH.", SkipUnless = nameof(HasEncoder))]
    [InlineData("", "audio/mpeg", "^(ID3|\u00FF[\u00E0-\u00FF])")] // ffmpeg puts a tag before the frames
    [InlineData("\"response_format\":\"opus\"", "audio/opus", "^OggS.{24}OpusHead")]
    [InlineData("\"response_format\":\"flac\"", "audio/flac", "^fLaC")]
    [InlineData("\"response_format\":\"aac\"", "audio/aac", "^\u00FF[\u00F0\u00F1\u00F8\u00F9]")]
    public async Task The_true_encoder_makes_files_of_the_form_that_is_asked_for(string members, string type, string magic)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["FFMPEG_PATH"] = Encoder! });

        (HttpResponseMessage response, byte[] body) = await SpeechTests.SpeakAsync(gateway, members);

        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Matches("(?s)" + magic, Encoding.Latin1.GetString(body));
        Assert.True(body.Length > 200, $"{body.Length} bytes");
    }

    [Fact]
    public async Task Compressed_sound_comes_in_events_too()
    {
        await using var program = new StandInProgram("cat");
        await using TestGateway gateway = await TestGateway.StartAsync(settings: program.Settings);

        (_, byte[] body) = await SpeechTests.SpeakAsync(gateway, "\"stream_format\":\"sse\"");

        JsonElement[] events = SpeechTests.Events(body);
        Assert.Equal(["speech.audio.delta", "speech.audio.done"], events.Select(static one => one.GetProperty("type").GetString()));
        Assert.Equal(SpeechTests.Spoken("Hello"), events[0].GetProperty("audio").GetBytesFromBase64());
    }

    [Theory]
    [InlineData("cat > /dev/null; echo the reed is broken >&2; exit 3", "the reed is broken")]
    [InlineData("echo no samples wanted >&2; exit 4", "no samples wanted")]
    [InlineData("cat > /dev/null", "code 0")]
    public async Task An_encoder_that_fails_is_an_error_and_its_words_stand_in_the_log(string script, string words)
    {
        await using var program = new StandInProgram(script);
        await using TestGateway gateway = await TestGateway.StartAsync(settings: program.Settings);

        (HttpResponseMessage response, byte[] body) = await SpeechTests.SpeakAsync(gateway, "\"response_format\":\"mp3\"");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("encoder_failed", JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(gateway.Logs.Lines, line => line.Text.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_encoder_ends_with_its_client()
    {
        await using var program = new StandInProgram("echo $$ > \"$0.started\"; mv \"$0.started\" \"$0.pid\"; exec sleep 600");
        await using TestGateway gateway = await TestGateway.StartAsync(settings: program.Settings);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using HttpRequestMessage request = Ask.Request("/v1/audio/speech", Encoding.UTF8.GetBytes("""{"input":"Hello","response_format":"mp3"}"""));

        Task<HttpResponseMessage> answer = gateway.Client.SendAsync(request, leaving.Token);
        using Process running = Process.GetProcessById(int.Parse(await program.WrittenAsync(".pid"), CultureInfo.InvariantCulture));
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await running.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private static string? FindEncoder()
    {
#pragma warning disable RS0030 // a switch of the tests
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
#pragma warning restore RS0030
        string program = OperatingSystem.IsWindows() ? "ffmpeg.exe" : "ffmpeg";
        return path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }
}
