using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-12: speech, as it comes and compressed.</summary>
[Trait("Feature", "OAI-12")]
public sealed class SpeechTests
{
    private const string Model = "gemini-3.8-flash-tts";

    [Theory]
    [InlineData("/v1")]
    [InlineData("/hf/v1")]
    [InlineData("/openai/v1")]
    [InlineData("/aistudio")]
    [InlineData("")]
    [InlineData("/v1beta/openai")]
    public async Task Waves_have_a_header_and_the_upstreams_samples(string prefix)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        (HttpResponseMessage response, byte[] sound) = await SpeakAsync(gateway, "\"response_format\":\"wav\",\"voice\":\"alloy\"", prefix: prefix);

        Assert.Equal((HttpStatusCode.OK, "audio/wav"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("RIFF", Encoding.ASCII.GetString(sound, 0, 4));
        Assert.Equal(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(sound.AsSpan(40)));
        Assert.Equal((24000, 1, 16), (BinaryPrimitives.ReadInt32LittleEndian(sound.AsSpan(24)), sound[22], sound[34]));
        Assert.Equal(Spoken("Hello"), sound[44..]);
        JsonElement config = Assert.Single(gateway.Calls("streamGenerateContent")).Json.GetProperty("generationConfig");
        Assert.Equal("""{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}""", config.GetRawText());
    }

    [Fact]
    public async Task Bare_samples_come_as_they_are()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        (HttpResponseMessage response, byte[] sound) = await SpeakAsync(gateway, "\"response_format\":\"pcm\"");

        Assert.Equal("audio/pcm", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(Spoken("Hello"), sound);
    }

    [Fact]
    public async Task The_first_samples_arrive_before_the_last_are_there()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var release = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(release.Task, eventIndex: 1));
        using HttpRequestMessage request = Ask.Request("/v1/audio/speech", Encoding.UTF8.GetBytes("""{"input":"Hello","response_format":"pcm"}"""));

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using Stream body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var first = new byte[100];
        await body.ReadExactlyAsync(first, TestContext.Current.CancellationToken);
        release.SetResult();

