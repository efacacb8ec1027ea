using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Storage;

/// <summary>Kills a gateway in the middle of conversations with tools: what was answered a second before must go on.</summary>
[Collection(nameof(Alone))]
[Trait("Feature", "MEM-4")]
public sealed class SignatureDeathTests : IDisposable
{
    private const string Key = "AQ.key-of-the-killed-conversations-0001";
    private const string Placeholder = "skip_thought_signature_validator";
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan MostLost = TimeSpan.FromSeconds(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-killed-calls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_sudden_death_costs_at_most_the_signatures_of_the_last_second()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(new FakeGeminiOptions { ReceivedCapacity = 200_000 }, cancellation);
        upstream.AddKey(Key);
        var calls = new List<(JsonObject Body, DateTimeOffset At)>();
        DateTimeOffset killedAt;
        using (ChildGateway gateway = Start(upstream))
        {
            using HttpClient client = ChildGateway.Client(await AddressAsync(gateway));
            DateTimeOffset until = TimeProvider.System.GetUtcNow() + Load;
            do
            {
                upstream.Script.Next(FakeReply.ToolCalls(new FakeToolCall("look", new JsonObject { ["at"] = $"{calls.Count}" })));
                JsonObject body = SignedCalls.Body("Look!");
                Seen seen = await client.AskAsync(Form.OpenAI, (JsonObject)body.DeepClone());
                Assert.True(seen.IsComplete, seen.Body);
                calls.Add((SignedCalls.WithResult(body, seen.Body), killedAt = TimeProvider.System.GetUtcNow()));
            }
            while (killedAt < until);

            await gateway.KillAsync();
        }

        upstream.Script.Clear();
        using ChildGateway again = Start(upstream);
        using HttpClient later = ChildGateway.Client(await AddressAsync(again));
        (JsonObject Body, DateTimeOffset At)[] safe = [.. calls.Where(call => call.At <= killedAt - MostLost)];
        Assert.NotEmpty(safe);
        foreach ((JsonObject body, DateTimeOffset at) in safe)
        {
            Seen seen = await later.AskAsync(Form.OpenAI, body);
            Assert.True(seen.IsComplete, seen.Body);
            string signature = SignedCalls.CallIn(upstream.Received.Requests.Last(static request => request.Action == "generateContent")).GetProperty("thoughtSignature").GetString()!;
            Assert.True(signature != Placeholder, $"lost {killedAt - at} before the kill");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{calls.Count} calls, {safe.Length} of them older than a second, all known.");
    }

    private static async Task<Uri> AddressAsync(ChildGateway gateway) =>
        await gateway.Address.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("The gateway did not start.");

    private ChildGateway Start(FakeGeminiServer upstream) => ChildGateway.Start(upstream, _folder, ("POLLUX_MASTER_KEY", "the passphrase of the tests that kill"), ("GEMINI_API_KEYS", Key));
}
