using System.Net;
using System.Text;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>A client that reads slowly: what it has not read stays at the upstream. Alone, since the memory of the process is measured.</summary>
[Collection(nameof(Alone))]
[Trait("Feature", "STR-4")]
public sealed class SlowReaderTests
{
    [Fact]
    public async Task A_slow_reader_holds_the_upstream_back_and_no_memory_grows()
    {
        const int EventBytes = 64 * 1024;
        const int Events = 2048; // 128 MB
        const long MayLieOnTheWay = 32L * 1024 * 1024; // sockets' buffers on both sides, and the server's
        byte[] one = Encoding.ASCII.GetBytes($"data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{new string('x', EventBytes)}\"}}],\"role\":\"model\"}},\"index\":0}}]}}\r\n\r\n");
        byte[] last = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"!\"}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}]}\r\n\r\n"u8.ToArray();
        await using var upstream = await CountingUpstream.StartAsync(one, Events, last);
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(settings: new Dictionary<string, string> { ["BASE_URL"] = upstream.Address });
        long before = GC.GetTotalMemory(forceFullCollection: true);

        using HttpRequestMessage request = Form.GeminiStream.Request("Hello");
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await upstream.StalledAsync();

        Assert.InRange(upstream.SentBytes, one.Length, MayLieOnTheWay);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MayLieOnTheWay);

        await using Stream body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        byte[] buffer = new byte[256 * 1024];
        long read = 0;
        while (await body.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var bytes)
            read += bytes;
        Assert.Equal(((long)Events * one.Length) + last.Length, read);
        Assert.Equal("-", (await lines.NextAsync())["owner"]);
    }
}
