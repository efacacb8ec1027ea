using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.Replies;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Serving;

/// <summary>MEM-3: who asks the same again is answered out of memory, and nobody is given what was made for another question or caller.</summary>
[Collection(nameof(Alone))] // its large answers stay in the shared pools of buffers, which other tests measure
[Trait("Feature", "MEM-3")]
public sealed class ResponseCacheTests : IDisposable
{
    private const string OtherToken = "other-token-of-the-gateway";
    private const string RedPixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
    private const string BluePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task Off_by_default(Form form)
    {
        await using TestGateway gateway = await _lines.StartAsync();

        await gateway.Client.AskAsync(form);
        Seen second = await gateway.Client.AskAsync(form);

        Assert.False(IsHit(second));
        Assert.Equal(2, Posts(gateway));
        Assert.Equal(0, Kept(gateway).Count);
    }

    [Theory]
    [InlineData(Form.OpenAI, Form.OpenAI)]
    [InlineData(Form.OpenAI, Form.OpenAIStream)]
    [InlineData(Form.OpenAIStream, Form.OpenAI)]
    [InlineData(Form.OpenAIStream, Form.OpenAIStream)]
    [InlineData(Form.Gemini, Form.Gemini)]
    [InlineData(Form.Gemini, Form.GeminiStream)]
    [InlineData(Form.Gemini, Form.GeminiArray)]
    [InlineData(Form.GeminiStream, Form.Gemini)]
    [InlineData(Form.GeminiStream, Form.GeminiArray)]
    [InlineData(Form.GeminiArray, Form.Gemini)]
    [InlineData(Form.GeminiArray, Form.GeminiStream)]
    public async Task The_same_question_is_answered_out_of_the_cache_in_the_form_that_is_asked_for(Form first, Form second)
    {
        await using TestGateway gateway = await StartAsync();

        Seen made = await gateway.Client.AskAsync(first);
        Seen hit = await gateway.Client.AskAsync(second);

        Assert.True(made.IsComplete, made.Body);
        Assert.True(hit.IsComplete, hit.Body);
        Assert.Equal((made.Text, made.Thoughts, made.Finish), (hit.Text, hit.Thoughts, hit.Finish));
        Assert.Equal((false, true), (IsHit(made), IsHit(hit)));
        Assert.Equal(1, Posts(gateway));
        if (first.IsOpenAI())
            Assert.NotEqual(Id(made), Id(hit));
        Assert.DoesNotContain("cache=", (await _lines.NextAsync()).Text, StringComparison.Ordinal);
        RequestLine line = await _lines.NextAsync();
        Assert.EndsWith(" cache=hit", line.Text, StringComparison.Ordinal);
        Assert.Equal((0, "0", "0"), (line.Attempts, line["prompt"], line["answer"]));
    }

    [Fact]
    public async Task Two_callers_with_the_same_body_get_each_an_answer_of_their_own()
    {
        await using TestGateway gateway = await StartAsync();

        await gateway.Client.AskAsync(Form.OpenAI);
        Seen other = await AskAsOtherAsync(gateway);

        Assert.False(IsHit(other));
        Assert.Equal(2, Posts(gateway));
    }

    [Fact]
    public async Task Callers_share_where_that_is_wanted()
    {
        await using TestGateway gateway = await StartAsync(("CACHE_SHARED_BY_CALLERS", "true"));

        await gateway.Client.AskAsync(Form.OpenAI);

        Assert.True(IsHit(await AskAsOtherAsync(gateway)));
    }

