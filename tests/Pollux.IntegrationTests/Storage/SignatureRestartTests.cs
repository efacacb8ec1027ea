using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Affinity;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;
using Pollux.IntegrationTests.Serving;
using Pollux.Storage;

namespace Pollux.IntegrationTests.Storage;

/// <summary>A tool's result comes back to a gateway that was started again; the client kept nothing of the call but what OpenAI's API knows.</summary>
[Trait("Feature", "MEM-4")]
public sealed class SignatureRestartTests : IAsyncLifetime
{
    private const string Key = "AQ.key-of-the-signatures-00000000000001";
    private const string Placeholder = "skip_thought_signature_validator";

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-signatures-").FullName;
    private FakeGeminiServer _upstream = null!;

    public async ValueTask InitializeAsync()
    {
        _upstream = await FakeGeminiServer.StartAsync(new FakeGeminiOptions { ReceivedCapacity = 100_000 }, TestContext.Current.CancellationToken);
        _upstream.AddKey(Key);
    }

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_result_without_the_signature_of_its_call_brings_the_true_one_for_its_caller_alone()
    {
        JsonObject body;
        await using (TestGateway gateway = await StartAsync())
            body = await CallAsync(gateway.Client, "sky", "c2t5IG9mIGEgc2lnbmF0dXJl", "sky-of-gemini");

        await using TestGateway again = await StartAsync();
        JsonElement own = await AnswerAsync(again.Client, body);
        using HttpClient other = again.Other();
        JsonElement foreign = await AnswerAsync(other, body);

        Assert.Equal("c2t5IG9mIGEgc2lnbmF0dXJl", own.GetProperty("thoughtSignature").GetString());
        Assert.Equal("sky-of-gemini", own.GetProperty("functionCall").GetProperty("id").GetString());
        Assert.Equal(Placeholder, foreign.GetProperty("thoughtSignature").GetString());
        Assert.NotEqual("sky-of-gemini", foreign.GetProperty("functionCall").TryGetProperty("id", out JsonElement id) ? id.GetString() : null);
    }

    [Fact]
    public async Task It_is_known_after_any_number_of_restarts()
    {
        JsonObject body;
        await using (TestGateway gateway = await StartAsync())
            body = await CallAsync(gateway.Client, "sea", "c2VhIG9mIGEgc2lnbmF0dXJl");

        for (int i = 0; i < 3; i++)
        {
            await using TestGateway again = await StartAsync();
            Assert.Equal("c2VhIG9mIGEgc2lnbmF0dXJl", (await AnswerAsync(again.Client, body)).GetProperty("thoughtSignature").GetString());
        }
    }

    [Fact]
    public async Task No_more_is_stored_than_the_two_generations_and_the_newest_stay()
    {
        const int calls = 60;
        const int each = 300; // bytes: a signature of 100, and what an entry costs
        var bodies = new List<JsonObject>();
        await using (TestGateway gateway = await StartAsync(each * 10))
        {
            for (int i = 0; i < calls; i++)
                bodies.Add(await CallAsync(gateway.Client, $"n{i}", Signature(i)));
            Assert.True(await gateway.Services.GetRequiredService<StoreWriter>().FlushAsync(TestContext.Current.CancellationToken));
            Assert.InRange(gateway.Services.GetRequiredService<SignatureStore>().LoadPage(0).Count, 10, 2 * (10 + 1));
        }

        await using TestGateway again = await StartAsync(each * 10);

        Assert.InRange(again.Services.GetRequiredService<SignatureVault>().Count, 10, 2 * (10 + 1));
        for (int i = calls - 10; i < calls; i++)
            Assert.Equal(Signature(i), (await AnswerAsync(again.Client, bodies[i])).GetProperty("thoughtSignature").GetString());
        Assert.Equal(Placeholder, (await AnswerAsync(again.Client, bodies[0])).GetProperty("thoughtSignature").GetString());

        static string Signature(int i) => Convert.ToBase64String(Enumerable.Repeat((byte)i, 72).ToArray());
    }

    [Fact]
    public async Task With_keys_in_memory_nothing_is_stored()
    {
        JsonObject body;
        await using (TestGateway gateway = await StartAsync(mode: "memory"))
            body = await CallAsync(gateway.Client, "sun", "c3VuIG9mIGEgc2lnbmF0dXJl");

        await using TestGateway again = await StartAsync(mode: "memory");

        Assert.Equal(Placeholder, (await AnswerAsync(again.Client, body)).GetProperty("thoughtSignature").GetString());
        Assert.Empty(Directory.GetFiles(_folder, "*.db*"));
    }

    /// <summary>A conversation of one turn in which the model called a tool, as a client keeps it that drops what it does not know.</summary>
    private async Task<JsonObject> CallAsync(HttpClient client, string at, string signature, string? id = null)
    {
        var call = new JsonObject { ["name"] = "look", ["args"] = new JsonObject { ["at"] = at } };
        if (id is not null)
            call["id"] = id;
        _upstream.RegisterSignature(signature);
        _upstream.Script.Next(FakeReply.Parts(new JsonObject { ["functionCall"] = call, ["thoughtSignature"] = signature }));
        JsonObject body = SignedCalls.Body(at);
        Seen seen = await client.AskAsync(Form.OpenAI, (JsonObject)body.DeepClone());
        Assert.True(seen.IsComplete, seen.Body);
        return SignedCalls.WithResult(body, seen.Body);
    }

    /// <summary>Sends the result of the tool.</summary>
    /// <returns>The call as the upstream saw it again.</returns>
    private async Task<JsonElement> AnswerAsync(HttpClient client, JsonObject body)
    {
        Seen seen = await client.AskAsync(Form.OpenAI, (JsonObject)body.DeepClone());
        Assert.True(seen.IsComplete, seen.Body);
        return SignedCalls.CallIn(_upstream.Received.Requests.Last(static request => request.Action == "generateContent"));
    }

    private Task<TestGateway> StartAsync(long? generationBytes = null, string mode = "database") => TestGateway.StartAsync(
        settings: new Dictionary<string, string>
        {
            ["KEY_STORAGE_MODE"] = mode,
            ["DATA_DIR"] = _folder,
            ["BASE_URL"] = _upstream.BaseAddress.AbsoluteUri,
            ["GEMINI_API_KEYS"] = Key,
            ["ALLOWED_TOKENS"] = ResourceStand.OtherCaller,
        },
        services: generationBytes is { } bytes ? services => services.AddSingleton(new SignatureVaultOptions { MaxGenerationBytes = bytes }) : null);
}
