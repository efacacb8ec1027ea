using System.Net;
using Pollux.FakeGemini;

namespace Pollux.Tests.FakeGemini;

/// <summary>Recorded answers leave the socket byte for byte.</summary>
public sealed class RecordedReplyTests
{
    [Theory]
    [InlineData("vertexai-sdk-test-data/googleai-streaming-success-empty-parts", "response.sse", "text/event-stream")]
    [InlineData("vertexai-sdk-test-data/googleai-unary-success-basic-reply-short", "response.json", "application/json; charset=UTF-8")]
    public async Task Recorded_answer_is_sent_exactly(string name, string file, string contentType)
    {
        Fixture fixture = Fixtures.Get(name);
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Recorded(fixture.Folder));

        using HttpResponseMessage response = await upstream.PostAsync("streamGenerateContent?alt=sse");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(contentType, response.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(fixture.Folder, file), Upstream.Stop),
            await response.Content.ReadAsByteArrayAsync(Upstream.Stop));
    }

    [Fact]
    public async Task Status_without_a_record_is_read_from_the_error()
    {
        Fixture fixture = Fixtures.Get("vertexai-sdk-test-data/googleai-unary-failure-api-key");
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Recorded(fixture.Folder));

        using HttpResponseMessage response = await upstream.PostAsync("generateContent");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public void Every_recorded_gemini_answer_can_be_read()
    {
        if (Fixtures.Root is null) Assert.Skip("The recorded traffic (../shared/fixtures beside the repository) is not there.");
        foreach (Fixture fixture in Fixtures.Gemini)
        {
            if (Directory.EnumerateFiles(fixture.Folder, "response.*").Any()) Assert.NotNull(FakeReply.Recorded(fixture.Folder));
        }
    }
}
