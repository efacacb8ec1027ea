using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>A conversation goes on when its client tells it in another dialect at each step, and when keys die and quotas run out in between.</summary>
public sealed class ChangingClientTests
{
    private const string Model = "gemini-3.8-flash";
    private const int Turns = 5;
    private const int Keys = 4;

    [Fact]
    public async Task A_conversation_keeps_its_signatures_when_dialect_and_key_change_at_every_step()
    {
        await using TestGateway gateway = await StartAsync(tied: false);

        await ConverseAsync(gateway);

        ReceivedRequest[] asked = [.. gateway.Upstream.Received.Requests.Where(static request => request.Action is "generateContent" or "streamGenerateContent")];
        Assert.Equal([0, .. Enumerable.Repeat(200, Turns * 3), 403, 403, 429, 503], asked.Select(static request => request.Status).Order());
        Assert.True(asked.Select(static request => request.Key).Distinct().Count() >= 3);
        var signatures = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ReceivedRequest request in asked)
            SentSignatures.Collect(request, signatures);
        Assert.Equal(Turns * 2, signatures.Count);
    }

    [Fact]
    public async Task It_goes_on_even_when_signatures_are_worth_nothing_with_another_key()
    {
        await using TestGateway gateway = await StartAsync(tied: true);

        await ConverseAsync(gateway);

        Assert.Contains(gateway.Upstream.Received.Requests, static request => request.Status == 400); // the signature of the dead key's project
    }

    private static Task<TestGateway> StartAsync(bool tied) => TestGateway.StartAsync(
        static fake =>
        {
            for (int i = 0; i < Keys; i++)
                fake.AddKey($"{TestGateway.Key}{i}", fake.AddProject($"10000000000{i}", FakeTier.Paid));
        },
        new Dictionary<string, string> { ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, Keys).Select(static i => $"{TestGateway.Key}{i}")) },
        new FakeGeminiOptions { TiesSignaturesToProjects = tied });

    /// <summary>
    /// Five turns of three requests over five dialects: each dialect once begins a turn, once goes on with the calls of the one
    /// before it, and once ends it. A fault lies before the second step of each turn, where signatures are asked for.
    /// </summary>
    private static async Task ConverseAsync(TestGateway gateway)
    {
        var client = new ChangingClient(gateway, Model);
        FakeReply[] faults = [FakeReply.LeakedKey(), FakeReply.QuotaMinute(), FakeReply.Reset(), FakeReply.LeakedKey(), FakeReply.Overloaded()];
        int requests = 0;
        for (int turn = 0; turn < Turns; turn++)
        {
            gateway.Upstream.Script.Next(FakeReply.ToolCalls(Call("get_weather", $"Rome {turn}"), Call("get_weather", $"Oslo {turn}")), faults[turn], FakeReply.ToolCalls(Call("get_time", $"Rome {turn}")), FakeReply.Text($"Good in turn {turn}."));
            client.Say($"How is it now? ({turn})");
            Assert.Equal($"get_weather Rome {turn},get_weather Oslo {turn}", await AskAsync());
            Assert.Equal($"get_time Rome {turn}", await AskAsync());
            Assert.Equal($"Good in turn {turn}.", await AskAsync());
        }

        Task<string> AskAsync() => client.AskAsync(ChangingClient.Dialects[requests++ % ChangingClient.Dialects.Count]);
    }

    private static FakeToolCall Call(string name, string city) => new(name, new JsonObject { ["city"] = city });
}
