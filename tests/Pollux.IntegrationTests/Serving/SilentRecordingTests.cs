using System.Net;
using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-12: a recording in which nobody speaks has an empty text, in every form.</summary>
[Trait("Feature", "OAI-12")]
public sealed class SilentRecordingTests
{
    [Theory]
    [InlineData("[no speech]\n", "json", "{\"text\":\"\"")]
    [InlineData("[no speech]", "text", "\n")]
    [InlineData("{\"language\":\"\",\"segments\":[]}", "srt", "")]
    [InlineData("", "json", "{\"text\":\"\"")] // though it was told what to say
    [InlineData("", "text", "\n")]
    [InlineData("", "srt", "")]
    [InlineData("", "vtt", "WEBVTT\n\n")]
    [InlineData("", "verbose_json", "{\"task\":\"transcribe\",\"language\":\"\",\"duration\":0,\"text\":\"\"")]
    public async Task Nobody_speaking_is_an_empty_text(string said, string format, string expected)
    {
        await using TestGateway gateway = await TranscriptionTests.StartAsync();
        gateway.Upstream.Script.ForAction("generateContent").Reply(said.Length > 0 ? FakeReply.Text(said) : FakeReply.EmptyParts());

        (HttpResponseMessage response, string body) = await TranscriptionTests.SendAsync(gateway, TranscriptionTests.Form(TranscriptionTests.Wave(), ("model", "whisper-1"), ("response_format", format)));

        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        if (expected.StartsWith('{'))
            Assert.StartsWith(expected, body, StringComparison.Ordinal);
        else
            Assert.Equal(expected, body);
    }

    [Theory]
    [InlineData("[no speech]", "")]
    [InlineData("[no| spe|ech]|\n", "")]
    [InlineData("", "")]
    [InlineData("[no| smoking]| is what it said", "[no smoking] is what it said")]
    [InlineData("[no", "[no")] // it ends there
    [InlineData("[no speech]| was written on the wall", "[no speech] was written on the wall")]
    [InlineData("\n|Hello| \"you\"", "\nHello \"you\"")]
    public async Task Nobody_speaking_is_an_empty_text_in_a_stream_and_nothing_else_is(string pieces, string expected)
    {
        await using TestGateway gateway = await TranscriptionTests.StartAsync();
        gateway.Upstream.Script.ForAction("streamGenerateContent").Reply(pieces.Length > 0 ? FakeReply.TextInPieces(pieces.Split('|')) : FakeReply.EmptyParts());

        (HttpResponseMessage response, string body) = await TranscriptionTests.SendAsync(gateway, TranscriptionTests.Form(TranscriptionTests.Wave(), ("model", "gpt-4o-transcribe"), ("stream", "true")));

        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        JsonElement[] events = [.. body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static one => JsonElement.Parse(one["data: ".Length..]))];
        Assert.Equal(("transcript.text.done", expected), (events[^1].GetProperty("type").GetString(), events[^1].GetProperty("text").GetString()));
        Assert.Equal(expected, string.Concat(events[..^1].Select(static one => one.GetProperty("delta").GetString())));
        Assert.Contains("[no speech]", gateway.Calls()[0].Json.GetProperty("contents")[0].GetProperty("parts")[1].GetProperty("text").GetString(), StringComparison.Ordinal);
    }
}
