using Pollux.FakeGemini;
using Pollux.FakeGemini.Fast;

namespace Pollux.Tests.FakeGemini;

/// <summary>The benchmark upstream and the program's command line.</summary>
public sealed class FastGeminiServerTests
{
    [Fact]
    public async Task Fast_server_sends_the_events_asked_for()
    {
        await using FastGeminiServer server = await FastGeminiServer.StartAsync(new FastGeminiOptions { Events = 5, ChunkBytes = 7 }, Upstream.Stop);
        using HttpClient client = new(new SocketsHttpHandler(), disposeHandler: true) { BaseAddress = server.BaseAddress };
        using StringContent body = new("{}");

        using HttpResponseMessage response = await client.PostAsync("v1beta/models/any:streamGenerateContent?alt=sse", body, Upstream.Stop);
        string text = await response.Content.ReadAsStringAsync(Upstream.Stop);

        Assert.Equal(5, text.Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"text\": \"xxxxxxx\"", text, StringComparison.Ordinal);
        Assert.Single(text.Split("finishReason")[1..]);
    }

    [Theory]
    [InlineData("--port")]
    [InlineData("--port 99999")]
    [InlineData("--chaos 1.5")]
    [InlineData("--unknown 1")]
    [InlineData("--keys many")]
    public void Wrong_argument_is_named(string line) => Assert.StartsWith("--", ProgramArguments.Parse(line.Split(' ')).Fault, StringComparison.Ordinal);

    [Fact]
    public void Arguments_are_read()
    {
        (ProgramArguments? arguments, string? fault) = ProgramArguments.Parse("--port 1 --key a --key b --keys 3 --seed 4 --chaos 0.5 --latency-ms 6 --chunks 7 --chunk-bytes 8 --fast".Split(' '));

        Assert.Null(fault);
        Assert.Equal((1, 3, 4, 0.5, 6, 7, 8, true), (arguments!.Port, arguments.GeneratedKeys, arguments.Seed, arguments.Chaos, arguments.LatencyMilliseconds, arguments.Chunks!.Value, arguments.ChunkBytes, arguments.Fast));
        Assert.Equal(["a", "b"], arguments.Keys);
    }
}
