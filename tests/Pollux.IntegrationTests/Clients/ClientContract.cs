using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.Protocols.Gemini.Models;
using Pollux.Telemetry;

namespace Pollux.IntegrationTests.Clients;

/// <summary>
/// What every official client must get from the gateway. A subclass names the client; each test is one scenario, arranged at
/// the upstream, run by the client and judged by what both sides saw.
/// </summary>
public abstract class ClientContract
{
    private const string FirstKey = "AQ.first-key-000000000000000000000001";
    private const string SecondKey = "AQ.second-key-00000000000000000000002";

    private static readonly Dictionary<string, string> TwoKeys = new() { ["GEMINI_API_KEYS"] = $"{FirstKey},{SecondKey}" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What the gateway lists of the upstream's models: each, and those that search once more under that name.</summary>
    internal static IEnumerable<string> ListedModels => FakeModelCatalog.Default.SelectMany(static model =>
        (string[])[
            model.Id,
            .. ModelCatalog.Default.Find(model.Id).BuiltInTools.HasFlag(BuiltInTools.GoogleSearch) ? (string[])[model.Id + "-search"] : [],
            .. model.Id == "nano-banana-pro-preview" ? (string[])[model.Id + "-image"] : [], // paints, though its name does not say so
        ]);

    private protected abstract IClient Client { get; }

    /// <summary>The client's word for an answer that came to its end.</summary>
    private protected virtual string Stop => "stop";

    /// <summary>The client's word for an answer that asks for functions.</summary>
    private protected virtual string ToolCalls => "tool_calls";

    /// <summary>The type of the error that the client throws for a status.</summary>
    private protected abstract string ErrorType(int status);

    /// <summary>The types of what the client throws when a stream is cut: which one depends on what it reads at once.</summary>
    private protected abstract IReadOnlyList<string> CutErrors { get; }

    /// <summary>The status of a model that is overloaded.</summary>
    private protected virtual int Overloaded => 503;

    /// <summary>Whether the client hands on the headers of an error.</summary>
    private protected virtual bool ShowsHeaders => true;

    /// <summary>Whether the client speaks Gemini's own API and keeps ids and signatures by itself.</summary>
    private protected virtual bool IsNative => false;

    [Fact]
    public async Task A_plain_answer_arrives_with_its_text_finish_and_usage()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(WireAnswers.Whole("Hello from the other side"));

        ClientReport report = await AnswerAsync(gateway, "plain");

        Assert.Equal("Hello from the other side", report.Text);
        Assert.Equal(Stop, report.Finish);
        Assert.Equal(WireAnswers.Usage, report.Usage);
        ReceivedRequest request = Assert.Single(gateway.Calls("generateContent"));
        Assert.Equal("gemini-3.5-flash", request.Model);
        Assert.Equal("Hello, gateway", request.Json.GetProperty("contents")[0].GetProperty("parts")[0].GetProperty("text").GetString());
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Fact]
    public async Task A_stream_arrives_piece_by_piece_with_its_finish_and_usage()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(WireAnswers.Stream("Hello ", "from the ", "other side", "."));

        ClientReport report = await AnswerAsync(gateway, "stream");

