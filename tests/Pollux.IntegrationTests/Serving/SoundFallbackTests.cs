using System.Net;
using System.Text;
using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>DSP-8 where sound is made or heard: a stand-in serves when the quota of the model is used up, and the header names it.</summary>
public sealed class SoundFallbackTests
{
    private const string Speaker = "gemini-3.8-flash-tts";
    private const string OtherSpeaker = "gemini-2.5-flash-preview-tts";
    private const string Hearer = "gemini-3.8-flash";
    private const string OtherHearer = "gemini-2.5-flash";

    [Theory]
    [InlineData("pcm", "streamGenerateContent")]
    [InlineData("mp3", "generateContent")]
    public async Task Another_model_speaks(string format, string action)
    {
        await using var program = new StandInProgram("cat");
        await using TestGateway gateway = await StartAsync($"{Speaker}={Hearer},{Hearer}={OtherSpeaker}", program.Settings); // one that does not speak is passed over
        gateway.Upstream.Script.ForModel(Speaker).Reply(FakeReply.QuotaDay());

        using HttpResponseMessage response = await SpeakAsync(gateway, format);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(OtherSpeaker, response.Headers.GetValues("x-pollux-model").Single());
        Assert.Equal(SpeechTests.Spoken("Hello"), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal([Speaker, OtherSpeaker], gateway.Calls(action).Select(static call => call.Model));
    }

    [Fact]
    public async Task When_nobody_can_speak_the_state_of_the_model_asked_for_is_told()
    {
        await using TestGateway gateway = await StartAsync($"{Speaker}={OtherSpeaker}");
        gateway.Upstream.Script.Always().Reply(FakeReply.QuotaDay());

        using HttpResponseMessage response = await SpeakAsync(gateway, "pcm");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.False(response.Headers.Contains("x-pollux-model"));
        Assert.Contains(Speaker, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("response_format", "json")]
    [InlineData("response_format", "srt")]
    [InlineData("stream", "true")]
    public async Task Another_model_hears_the_same_recording(string field, string value)
    {
        await using TestGateway gateway = await StartAsync($"{Hearer}={Speaker},{Speaker}={OtherHearer}"); // one that does not hear is passed over
        gateway.Upstream.Script.ForModel(Hearer).Reply(FakeReply.QuotaDay());
        byte[] wave = TranscriptionTests.Wave(2_000_000);

        (HttpResponseMessage response, string body) = await TranscriptionTests.SendAsync(gateway, TranscriptionTests.Form(wave, ("model", Hearer), (field, value)));

        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        Assert.Equal(OtherHearer, response.Headers.GetValues("x-pollux-model").Single());
        Assert.Contains("2000000 bytes", body, StringComparison.Ordinal);
        Assert.Equal([Hearer, OtherHearer], gateway.Calls().Select(static call => call.Model));
        Assert.Equal(wave, gateway.Calls()[1].Json.GetProperty("contents")[0].GetProperty("parts")[0].GetProperty("inlineData").GetProperty("data").GetBytesFromBase64());
    }

    [Fact]
    public async Task When_nobody_can_hear_the_state_of_the_model_asked_for_is_told()
    {
        await using TestGateway gateway = await StartAsync($"{Hearer}={OtherHearer}");
        gateway.Upstream.Script.Always().Reply(FakeReply.QuotaDay());

        (HttpResponseMessage response, string body) = await TranscriptionTests.SendAsync(gateway, TranscriptionTests.Form(TranscriptionTests.Wave(), ("model", Hearer)));

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Contains(Hearer, JsonElement.Parse(body).GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vectors_are_never_another_models()
    {
        await using TestGateway gateway = await StartAsync("gemini-embedding-2=gemini-embedding-001");
        gateway.Upstream.Script.ForModel("gemini-embedding-2").Reply(FakeReply.QuotaDay());
        using HttpRequestMessage request = Ask.Request("/v1/embeddings", Encoding.UTF8.GetBytes("""{"model":"gemini-embedding-2","input":"a"}"""));

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(["gemini-embedding-2"], gateway.Calls().Select(static call => call.Model));
    }

    private static async Task<HttpResponseMessage> SpeakAsync(TestGateway gateway, string format)
    {
        using HttpRequestMessage request = Ask.Request("/v1/audio/speech", Encoding.UTF8.GetBytes($$"""{"model":"{{Speaker}}","input":"Hello","response_format":"{{format}}"}"""));
        return await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static Task<TestGateway> StartAsync(string fallbacks, Dictionary<string, string>? settings = null) =>
        TranscriptionTests.StartAsync(new(settings ?? []) { ["MODEL_FALLBACKS"] = fallbacks });
}
