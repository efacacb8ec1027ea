using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Resources;

/// <summary>What an interaction uses: reserved before it is sent, told by Google, in the log line and in the pool's books.</summary>
[Trait("Feature", "GEM-5")]
public sealed class InteractionUsageTests : IDisposable
{
    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_reserved_for_the_model_and_corrected_by_what_the_answer_says(bool stream)
    {
        await using TestGateway gateway = await StartAsync();
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
        var gate = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Raw(
            200, stream ? "text/event-stream" : "application/json", Encode(stream, """{"usage":{"total_tokens":190,"total_input_tokens":123,"input_tokens_by_modality":[{"modality":"text","tokens":123}],"total_cached_tokens":20,"total_output_tokens":17,"total_tool_use_tokens":0,"total_thought_tokens":50},"status":"completed","id":"v1_abc"}""")).HeldUntil(gate.Task, 0));

        Task<string> answer = AskAsync(gateway, Body("How many tokens are in this sentence, and how many of them matter?", stream));
        await Eventually(() => gateway.Asked().Any());
        QuotaCellState reserved = Assert.Single(pool.TakeChanges(), static cell => cell.Model == ResourceStand.Model);
        gate.SetResult();
        await answer;

        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("123", "20", "17", "50", ResourceStand.Model, "1"), (line["prompt"], line["cached"], line["answer"], line["thoughts"], line["model"], line["attempts"]));
        QuotaCellState settled = Assert.Single(pool.TakeChanges(), static cell => cell.Model == ResourceStand.Model);
        Assert.Equal((1, 1), (reserved.RequestsToday, settled.RequestsToday));
        Assert.InRange(reserved.TokensToday, 8, 60);
        Assert.Equal(123, settled.TokensToday);
    }

    [Fact]
    public async Task A_large_picture_is_reserved_as_a_picture_and_not_as_text()
    {
        await using TestGateway gateway = await StartAsync();
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
        var body = new JsonObject
        {
            ["model"] = ResourceStand.Model,
            ["input"] = new JsonArray(new JsonObject { ["type"] = "image", ["data"] = Convert.ToBase64String(new byte[1024 * 1024]), ["mime_type"] = "image/png" }),
        };
        var gate = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(gate.Task, 0));

        Task<string> answer = AskAsync(gateway, body.ToJsonString());
        await Eventually(() => gateway.Asked().Any());
        QuotaCellState reserved = Assert.Single(pool.TakeChanges(), static cell => cell.Model == ResourceStand.Model);
        gate.SetResult();
        await answer;

        Assert.InRange(reserved.TokensToday, 1000, 2000);
    }

    [Fact]
    public async Task One_that_is_looked_at_later_is_not_booked_again()
    {
        await using TestGateway gateway = await StartAsync();
        var pool = gateway.Services.GetRequiredService<KeyPool.KeyPool>();
        string id = (string)JsonNode.Parse(await AskAsync(gateway, Body("Hi", stream: false)))!["id"]!;
        RequestLine made = await _lines.NextAsync();
        Assert.NotEqual("0", made["prompt"]);
        pool.TakeChanges();

        string seen = await gateway.Client.GetStringAsync("/v1beta/interactions/" + id, TestContext.Current.CancellationToken);

        Assert.Contains("total_input_tokens", seen, StringComparison.Ordinal);
        Assert.Equal("0", (await _lines.NextAsync())["prompt"]);
        Assert.DoesNotContain(pool.TakeChanges(), static cell => cell.Model == ResourceStand.Model);
    }

    [Fact]
    public async Task What_a_model_writes_is_not_taken_for_its_usage()
    {
        await using TestGateway gateway = await StartAsync();
        const string Written = """{"id":"v1_x","steps":[{"type":"function_call","name":"f","arguments":{"usage":{"total_input_tokens":1000000},"interaction":{"usage":{"total_input_tokens":2000000}}}}],"usage":{"total_input_tokens":5,"total_output_tokens":3}}""";
        gateway.Upstream.Script.Next(FakeReply.Raw(200, "application/json", Encode(stream: false, Written)));

        await AskAsync(gateway, Body("Hi", stream: false));

        RequestLine line = await _lines.NextAsync();
        Assert.Equal(("5", "3"), (line["prompt"], line["answer"]));
    }

    [Fact]
    public async Task The_limit_of_a_model_holds_for_interactions_too()
    {
        await using TestGateway gateway = await StartAsync(new Dictionary<string, string> { ["MAX_QUEUE_SECONDS"] = "0" }, keys: 1);
        gateway.Upstream.Script.Next(FakeReply.QuotaDay());

        foreach (int _ in (int[])[1, 2])
        {
            using HttpResponseMessage refused = await gateway.Client.PostAsync("/v1beta/interactions", Files.FileWork.Json(Body("Hi", stream: false)), TestContext.Current.CancellationToken);
            Assert.Equal(429, (int)refused.StatusCode);
        }

        Assert.Single(gateway.Asked()); // the second was not even sent
    }

    [Fact]
    public async Task Recorded_usage_stands_in_the_log_line()
    {
        RecordedAnswers.SkipIfAbsent();
        string[] recordings = [.. Directory.EnumerateDirectories(RecordedAnswers.Root!, "gemini-interactions-*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(recordings);
        await using TestGateway gateway = await StartAsync(keys: 1);
        foreach (string recording in recordings)
        {
            bool stream = File.Exists(Path.Combine(recording, "response.sse"));
            string text = await File.ReadAllTextAsync(Path.Combine(recording, stream ? "response.sse" : "response.json"), TestContext.Current.CancellationToken);
            JsonNode due = stream
                ? JsonNode.Parse(text.Split('\n').Last(static line => line.Contains("\"usage\"", StringComparison.Ordinal))["data: ".Length..])!["interaction"]!["usage"]!
                : JsonNode.Parse(text)!["usage"]!;
            gateway.Upstream.Script.Next(FakeReply.Recorded(recording));

            await AskAsync(gateway, Body("Hi", stream));

            RequestLine line = await _lines.NextAsync();
            Assert.Equal(
                string.Join(' ', new[] { "total_input_tokens", "total_cached_tokens", "total_output_tokens", "total_thought_tokens" }.Select(name => due[name]!.ToJsonString())),
                string.Join(' ', line["prompt"], line["cached"], line["answer"], line["thoughts"]));
        }
    }

    private Task<TestGateway> StartAsync(IReadOnlyDictionary<string, string>? settings = null, int keys = 2)
    {
        var all = new Dictionary<string, string> { ["GEMINI_API_KEYS"] = string.Join(',', Enumerable.Range(0, keys).Select(ResourceStand.Key)) };
        foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
            all[name] = value;
        return _lines.StartAsync(
            fake =>
            {
                for (int i = 0; i < keys; i++)
                    fake.AddKey(ResourceStand.Key(i), fake.AddProject($"3100000000{i:D2}", FakeTier.Paid));
            },
            all);
    }

    private static async Task<string> AskAsync(TestGateway gateway, string body)
    {
        using HttpResponseMessage response = await gateway.Client.PostAsync("/v1beta/interactions", Files.FileWork.Json(body), TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }

    private static string Body(string input, bool stream) =>
        new JsonObject { ["model"] = ResourceStand.Model, ["input"] = input, ["stream"] = stream }.ToJsonString();

    private static byte[] Encode(bool stream, string interaction) =>
        System.Text.Encoding.UTF8.GetBytes(stream ? $$"""event: interaction.completed{{'\n'}}data: {"interaction":{{interaction}},"event_type":"interaction.completed"}{{'\n'}}{{'\n'}}""" : interaction);

    private static async Task Eventually(Func<bool> holds)
    {
        while (!holds())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