        var rest = new MemoryStream();
        await body.CopyToAsync(rest, TestContext.Current.CancellationToken);
        Assert.Equal(Spoken("Hello"), first.Concat(rest.ToArray()));
    }

    [Theory]
    [InlineData("wav", 44)]
    [InlineData("pcm", 0)]
    public async Task Events_hold_the_same_sound_and_end_with_the_usage(string format, int header)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        (HttpResponseMessage response, byte[] body) = await SpeakAsync(gateway, $"\"response_format\":\"{format}\",\"stream_format\":\"sse\"");
        JsonElement[] events = Events(body);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.All(events[..^1], static one => Assert.Equal("speech.audio.delta", one.GetProperty("type").GetString()));
        byte[] sound = [.. events[..^1].SelectMany(static one => one.GetProperty("audio").GetBytesFromBase64())];
        Assert.Equal(Spoken("Hello"), sound[header..]);
        Assert.Equal("speech.audio.done", events[^1].GetProperty("type").GetString());
        JsonElement usage = events[^1].GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt32(), usage.GetProperty("input_tokens").GetInt32() + usage.GetProperty("output_tokens").GetInt32());
        Assert.True(usage.GetProperty("output_tokens").GetInt32() > 0);
    }

    [Theory]
    [InlineData("", null, Model)]
    [InlineData("\"model\":\"gpt-4o-mini-tts\"", null, Model)]
    [InlineData("\"model\":\"tts-1\"", "gemini-2.5-flash-preview-tts", "gemini-2.5-flash-preview-tts")]
    [InlineData("", "gemini-1.0-tts-gone", Model)]
    [InlineData("\"model\":\"gemini-3.1-flash-tts-preview\"", "gemini-2.5-flash-preview-tts", "gemini-3.1-flash-tts-preview")]
    public async Task The_model_is_the_one_asked_for_the_configured_or_the_newest(string members, string? configured, string model)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: configured is null ? null : new Dictionary<string, string> { ["TTS_MODEL"] = configured });
        await EmbeddingTests.ListedAsync(gateway);

        (HttpResponseMessage response, _) = await SpeakAsync(gateway, members);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(model, Assert.Single(gateway.Calls()).Model);
    }

    [Fact]
    public async Task The_settings_speak_where_the_request_does_not()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["TTS_VOICE_NAME"] = "Puck", ["TTS_SPEED"] = "slow" });

        await SpeakAsync(gateway, "");

        JsonElement sent = Assert.Single(gateway.Calls()).Json;
        Assert.Equal("Read the following text aloud slowly:\n\nHello", sent.GetProperty("contents")[0].GetProperty("parts")[0].GetProperty("text").GetString());
        Assert.Contains("\"Puck\"", sent.GetProperty("generationConfig").GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"speed\":0.5", "Read the following text aloud at 0.5 times the usual pace:\n\nHello")]
    [InlineData("\"speed\":2,\"instructions\":\"Whisper.\"", "Whisper.\n\nRead the following text aloud at 2 times the usual pace:\n\nHello")]
    [InlineData("\"speed\":1", "Hello")]
    public async Task The_pace_is_asked_for_in_words(string members, string said)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        (HttpResponseMessage response, byte[] sound) = await SpeakAsync(gateway, members + ",\"response_format\":\"pcm\"");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(said, Assert.Single(gateway.Calls()).Json.GetProperty("contents")[0].GetProperty("parts")[0].GetProperty("text").GetString());
        Assert.Equal(Spoken(said), sound);
    }

    [Theory]
    [InlineData("\"response_format\":\"mp3\"", 400, "response_format", "wav or pcm")]
    [InlineData("\"voice\":\"nobody\"", 400, "voice", "Zephyr")]
    [InlineData("\"speed\":7", 400, "speed", "0.25")]
    [InlineData("\"model\":\"gemini-3.5-flash\"", 400, "model", "does not speak")]
    [InlineData("\"model\":\"gemini-9-tts\"", 404, "model", "gemini-9-tts")]
    public async Task A_bad_request_is_refused_by_the_name_of_its_field_and_nothing_goes_upstream(string members, int status, string param, string word)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await EmbeddingTests.ListedAsync(gateway);

        (HttpResponseMessage response, byte[] body) = await SpeakAsync(gateway, members);

        JsonElement error = JsonElement.Parse(body).GetProperty("error");
        Assert.Equal((status, param), ((int)response.StatusCode, error.GetProperty("param").GetString()));
        Assert.Contains(word, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(gateway.Calls());
    }

    [Fact]
    public async Task Without_an_encoder_and_a_wish_waves_are_given_and_said_to_be()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true" });

        (HttpResponseMessage response, _) = await SpeakAsync(gateway, "");

        Assert.Equal("audio/wav", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("response_format:changed", response.Headers.GetValues("x-pollux-losses").Single());
    }

    [Theory]
    [InlineData("wav", "SAFETY", 400, "content_policy")]
    [InlineData("wav", "MAX_TOKENS", 400, "answer_too_long")]
    public async Task A_speech_that_was_not_given_is_told_with_its_status(string format, string finish, int status, string code)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.ForModel(Model).Reply(FakeReply.NoParts(finish));

        (HttpResponseMessage response, byte[] body) = await SpeakAsync(gateway, $"\"response_format\":\"{format}\"");

        Assert.Equal((status, code), ((int)response.StatusCode, JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("wav")]
    [InlineData("mp3")]
    public async Task Words_instead_of_sound_are_an_error_of_the_upstream(string format)
    {
        await using var program = new StandInProgram("cat");
        await using TestGateway gateway = await TestGateway.StartAsync(settings: program.Settings);
        gateway.Upstream.Script.ForModel(Model).Reply(FakeReply.Text("I would rather write."));

        (HttpResponseMessage response, byte[] body) = await SpeakAsync(gateway, $"\"response_format\":\"{format}\"");

        Assert.Equal((502, "upstream_empty_response"), ((int)response.StatusCode, JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Samples_that_break_off_do_not_look_whole()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.ForModel(Model).Reply(FakeReply.Default.ResetAfter(1));

        await Assert.ThrowsAsync<HttpRequestException>(() => SpeakAsync(gateway, "\"response_format\":\"pcm\""));
    }

    [Fact]
    public async Task A_quota_that_is_used_up_is_told_as_429()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.ForModel(Model).Reply(FakeReply.QuotaDay());

        (HttpResponseMessage response, _) = await SpeakAsync(gateway, "");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    /// <summary>What the fake speaks: a byte for each place, and the character it belongs to.</summary>
    internal static byte[] Spoken(string text) => [.. Enumerable.Range(0, text.Length * 480).Select(place => (byte)((place * 7) + text[place / 480]))];

    internal static JsonElement[] Events(byte[] body) =>
        [.. Encoding.UTF8.GetString(body).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static one => JsonElement.Parse(one["data: ".Length..]))];

    internal static async Task<(HttpResponseMessage Response, byte[] Body)> SpeakAsync(TestGateway gateway, string members, string prefix = "/v1")
    {
        await EmbeddingTests.ListedAsync(gateway); // the default model is the newest of the list
        string body = $"{{\"input\":\"Hello\"{(members.Length > 0 ? "," : "")}{members}}}";
        Assert.NotNull(JsonNode.Parse(body));
        using HttpRequestMessage request = Ask.Request(prefix + "/audio/speech", Encoding.UTF8.GetBytes(body));
        HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