        Assert.Equal("Hello from the other side.", report.Text);
        Assert.Equal(4, report.Pieces);
        Assert.Equal(Stop, report.Finish);
        Assert.Equal(WireAnswers.Usage, report.Usage);
        Assert.True(Assert.Single(gateway.Calls("streamGenerateContent")).WantsEvents);
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Theory]
    [InlineData("gemini-3.5-flash", "tools")]
    [InlineData("gemini-3.8-flash", "tools")]
    [InlineData("gemini-3.5-flash", "tools-stream")]
    [InlineData("gemini-3.8-flash", "tools-stream")]
    public async Task Tools_over_several_turns_go_back_with_their_signatures_ids_and_order(string model, string scenario)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        ToolConversation.Arrange(gateway.Upstream);

        ClientReport report = await AnswerAsync(gateway, scenario, model);

        ToolConversation.AssertClientSaw(report, IsNative ? null : ToolCalls);
        Assert.Equal("You are welcome.", report.Text);
        Assert.Equal(Stop, report.Finish);
        IReadOnlyList<ReceivedRequest> requests = gateway.Calls(scenario == "tools" ? "generateContent" : "streamGenerateContent");
        ToolConversation.AssertUpstreamSaw(requests, questions: 2);
        AssertOnlyTheKeyTravelled(gateway);
    }

    /// <summary>STR-1: a stream out of whole answers is no other for a client.</summary>
    [Fact]
    public async Task A_pretended_stream_with_tools_is_read_to_its_end()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "0.001" });
        ToolConversation.Arrange(gateway.Upstream);

        ClientReport report = await AnswerAsync(gateway, "tools-stream", "gemini-3.5-flash-fake");

        ToolConversation.AssertClientSaw(report, IsNative ? null : ToolCalls);
        Assert.Equal("You are welcome.", report.Text);
        Assert.Equal(Stop, report.Finish);
        ToolConversation.AssertUpstreamSaw(gateway.Calls("generateContent"), questions: 2);
    }

    [Fact]
    public async Task A_pretended_stream_arrives_piece_by_piece_with_its_finish_and_usage()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["FAKE_STREAMING"] = "true", ["FAKE_STREAMING_DELAY_PER_CHUNK"] = "0" });
        gateway.Upstream.Script.Next(WireAnswers.Whole("Hello from the other side."));

        ClientReport report = await AnswerAsync(gateway, "stream");

        Assert.Equal("Hello from the other side.", report.Text);
        Assert.Equal(3, report.Pieces);
        Assert.Equal(Stop, report.Finish);
        Assert.Equal(WireAnswers.Usage, report.Usage);
        Assert.Single(gateway.Calls("generateContent"));
    }

    [Fact]
    public async Task A_structured_answer_fits_the_schema()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "schema");

        JsonElement city = report.Object!.Value;
        Assert.Equal(["continent", "districts", "name", "nickname", "population"], city.EnumerateObject().Select(static property => property.Name).Order(StringComparer.Ordinal));
        Assert.Equal("Europe", city.GetProperty("continent").GetString());
        Assert.True(city.GetProperty("districts")[0].GetProperty("old").GetBoolean());
        JsonElement config = Assert.Single(gateway.Calls("generateContent")).Json.GetProperty("generationConfig");
        Assert.Equal("application/json", config.GetProperty("responseMimeType").GetString());
        JsonElement schema = config.TryGetProperty("responseJsonSchema", out JsonElement json) ? json : config.GetProperty("responseSchema");
        Assert.Equal("The usual name", schema.GetProperty("properties").GetProperty("name").GetProperty("description").GetString());
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Fact]
    public async Task A_picture_reaches_the_upstream_byte_for_byte()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, "picture");

        int size = Convert.FromBase64String(WireAnswers.Pixel).Length;
        Assert.Equal($"You said: What is this?\nYou sent image/png of {size} bytes.", report.Text);
        JsonElement parts = Assert.Single(gateway.Calls("generateContent")).Json.GetProperty("contents")[0].GetProperty("parts");
        Assert.Equal(2, parts.GetArrayLength());
        Assert.Equal(WireAnswers.Pixel, parts[1].GetProperty("inlineData").GetProperty("data").GetString());
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Theory]
    [InlineData("thinking")]
    [InlineData("thinking-stream")]
    public async Task Thoughts_are_asked_for_and_shown_apart_from_the_answer(string scenario)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Thinking("First I think.", "Then I speak.").WithThoughtTokens(24));

        ClientReport report = await AnswerAsync(gateway, scenario);

        Assert.Equal("First I think.", report.Thoughts);
        Assert.Equal("Then I speak.", report.Text);
        if (scenario == "thinking")
            Assert.Equal(24, report.Usage!.Thoughts);
        ReceivedRequest request = Assert.Single(gateway.Calls(scenario == "thinking" ? "generateContent" : "streamGenerateContent"));
        JsonElement thinking = request.Json.GetProperty("generationConfig").GetProperty("thinkingConfig");
        Assert.True(thinking.GetProperty("includeThoughts").GetBoolean());
        Assert.Equal("LOW", thinking.GetProperty("thinkingLevel").GetString(), ignoreCase: true);
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Fact]
    public async Task A_wrong_credential_is_refused_as_401_and_nothing_goes_upstream()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await Client.RunAsync(new ClientCall("plain", gateway.Address, "not-the-password"), Cancellation);

        AssertError(report, 401);
        Assert.Empty(gateway.Calls());
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("stream")]
    public async Task An_unknown_model_is_refused_as_404(string scenario)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await RunAsync(gateway, scenario, "gemini-9-none");

        AssertError(report, 404);
        Assert.Contains("gemini-9-none", report.Error!.Message, StringComparison.Ordinal);
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("stream")]
    public async Task A_request_that_the_upstream_refuses_is_refused_as_400_after_one_attempt(string scenario)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.ForModel("gemini-3.5-flash").Reply(FakeReply.Error(400, "INVALID_ARGUMENT", "The garden gate is not a valid argument."));

        ClientReport report = await RunAsync(gateway, scenario);

        AssertError(report, 400);
        Assert.Contains("The garden gate is not a valid argument.", report.Error!.Message, StringComparison.Ordinal);
        Assert.Single(gateway.Upstream.Received.Requests, static request => request.Method == "POST");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("stream")]
    public async Task An_overloaded_upstream_is_told_after_the_retries(string scenario)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["GEMINI_503_RETRIES"] = "2" });
        gateway.Upstream.Script.ForModel("gemini-3.5-flash").Reply(FakeReply.Overloaded());

        ClientReport report = await RunAsync(gateway, scenario);

        AssertError(report, Overloaded);
        Assert.Equal(3, gateway.Upstream.Received.Requests.Count(static request => request.Method == "POST"));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("stream")]
    public async Task A_spent_quota_of_all_keys_is_told_as_429_with_a_time_to_come_back(string scenario)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(TwoGoodKeys, TwoKeys);
        gateway.Upstream.Script.ForModel("gemini-3.5-flash").Reply(FakeReply.QuotaDay());

        ClientReport report = await RunAsync(gateway, scenario);

        AssertError(report, 429);
        if (ShowsHeaders)
            Assert.InRange(int.Parse(report.Error!.RetryAfter!), 1, 25 * 3600);
        else
            Assert.Matches("\"retryDelay\": ?\"[1-9][0-9]*s\"", report.Error!.Message);
        Assert.Equal([FirstKey, SecondKey], gateway.Calls().Select(static request => request.Key).Order(StringComparer.Ordinal));
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("ended")]
    [InlineData("bare error")]
    [InlineData("data error")]
    public async Task A_stream_that_is_cut_in_the_middle_makes_the_client_throw(string cut)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        FakeReply whole = WireAnswers.Text("Hello ", "from the ", "other side");
        gateway.Upstream.Script.Next(cut switch
        {
            "reset" => whole.ResetAfter(2),
            "ended" => whole.EndedAfter(2),
            "bare error" => whole.BareErrorAfter(2),
            _ => whole.DataErrorAfter(2),
        });

        ClientReport report = await RunAsync(gateway, "stream");

        Assert.True(report.Error is not null, $"The client ended quietly: {report}");
        Assert.Contains(report.Error.Type, CutErrors);
        Assert.StartsWith("Hello ", report.Text, StringComparison.Ordinal);
        Assert.NotEqual(Stop, report.Finish);
        Assert.Single(gateway.Calls("streamGenerateContent"));
        Assert.DoesNotContain(gateway.Logs.Lines, static line => line.Level >= LogLevel.Error && !line.Text.Contains(nameof(CutAnswerException), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("stream")]
    public async Task An_invalid_first_key_is_passed_over_and_the_client_notices_nothing(string scenario)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(TwoGoodKeys, TwoKeys);
        gateway.Upstream.Script.Next(FakeReply.InvalidKey());

        ClientReport report = await AnswerAsync(gateway, scenario);

        Assert.Equal("You said: Hello, gateway", report.Text);
        Assert.Equal(Stop, report.Finish);
        Assert.Equal([400, 200], gateway.Calls().Select(static request => request.Status));
        Assert.Distinct(gateway.Calls().Select(static request => request.Key));
        AssertOnlyTheKeyTravelled(gateway);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("stream")]
    public async Task A_spent_day_and_an_overload_are_passed_over_and_the_client_notices_nothing(string scenario)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(TwoGoodKeys, TwoKeys);
        gateway.Upstream.Script.Next(FakeReply.QuotaDay(), FakeReply.Overloaded());

        ClientReport report = await AnswerAsync(gateway, scenario);

        Assert.Equal("You said: Hello, gateway", report.Text);
        Assert.Equal(Stop, report.Finish);
        Assert.Equal([429, 503, 200], gateway.Calls().Select(static request => request.Status));
        string?[] keys = [.. gateway.Calls().Select(static request => request.Key)];
        Assert.NotEqual(keys[0], keys[1]);
        Assert.Equal(keys[1], keys[2]);
        AssertOnlyTheKeyTravelled(gateway);
    }

    /// <summary>Runs a scenario with the right credential.</summary>
    private protected Task<ClientReport> RunAsync(TestGateway gateway, string scenario, string model = "gemini-3.5-flash") =>
        Client.RunAsync(new ClientCall(scenario, gateway.Address, TestGateway.Password, model), Cancellation);

    /// <summary>Runs a scenario in which the client must not throw.</summary>
    private protected async Task<ClientReport> AnswerAsync(TestGateway gateway, string scenario, string model = "gemini-3.5-flash")
    {
        ClientReport report = await RunAsync(gateway, scenario, model);
        Assert.True(report.Error is null, $"The client threw {report.Error}");
        return report;
    }

    /// <summary>No request, in no place, held the caller's credential; each had a key of the pool, in the header alone.</summary>
    internal static void AssertOnlyTheKeyTravelled(TestGateway gateway)
    {
        foreach (ReceivedRequest request in gateway.Upstream.Received.Requests)
        {
            Assert.Contains(request.Key, new[] { TestGateway.Key, FirstKey, SecondKey });
            Assert.Equal(request.Key, request.Headers["x-goog-api-key"]);
            Assert.DoesNotContain("Authorization", request.Headers.Keys, StringComparer.OrdinalIgnoreCase);
            IEnumerable<string> texts = [request.Path, .. request.Query.Values, .. request.Headers.Values, Encoding.UTF8.GetString(request.Body.Span)];
            Assert.All(texts, static text => Assert.DoesNotContain(TestGateway.Password, text, StringComparison.Ordinal));
        }
    }

    private void AssertError(ClientReport report, int status)
    {
        Assert.True(report.Error is not null, $"The client did not throw: {report}");
        Assert.Equal((ErrorType(status), status), (report.Error.Type, report.Error.Status));
        Assert.DoesNotContain(TestGateway.Key, report.Error.Message, StringComparison.Ordinal);
    }

    private static void TwoGoodKeys(FakeGeminiServer fake)
    {
        fake.AddKey(FirstKey);
        fake.AddKey(SecondKey);
    }
}