    [Theory]
    [InlineData("temperature", "0.5")]
    [InlineData("n", "2")]
    [InlineData("seed", "7")]
    [InlineData("user", "\"somebody\"")]
    [InlineData("model", "\"gemini-2.5-flash\"")]
    [InlineData("stop", "[\"END\"]")]
    [InlineData("tools", """[{"type":"function","function":{"name":"look","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}}]""")]
    [InlineData("messages", """[{"role":"system","content":"Be short."},{"role":"user","content":"Hello"}]""")]
    public async Task What_shapes_the_answer_makes_another_question(string member, string value)
    {
        await using TestGateway gateway = await StartAsync();
        await gateway.Client.AskAsync(Form.OpenAI);
        JsonObject body = Form.OpenAI.Body("Hello");
        body[member] = JsonNode.Parse(value);

        Seen other = await gateway.Client.AskAsync(Form.OpenAI, body);

        Assert.True(other.IsComplete, other.Body);
        Assert.False(IsHit(other));
        Assert.Equal(2, Posts(gateway));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.Gemini)]
    public async Task How_the_body_is_written_makes_no_difference(Form form)
    {
        await using TestGateway gateway = await StartAsync();
        await gateway.Client.AskAsync(form, "Hello there");
        string spaced = form.Body("Hello there").ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true });

        Seen hit = await gateway.Client.SendAsync(form, Ask.Request(form.Path(), System.Text.Encoding.UTF8.GetBytes(spaced)), TestContext.Current.CancellationToken);

        Assert.True(IsHit(hit), hit.Headers);
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.Gemini)]
    public async Task The_same_text_with_another_picture_is_another_question(Form form)
    {
        await using TestGateway gateway = await StartAsync();

        await gateway.Client.AskAsync(form, Picture(form, RedPixel));
        Seen other = await gateway.Client.AskAsync(form, Picture(form, BluePixel));
        Seen same = await gateway.Client.AskAsync(form, Picture(form, RedPixel));

        Assert.Equal((false, true), (IsHit(other), IsHit(same)));
        Assert.Equal(2, Posts(gateway));
    }

    [Theory]
    [InlineData(Form.OpenAI, false, true)]
    [InlineData(Form.OpenAI, true, false)]
    [InlineData(Form.Gemini, false, true)]
    [InlineData(Form.Gemini, true, false)]
    public async Task Without_precision_only_the_last_turns_are_compared(Form form, bool precise, bool hit)
    {
        await using TestGateway gateway = await StartAsync(("PRECISE_CACHE", precise ? "true" : "false"), ("CALCULATE_CACHE_ENTRIES", "1"));

        await gateway.Client.AskAsync(form, Conversation(form, "One", "Last"));
        Seen sameEnd = await gateway.Client.AskAsync(form, Conversation(form, "Two", "Last"));
        Seen otherEnd = await gateway.Client.AskAsync(form, Conversation(form, "One", "Other"));
        JsonObject otherSystem = Conversation(form, "One", "Last");
        if (form == Form.OpenAI)
            otherSystem["messages"]!.AsArray().Insert(0, new JsonObject { ["role"] = "system", ["content"] = "Be short." });
        else
            otherSystem["systemInstruction"] = JsonNode.Parse("""{"parts":[{"text":"Be short."}]}""");
        Seen framed = await gateway.Client.AskAsync(form, otherSystem);

        Assert.Equal((hit, false, false), (IsHit(sameEnd), IsHit(otherEnd), IsHit(framed)));
    }

    [Fact]
    public async Task A_reply_expires()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await StartAsync(clock, ("CACHE_EXPIRY_TIME", "100"));

        await gateway.Client.AskAsync(Form.OpenAI);
        clock.Advance(TimeSpan.FromSeconds(99));
        Assert.True(IsHit(await gateway.Client.AskAsync(Form.OpenAI)));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(IsHit(await gateway.Client.AskAsync(Form.OpenAI)));
        Assert.True(IsHit(await gateway.Client.AskAsync(Form.OpenAI)));
        clock.Advance(TimeSpan.FromMinutes(3));

        Assert.Equal((0, 0L), Kept(gateway)); // without anybody asking
    }

    [Fact]
    public async Task The_number_is_bounded_and_the_longest_unused_goes_first()
    {
        await using TestGateway gateway = await StartAsync(("MAX_CACHE_ENTRIES", "2"));

        await gateway.Client.AskAsync(Form.OpenAI, "A");
        await gateway.Client.AskAsync(Form.OpenAI, "B");
        Assert.True(IsHit(await gateway.Client.AskAsync(Form.OpenAI, "A")));
        await gateway.Client.AskAsync(Form.OpenAI, "C");

        Assert.Equal(2, Kept(gateway).Count);
        Assert.True(IsHit(await gateway.Client.AskAsync(Form.OpenAI, "A")));
        Assert.False(IsHit(await gateway.Client.AskAsync(Form.OpenAI, "B")));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task The_bytes_are_bounded(Form form)
    {
        const int Megabyte = 1024 * 1024;
        await using TestGateway gateway = await StartAsync(("MAX_CACHE_MB", "1"));
        gateway.Upstream.Script.Next(FakeReply.Text(new string('a', 600_000)), FakeReply.Text(new string('b', 600_000)), FakeReply.Text(new string('c', 2 * Megabyte)));

        await gateway.Client.AskAsync(form, "A");
        await gateway.Client.AskAsync(form, "B");
        Assert.Equal(1, Kept(gateway).Count);
        Assert.InRange(Kept(gateway).Bytes, 600_000, Megabyte);
        Seen large = await gateway.Client.AskAsync(form, "C");

        Assert.True(large.IsComplete);
        Assert.Equal(1, Kept(gateway).Count);
        Assert.True(IsHit(await gateway.Client.AskAsync(form, "B")));
        Assert.False(IsHit(await gateway.Client.AskAsync(form, "C")));
    }

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task A_stream_that_was_cut_is_not_kept(Form form)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text("One two three four five six seven.").ResetAfter(2));

        Seen cut = await gateway.Client.AskAsync(form);
        Assert.NotNull(cut.Error);

        Assert.Equal(0, Kept(gateway).Count);
        Seen again = await gateway.Client.AskAsync(form);
        Assert.True(again.IsComplete, again.Body);
        Assert.False(IsHit(again));
    }

    [Theory]
    [InlineData(Form.OpenAI, "SAFETY", 0)]
    [InlineData(Form.OpenAIStream, "SAFETY", 0)]
    [InlineData(Form.Gemini, "RECITATION", 0)]
    [InlineData(Form.OpenAI, "MAX_TOKENS", 1)]
    [InlineData(Form.GeminiStream, "MAX_TOKENS", 1)]
    public async Task What_was_blocked_is_not_kept(Form form, string finish, int kept)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text("Some of it.").Finish(finish));

        await gateway.Client.AskAsync(form);

        Assert.Equal(kept, Kept(gateway).Count);
    }

    [Fact]
    public async Task Tool_calls_get_ids_of_their_own_and_their_signatures_come_back()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.ToolCalls(new FakeToolCall("look", new JsonObject { ["at"] = "the sky" })));
        JsonObject body = Form.OpenAI.Body("Look!");
        body["tools"] = JsonNode.Parse("""[{"type":"function","function":{"name":"look","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}}]""");

        JsonNode made = JsonNode.Parse((await gateway.Client.AskAsync(Form.OpenAI, (JsonObject)body.DeepClone())).Body)!;
        Seen hit = await gateway.Client.AskAsync(Form.OpenAI, (JsonObject)body.DeepClone());
        Assert.True(IsHit(hit));
        JsonNode message = JsonNode.Parse(hit.Body)!["choices"]![0]!["message"]!;
        string id = message["tool_calls"]![0]!["id"]!.GetValue<string>();
        Assert.NotEqual(made["choices"]![0]!["message"]!["tool_calls"]![0]!["id"]!.GetValue<string>(), id);

        body["messages"]!.AsArray().Add(message.DeepClone());
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = id, ["content"] = "blue" });
        Seen answer = await gateway.Client.AskAsync(Form.OpenAI, body); // the upstream refuses a call without its signature

        Assert.True(answer.IsComplete, answer.Body);
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    [InlineData(Form.Gemini)]
    [InlineData(Form.GeminiStream)]
    public async Task With_single_use_to_ask_again_brings_a_new_answer(Form form)
    {
        await using TestGateway gateway = await StartAsync(("CACHE_SINGLE_USE", "true"));
        gateway.Upstream.Script.Next(FakeReply.Text("One."), FakeReply.Text("Two."));

        Seen first = await gateway.Client.AskAsync(form);
        Seen again = await gateway.Client.AskAsync(form);

        Assert.Equal(("One.", "Two."), (first.Text, again.Text));
        Assert.Equal(0, Kept(gateway).Count);
    }

    [Fact]
    public async Task A_hundred_at_once_get_each_a_whole_answer_and_one_is_kept()
    {
        await using TestGateway gateway = await StartAsync();

        Seen[] seen = await Task.WhenAll(Enumerable.Range(0, 100).Select(number => gateway.Client.AskAsync(number % 2 == 0 ? Form.OpenAI : Form.OpenAIStream)));

        Assert.All(seen, static one => Assert.True(one.IsComplete && one.Text == "You said: Hello", one.Body));
        Assert.Equal(100, seen.Select(Id).Distinct().Count());
        Assert.Equal(1, Kept(gateway).Count);
        Assert.True(IsHit(await gateway.Client.AskAsync(Form.OpenAI)));
        Assert.Equal(0, gateway.Services.GetRequiredService<KeyPool.KeyPool>().Snapshot().InFlight);
    }

    [Fact]
    [Trait("Feature", "UPS-7")]
    public async Task Random_strings_make_no_other_question()
    {
        await using TestGateway gateway = await StartAsync(("RANDOM_STRING", "true"));

        await gateway.Client.AskAsync(Form.OpenAI);

        Assert.True(IsHit(await gateway.Client.AskAsync(Form.OpenAI)));
    }

    private Task<TestGateway> StartAsync(params (string Name, string Value)[] settings) => StartAsync(null, settings);

    private Task<TestGateway> StartAsync(ManualTimeProvider? clock, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["ENABLE_RESPONSE_CACHE"] = "true", ["CACHE_SINGLE_USE"] = "false", ["ALLOWED_TOKENS"] = OtherToken };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return _lines.StartAsync(settings: all, services: clock is null ? null : services => services.AddSingleton<TimeProvider>(clock));
    }

    private static Task<Seen> AskAsOtherAsync(TestGateway gateway)
    {
        HttpRequestMessage request = Form.OpenAI.Request("Hello");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", OtherToken);
        return gateway.Client.SendAsync(Form.OpenAI, request, TestContext.Current.CancellationToken);
    }

    private static JsonObject Picture(Form form, string png)
    {
        JsonObject body = form.Body("What is this?");
        if (form == Form.OpenAI)
            body["messages"]![0]!["content"] = JsonNode.Parse($$$"""[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{png}}}"}}]""");
        else
            body["contents"]![0]!["parts"]!.AsArray().Add(JsonNode.Parse($$$"""{"inlineData":{"mimeType":"image/png","data":"{{{png}}}"}}"""));
        return body;
    }

    private static JsonObject Conversation(Form form, string first, string last)
    {
        JsonObject body = form.Body(last);
        JsonArray turns = body[form == Form.OpenAI ? "messages" : "contents"]!.AsArray();
        (string model, Func<string, JsonNode> said) = form == Form.OpenAI
            ? ("assistant", text => JsonValue.Create(text))
            : ("model", (Func<string, JsonNode>)(text => new JsonArray(new JsonObject { ["text"] = text })));
        string content = form == Form.OpenAI ? "content" : "parts";
        turns.Insert(0, new JsonObject { ["role"] = model, [content] = said("Yes?") });
        turns.Insert(0, new JsonObject { ["role"] = "user", [content] = said(first) });
        return body;
    }

    private static string Id(Seen seen) => (seen.Form.IsStream() ? seen.Events[0] : JsonNode.Parse(seen.Body)!)["id"]!.GetValue<string>();

    private static bool IsHit(Seen seen) => seen.Headers.Contains("x-pollux-cache: hit", StringComparison.OrdinalIgnoreCase);

    private static (int Count, long Bytes) Kept(TestGateway gateway) => gateway.Services.GetRequiredService<ReplyStore>().Kept;

    private static int Posts(TestGateway gateway) => gateway.Upstream.Received.Requests.Count(static request => request.Method == "POST");
}
