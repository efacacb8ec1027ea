using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;
using Pollux.IntegrationTests.Media;
using Pollux.IntegrationTests.Serving;
using Pollux.Replies;
using Pollux.Tests.Protocols.Anthropic.Reading;

namespace Pollux.IntegrationTests.Anthropic;

/// <summary>ANT-1: messages, streamed and whole, with everything that the gateway does for other dialects.</summary>
[Trait("Feature", "ANT-1")]
public sealed class MessagesServingTests : IDisposable
{
    private const string Signature = "Zmlyc3Qgc2lnbmF0dXJlIG9mIHRoZSB1cHN0cmVhbQ==";
    private const string Tools = """[{"name":"look","description":"Looks","input_schema":{"type":"object","properties":{"where":{"type":"string"}}}}]""";

    private readonly RequestLines _lines = new();

    public static TheoryData<bool> Forms { get; } = [false, true];

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/anthropic/v1/messages")]
    [InlineData("/anthropic/v1/v1/messages")]
    [InlineData("/v1/v1/messages")]
    [InlineData("/aistudio/v1/messages")]
    public async Task Messages_are_found_below_each_prefix(string path)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        MessageSeen seen = await gateway.AskMessagesAsync(path: path);

        Assert.Equal((HttpStatusCode.OK, "You said: Hello", "end_turn", Ask.Model), (seen.Status, seen.Text, seen.Outcome.StopReason, seen.Outcome.Model));
        Assert.Equal(seen.Headers["x-request-id"], seen.Headers["request-id"]);
    }

    [Theory]
    [InlineData("/vertex/v1/messages")]
    [InlineData("/vertex-express/v1/messages")]
    public async Task A_route_that_forces_a_side_without_keys_says_so(string path)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        MessageSeen seen = await gateway.AskMessagesAsync(path: path);

        Assert.True((int)seen.Status is 503 or 404, seen.Body);
        Assert.Empty(gateway.Calls());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Who_asks_for_no_thinking_sees_none_and_the_text_first(bool stream)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Thinking("First I think.", "Then I speak."));

        MessageSeen seen = await gateway.AskMessagesAsync(MessagesAsk.Body(stream));

        Assert.Equal(["text"], seen.Outcome.Blocks.Select(static block => block.Type));
        Assert.Equal("Then I speak.", seen.Text);
        Assert.False(gateway.Calls()[0].Json.TryGetProperty("generationConfig", out JsonElement config) && config.TryGetProperty("thinkingConfig", out JsonElement thinking) && thinking.TryGetProperty("includeThoughts", out _));
    }

    [Theory]
    [InlineData(false, "summarized")]
    [InlineData(true, "summarized")]
    [InlineData(false, "omitted")]
    [InlineData(true, "omitted")]
    [Trait("Feature", "ANT-2")]
    public async Task A_signature_comes_back_in_the_thinking_block_even_to_a_gateway_that_knows_nothing_of_it(bool stream, string display)
    {
        JsonObject body = MessagesAsk.Of($$$"""{"tools":{{{Tools}}},"thinking":{"type":"adaptive","display":"{{{display}}}"}}""");
        body["stream"] = stream;
        MessageSeen first;
        await using (TestGateway gateway = await TestGateway.StartAsync())
        {
            gateway.Upstream.Script.Next(FakeReply.Parts(
                JsonNode.Parse("""{"text":"Hm.","thought":true}""")!.AsObject(),
                JsonNode.Parse($$$"""{"functionCall":{"name":"look","args":{"where":"here"}},"thoughtSignature":"{{{Signature}}}"}""")!.AsObject(),
                JsonNode.Parse("""{"functionCall":{"name":"look","args":{"where":"there"}}}""")!.AsObject()));
            first = await gateway.AskMessagesAsync(body);
        }

        Assert.Equal(["thinking", "tool_use", "tool_use"], first.Outcome.Blocks.Select(static block => block.Type));
        Assert.Equal(display == "omitted" ? "" : "Hm.", first.Outcome.Thoughts);
        await using TestGateway other = await TestGateway.StartAsync();
        other.Upstream.RegisterSignature(Signature);
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "assistant", ["content"] = Content(first.Outcome) });
        body["messages"]!.AsArray().Add(new JsonObject
        {
            ["role"] = "user",
            ["content"] = new JsonArray([.. first.Outcome.Calls.Reverse().Select(static call => JsonNode.Parse($$$"""{"type":"tool_result","tool_use_id":"{{{call.Start.GetProperty("id").GetString()}}}","content":"seen"}"""))]),
        });

        MessageSeen second = await other.AskMessagesAsync(body);

        Assert.Equal(HttpStatusCode.OK, second.Status);
        JsonElement parts = Assert.Single(other.Calls()).Json.GetProperty("contents")[1].GetProperty("parts");
        Assert.Equal(Signature, parts[0].GetProperty("thoughtSignature").GetString());
        Assert.False(parts[1].TryGetProperty("thoughtSignature", out _));
    }

    [Fact]
    [Trait("Feature", "ANT-2")]
    public async Task A_signature_of_another_provider_is_not_sent_to_google()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        JsonObject body = MessagesAsk.Of($$$"""
            {"tools":{{{Tools}}},"messages":[{"role":"user","content":"Look"},
             {"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"EqoBCkgIARABGAIiQL"},{"type":"redacted_thinking","data":"abc"},{"type":"tool_use","id":"toolu_1","name":"look","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"dark","is_error":true},{"type":"text","text":"Go on."}]}]}
            """);

        MessageSeen seen = await gateway.AskMessagesAsync(body);

        Assert.Equal(HttpStatusCode.OK, seen.Status);
        JsonElement contents = Assert.Single(gateway.Calls()).Json.GetProperty("contents");
        Assert.Equal("skip_thought_signature_validator", contents[1].GetProperty("parts")[0].GetProperty("thoughtSignature").GetString());
        Assert.Equal("dark", contents[2].GetProperty("parts")[0].GetProperty("functionResponse").GetProperty("response").GetProperty("error").GetString());
        Assert.Equal("Go on.", contents[2].GetProperty("parts")[1].GetProperty("text").GetString());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Code_that_google_runs_comes_as_a_use_of_the_server_and_its_result(bool stream)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Parts(
            JsonNode.Parse("""{"executableCode":{"language":"PYTHON","code":"print(\"1\")\n"}}""")!.AsObject(),
            JsonNode.Parse("""{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}}""")!.AsObject(),
            JsonNode.Parse("""{"text":"One."}""")!.AsObject()));
        JsonObject body = MessagesAsk.Of("""{"tools":[{"type":"code_execution_20250825","name":"code_execution"}]}""");
        body["stream"] = stream;

        MessageSeen seen = await gateway.AskMessagesAsync(body);

        MessageBlock[] blocks = [.. seen.Outcome.Blocks];
        Assert.Equal(["server_tool_use", "code_execution_tool_result", "text"], blocks.Select(static block => block.Type));
        Assert.Equal("print(\"1\")\n", blocks[0].Input.GetProperty("code").GetString());
        Assert.Equal("1\n", blocks[1].Start.GetProperty("content").GetProperty("stdout").GetString());
        Assert.True(Assert.Single(gateway.Calls()).Json.GetProperty("tools")[0].TryGetProperty("codeExecution", out _));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_picture_comes_as_Markdown_whose_link_shows_it(bool stream)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_STORAGE_TYPE", "memory"));
        byte[] picture = MediaStand.Png(1000);
        gateway.Upstream.Script.Next(FakeReply.Picture("image/png", picture));

        MessageSeen seen = await gateway.AskMessagesAsync(MessagesAsk.Body(stream, "a cat", ImageStand.Painter));

        Assert.StartsWith($"![image]({gateway.Address}images/", seen.Text, StringComparison.Ordinal);
        Assert.Equal(picture, await ImageStand.PictureAsync(gateway, seen.Text));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_withheld_answer_is_a_refusal_with_its_reason(bool stream)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.NoContent("SAFETY"));

        MessageSeen seen = await gateway.AskMessagesAsync(MessagesAsk.Body(stream));

        Assert.Equal((HttpStatusCode.OK, "refusal"), (seen.Status, seen.Outcome.StopReason));
        Assert.Contains("SAFETY", seen.Outcome.Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_client_that_takes_one_call_gets_one(bool stream)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.ToolCalls(FakeToolCall.Parse("look", "{}"), FakeToolCall.Parse("look", "{}")));
        JsonObject body = MessagesAsk.Of($$$"""{"tools":{{{Tools}}},"tool_choice":{"type":"any","disable_parallel_tool_use":true}}""");
        body["stream"] = stream;

        MessageSeen seen = await gateway.AskMessagesAsync(body);

        Assert.Single(seen.Outcome.Calls);
        Assert.Equal("tool_use", seen.Outcome.StopReason);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_stand_in_answers_and_is_named(bool stream)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["MODEL_FALLBACKS"] = $"{Ask.Model}=gemini-2.5-flash" });
        gateway.Upstream.Script.ForModel(Ask.Model).Reply(FakeReply.QuotaDay());

        MessageSeen seen = await gateway.AskMessagesAsync(MessagesAsk.Body(stream));

        Assert.Equal(("You said: Hello", "gemini-2.5-flash"), (seen.Text, seen.Outcome.Model));
        Assert.Equal("gemini-2.5-flash", seen.Headers["x-pollux-model"]);
    }

    [Fact]
    public async Task The_same_question_is_answered_out_of_the_cache_with_an_id_of_its_own_but_not_for_another_user()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["ENABLE_RESPONSE_CACHE"] = "true", ["CACHE_SINGLE_USE"] = "false" });
        JsonObject ofUser = MessagesAsk.Body();
        ofUser["metadata"] = new JsonObject { ["user_id"] = "another" };

        MessageSeen made = await gateway.AskMessagesAsync();
        MessageSeen hit = await gateway.AskMessagesAsync(MessagesAsk.Body(stream: true));
        MessageSeen other = await gateway.AskMessagesAsync(ofUser);

        Assert.Equal((made.Text, made.Text), (hit.Text, other.Text));
        Assert.Equal("hit", hit.Headers["x-pollux-cache"]);
        Assert.False(other.Headers.ContainsKey("x-pollux-cache"));
        Assert.Equal(2, gateway.Calls().Count);
    }

    [Fact]
    public async Task Identical_requests_share_one_call()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["SHARE_IDENTICAL_REQUESTS"] = "true" });
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("For all of you.").HeldUntil(goOn.Task));

        Task<MessageSeen>[] asking = [gateway.AskMessagesAsync(), gateway.AskMessagesAsync()];
        await gateway.Upstream.Received.WaitForAsync(static received => received.Method == "POST", TestContext.Current.CancellationToken);
        MessageSeen[] seen;
        goOn.SetResult();
        seen = await Task.WhenAll(asking);

        Assert.All(seen, static one => Assert.Equal(HttpStatusCode.OK, one.Status));
        Assert.InRange(gateway.Calls().Count, 1, 2); // the second may have come when the first was over
        Assert.Equal(2, seen.Select(static one => JsonNode.Parse(one.Body)!["id"]!.GetValue<string>()).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("Feature", "DSP-4")]
    public async Task Who_left_before_the_answer_finds_it_when_asking_again(bool stream)
    {
        await using TestGateway gateway = await _lines.StartAsync(settings: new Dictionary<string, string> { ["ENABLE_RESPONSE_CACHE"] = "true", ["KEEP_ABANDONED"] = "true" });
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("For later.").HeldUntil(goOn.Task));
        using var leaving = new CancellationTokenSource();

        Task<MessageSeen> first = gateway.SendMessagesAsync(Ask.Request(MessagesAsk.Path, MessagesAsk.Body(stream)), leaving.Token);
        await gateway.Upstream.Received.WaitForAsync(static received => received.Method == "POST", TestContext.Current.CancellationToken);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal("499", (await _lines.NextAsync()).Status);
        goOn.SetResult();
        using (var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken))
        {
            late.CancelAfter(TimeSpan.FromSeconds(30));
            for (var abandoned = gateway.Services.GetRequiredService<AbandonedCalls>(); abandoned.Running > 0; await Task.Yield())
                late.Token.ThrowIfCancellationRequested();
        }

        MessageSeen again = await gateway.AskMessagesAsync(MessagesAsk.Body(stream));

        Assert.Equal("For later.", again.Text);
        Assert.Single(gateway.Calls());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("Feature", "ANT-2")]
    public async Task Who_asks_for_search_by_a_name_sees_the_sources_in_the_text_too(bool stream)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => SearchTests.Answer(fake));

        MessageSeen seen = await gateway.AskMessagesAsync(MessagesAsk.Body(stream, model: "gemini-2.5-flash-search"));

        Assert.Contains("**Sources**\n\n- [", seen.Text, StringComparison.Ordinal);
        Assert.Equal(3, seen.Outcome.Blocks.Single(static block => block.Type == "text").Citations.Count);
        Assert.Equal(["server_tool_use", "web_search_tool_result"], seen.Outcome.Blocks.Select(static block => block.Type).Where(static type => type != "text"));
    }

    [Theory]
    [InlineData("gemini-3.5-flash-fake", "FAKE_STREAMING_DELAY_PER_CHUNK", "0")]
    [InlineData("gemini-3.5-flash", "STREAM_OPTIMIZER_ENABLED", "true")]
    public async Task Streams_that_are_not_as_google_sent_them_are_valid_too(string model, string setting, string value)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { [setting] = value });
        gateway.Upstream.Script.Next(FakeReply.TextAndToolCalls("Here it comes, at last, in a long sentence.", FakeToolCall.Parse("look", """{"where":"here"}""")));
        JsonObject body = MessagesAsk.Of($$$"""{"tools":{{{Tools}}},"stream":true,"model":"{{{model}}}"}""");

        MessageSeen seen = await gateway.AskMessagesAsync(body);

        Assert.Equal("Here it comes, at last, in a long sentence.", seen.Text);
        Assert.Equal("here", Assert.Single(seen.Outcome.Calls).Input.GetProperty("where").GetString());
        Assert.Equal("tool_use", seen.Outcome.StopReason);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("Feature", "ANT-3")]
    public async Task Usage_tells_what_a_cache_served_apart(bool stream)
    {
        const string Usage = """{"promptTokenCount":1000,"cachedContentTokenCount":900,"candidatesTokenCount":7,"thoughtsTokenCount":24,"toolUsePromptTokenCount":5,"totalTokenCount":1036}""";
        const string Answer = $$$"""{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"MAX_TOKENS","index":0}],"usageMetadata":{{{Usage}}},"modelVersion":"gemini-3.5-flash"}""";
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(stream
            ? FakeReply.Raw(200, "text/event-stream", System.Text.Encoding.UTF8.GetBytes($"data: {Answer}\r\n\r\n"))
            : FakeReply.Raw(200, "application/json; charset=UTF-8", System.Text.Encoding.UTF8.GetBytes(Answer)));

        MessageSeen seen = await gateway.AskMessagesAsync(MessagesAsk.Body(stream));

        Assert.Equal(new MessagesUsage(105, 900, 31), seen.Outcome.Usage);
        Assert.Equal("max_tokens", seen.Outcome.StopReason);
    }

    /// <summary>The blocks as a client keeps them.</summary>
    private static JsonArray Content(MessagesOutcome outcome)
    {
        var content = new JsonArray();
        foreach (MessageBlock block in outcome.Blocks)
        {
            JsonObject kept = JsonNode.Parse(block.Start.GetRawText())!.AsObject();
            if (block.Type == "thinking")
                (kept["thinking"], kept["signature"]) = (block.Text.ToString(), block.Signature);
            else if (block.Type == "tool_use")
                kept["input"] = JsonNode.Parse(block.Input.GetRawText());
            content.Add(kept);
        }

        return content;
    }
}
