using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Media;
using Pollux.IntegrationTests.Serving;
using Pollux.Tests.Protocols.Answers.Recorded;
using static Pollux.IntegrationTests.Responses.ResponseStand;

namespace Pollux.IntegrationTests.Responses;

/// <summary>OpenAI's responses, from outside: what a client sees, and what the strict upstream was asked.</summary>
[Trait("Feature", "OAI-13")]
public sealed class ResponseTests
{
    private const string Signature = "YSBzaWduYXR1cmUgb2YgdGhlIHVwc3RyZWFt";

    [Theory]
    [InlineData("/v1/responses", false)]
    [InlineData("/v1/responses", true)]
    [InlineData("/responses", true)]
    [InlineData("/openai/v1/responses", false)]
    [InlineData("/aistudio/v1/responses", false)]
    public async Task A_text_is_answered(string path, bool streams)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text("Hello, you.").WithThoughtTokens(7));

        SeenResponse seen = await gateway.Client.RespondAsync(
            Body("Hello", $$"""
                "instructions":"Be short.","max_output_tokens":100,"temperature":0.5,"metadata":{"a":"b"},
                "stream":{{(streams ? "true" : "false")}}
                """), path);

        ResponsesOutcome outcome = seen.Good();
        Assert.Equal("Hello, you.", outcome.Text);
        Assert.Equal((7, "b", 100, "Be short."), (
            outcome.Response!["usage"]!["output_tokens_details"]!["reasoning_tokens"]!.GetValue<int>(), outcome.Response["metadata"]!["a"]!.GetValue<string>(),
            outcome.Response["max_output_tokens"]!.GetValue<int>(), outcome.Response["instructions"]!.GetValue<string>()));
        JsonObject sent = Assert.Single(gateway.Sent());
        Assert.Equal("Be short.", sent["systemInstruction"]!["parts"]![0]!["text"]!.GetValue<string>());
        Assert.Equal(100, sent["generationConfig"]!["maxOutputTokens"]!.GetValue<int>());
        Assert.Equal("", seen.Losses);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thoughts_are_an_item_where_a_summary_is_asked_for(bool streams)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Thinking("I think.", "I am."), FakeReply.Thinking("I think.", "I am."));

        string stream = streams ? "true" : "false";
        ResponsesOutcome told = (await gateway.Client.RespondAsync(Body("Hello", $$"""
            "stream":{{stream}},"reasoning":{"summary":"auto","effort":"low"}
            """))).Good();
        ResponsesOutcome hidden = (await gateway.Client.RespondAsync(Body("Hello", $$"""
            "stream":{{stream}}
            """))).Good();

        Assert.Equal(("I think.", "I am."), (told.Summary, told.Text));
        Assert.Equal(("", "I am."), (hidden.Summary, hidden.Text));
        Assert.Empty(hidden.Of("reasoning"));
        Assert.NotNull(gateway.Sent()[0]["generationConfig"]!["thinkingConfig"]!["includeThoughts"]);
        Assert.Null(gateway.Sent()[1]["generationConfig"]?["thinkingConfig"]?["includeThoughts"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_tools_of_a_coding_agent_are_called_and_answered_in_its_words(bool streams)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.RegisterSignature(Signature);
        gateway.Upstream.Script.Next(
            FakeReply.Parts(
                Call("close-1", "multi_agent_v1__close_agent", """{"id":"a"}""", Signature),
                Call("patch-2", "apply", """{"input":"*** Begin Patch\n\"x\"\n"}""")),
            FakeReply.Text("Done."));
        string tools = $"\"stream\":{(streams ? "true" : "false")}," + """
            "store":false,"include":["reasoning.encrypted_content"],"parallel_tool_calls":true,"tool_choice":"auto",
            "tools":[
              {"type":"function","name":"exec_command","strict":false,"parameters":{"type":"object","properties":{"cmd":{"type":"string"}},"additionalProperties":false}},
              {"type":"namespace","name":"multi_agent_v1","description":"Agents","tools":[{"type":"function","name":"close_agent","strict":false,"parameters":{"type":"object","properties":{"id":{"type":"string"}}}}]},
              {"type":"custom","name":"apply","description":"Patches","format":{"type":"grammar","syntax":"lark","definition":"start: ANY"}}]
            """;

        SeenResponse first = await gateway.Client.RespondAsync(Body("""[{"type":"message","role":"developer","content":"Rules."},{"type":"message","role":"user","content":[{"type":"input_text","text":"Go"}]}]""", tools));

        ResponsesOutcome outcome = first.Good();
        JsonObject call = Assert.Single(outcome.Of("function_call"));
        Assert.Equal(("multi_agent_v1", "close_agent", """{"id":"a"}"""), (ResponsesOutcome.Word(call, "namespace"), ResponsesOutcome.Word(call, "name"), ResponsesOutcome.Word(call, "arguments")));
        JsonObject patch = Assert.Single(outcome.Of("custom_tool_call"));
        Assert.Equal(("apply", "*** Begin Patch\n\"x\"\n"), (ResponsesOutcome.Word(patch, "name"), ResponsesOutcome.Word(patch, "input")));
        JsonObject reasoning = Assert.Single(outcome.Of("reasoning"));
        Assert.Equal("plx1." + Signature, ResponsesOutcome.Word(reasoning, "encrypted_content"));
        Assert.Equal(0, outcome.Items.IndexOf(reasoning));

        // The ids are those of another gateway that remembers nothing: what the reasoning item carries has to suffice.
        JsonArray history = [.. outcome.Items.Select(static item => item!.DeepClone())];
        foreach (JsonObject item in history.OfType<JsonObject>().Where(static item => item.ContainsKey("call_id")))
            item["call_id"] = "other_" + ResponsesOutcome.Word(item, "name");
        history.Insert(0, JsonNode.Parse("""{"role":"user","content":"Go"}"""));
        history.Add(JsonNode.Parse("""{"type":"custom_tool_call_output","call_id":"other_apply","output":"ok"}"""));
        history.Add(JsonNode.Parse($$"""{"type":"function_call_output","call_id":"other_close_agent","output":[{"type":"input_text","text":"closed"},{"type":"input_image","image_url":"data:image/png;base64,{{Convert.ToBase64String(MediaStand.Png(40))}}"}]}"""));
        SeenResponse second = await gateway.Client.RespondAsync(Body(history.ToJsonString(), tools));

        Assert.Equal("Done.", second.Good().Text);
        Assert.All(gateway.Upstream.Received.Requests, static request => Assert.Equal(200, request.Status));
        JsonArray contents = gateway.Sent()[1]["contents"]!.AsArray();
        Assert.Equal("multi_agent_v1__close_agent", contents[1]!["parts"]![0]!["functionCall"]!["name"]!.GetValue<string>());
        Assert.Equal(Signature, contents[1]!["parts"]![0]!["thoughtSignature"]!.GetValue<string>());
        Assert.Equal("*** Begin Patch\n\"x\"\n", contents[1]!["parts"]![1]!["functionCall"]!["args"]!["input"]!.GetValue<string>());
        Assert.Contains("tools[2].format:approximated", first.Losses, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_that_items_bring_along_are_declared_once()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.ToolCalls(FakeToolCall.Parse("collaboration__exec", """{"input":"ls"}""")));

        const string Tools = """{"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"collaboration","tools":[{"type":"custom","name":"exec","format":{"type":"text"}}]}]}""";
        ResponsesOutcome outcome = (await gateway.Client.RespondAsync(Body($$"""[{{Tools}},{{Tools}},{"role":"user","content":"Go"}]"""))).Good();

        JsonObject call = Assert.Single(outcome.Of("custom_tool_call"));
        Assert.Equal(("collaboration", "exec", "ls"), (ResponsesOutcome.Word(call, "namespace"), ResponsesOutcome.Word(call, "name"), ResponsesOutcome.Word(call, "input")));
        Assert.Single(Assert.Single(gateway.Sent())["tools"]!.AsArray());
    }

    [Theory]
    [InlineData("\"background\":true", "background")]
    [InlineData("\"conversation\":\"conv_1\"", "conversation")]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", "prompt")]
    [InlineData("\"truncation\":\"some\"", "truncation")]
    [InlineData("\"previous_response_id\":\"resp_unknown\"", "previous_response_id")]
    [InlineData("\"tool_choice\":{\"type\":\"file_search\"}", "tool_choice")]
    [InlineData("\"text\":{\"format\":{\"type\":\"xml\"}}", "text.format.type")]
    [InlineData("\"instructions\":[1]", "instructions")]
    [InlineData("\"temperature\":\"hot\"", "temperature")]
    public async Task What_cannot_be_done_is_refused_by_its_name(string more, string param)
    {
        await using TestGateway gateway = await StartAsync();

        SeenResponse seen = await gateway.Client.RespondAsync(Body("Hello", more));

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal(param, seen.Error["param"]!.GetValue<string>());
        Assert.Empty(gateway.Sent());
    }

    [Theory]
    [InlineData("[{\"type\":\"item_reference\",\"id\":\"msg_unknown\"}]", "input[0].id")]
    [InlineData("[{\"role\":\"robot\",\"content\":\"x\"}]", "input[0].role")]
    [InlineData("[{\"role\":\"user\",\"content\":[{\"type\":\"smell\"}]}]", "input[0].content[0].type")]
    [InlineData("[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"file_id\":\"file-1\"}]}]", "input[0].content[0].file_id")]
    [InlineData("[{\"type\":\"function_call\",\"call_id\":\"a\"}]", "input[0].name")]
    [InlineData("[{\"role\":5}]", "input[0].role")]
    public async Task A_bad_item_is_refused_by_its_place(string input, string param)
    {
        await using TestGateway gateway = await StartAsync();

        SeenResponse seen = await gateway.Client.RespondAsync(Body(input));

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal(param, seen.Error["param"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_conversation_that_is_too_long_is_refused_in_the_words_that_agents_know()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.InputTooLong());

        SeenResponse seen = await gateway.Client.RespondAsync(Body("Hello", "\"stream\":true"));

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal(("context_length_exceeded", "input"), (seen.Error["code"]!.GetValue<string>(), seen.Error["param"]!.GetValue<string>()));
        Assert.StartsWith("Your input exceeds the context window of this model.", seen.Error["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto", 3)]
    [InlineData("disabled", 5)]
    public async Task Truncation_drops_the_oldest_turns_where_it_may(string truncation, int turns)
    {
        await using TestGateway gateway = await StartAsync();
        string old = new('x', 3_000_000); // some 750,000 tokens
        var input = new JsonArray();
        foreach ((string role, string text) in new[] { ("user", old), ("assistant", "yes"), ("user", old), ("assistant", "no"), ("user", "And now?") })
            input.Add(new JsonObject { ["role"] = role, ["content"] = text });

        SeenResponse seen = await gateway.Client.RespondAsync(Body(input.ToJsonString(), $"\"truncation\":\"{truncation}\""));

        seen.Good();
        Assert.Equal(turns, Assert.Single(gateway.Sent())["contents"]!.AsArray().Count);
        Assert.Equal(truncation == "auto", seen.Losses.Contains("input:dropped", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("MAX_TOKENS", "max_output_tokens")]
    [InlineData("SAFETY", "content_filter")]
    public async Task What_was_cut_is_incomplete(string finish, string reason)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text("Half of it").Finish(finish), FakeReply.Text("Half of it").Finish(finish));

        foreach (string stream in (string[])["true", "false"])
        {
            SeenResponse seen = await gateway.Client.RespondAsync(Body("Hello", $"\"stream\":{stream}"));

            Assert.Empty(seen.Outcome!.Problems);
            Assert.Equal(("incomplete", reason), (seen.Outcome.Status, seen.Outcome.Response!["incomplete_details"]!["reason"]!.GetValue<string>()));
            Assert.Equal("incomplete", seen.Outcome.Of("message").Last()["status"]!.GetValue<string>());
            Assert.Equal(finish == "SAFETY", seen.Outcome.Refusal.Length > 0);
        }
    }

    [Fact]
    public async Task A_stream_that_breaks_off_fails_in_the_words_on_which_agents_try_again()
    {
        await using TestGateway gateway = await StartAsync(("MAX_RETRY_NUM", "1"));
        gateway.Upstream.Script.Next(FakeReply.TextInPieces("one ", "two ", "three").DataErrorAfter(1), FakeReply.TextInPieces("one ", "two ", "three").EndedAfter(2));

        foreach (string _ in (string[])["error", "end"])
        {
            SeenResponse seen = await gateway.Client.RespondAsync(Body("Hello", "\"stream\":true"));

            Assert.Empty(seen.Outcome!.Problems);
            Assert.Equal(("failed", "response.failed", "server_error"), (seen.Outcome.Status, seen.Outcome.Events[^1], seen.Outcome.Response!["error"]!["code"]!.GetValue<string>()));
            Assert.DoesNotContain("[DONE]", seen.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_silent_upstream_is_bridged_by_events_that_the_dialect_knows()
    {
        await using TestGateway gateway = await StartAsync(("STREAM_KEEPALIVE_SECONDS", "1"));
        var goOn = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Text("Late.").HeldUntil(goOn.Task));
        using HttpRequestMessage request = Ask.Request("/v1/responses", Encoding.UTF8.GetBytes(Body("Hello", "\"stream\":true")));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using Stream stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        var body = new StringBuilder();
        for (int alive = 0; await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line;)
        {
            body.Append(line).Append('\n');
            if (line == "event: response.in_progress" && ++alive == 2)
                goOn.SetResult();
        }

        ResponsesOutcome outcome = ResponsesValidator.Stream(Encoding.UTF8.GetBytes(body.ToString()));
        Assert.Empty(outcome.Problems);
        Assert.Equal(("completed", "Late."), (outcome.Status, outcome.Text));
        Assert.True(outcome.Events.Count(static name => name == "response.in_progress") >= 2);
    }

    [Fact]
    public async Task Pictures_are_items_where_the_tool_was_asked_for_and_Markdown_where_not()
    {
        await using TestGateway gateway = await StartAsync();
        byte[] png = MediaStand.Png(60);
        gateway.Upstream.Script.Next(FakeReply.Picture("image/png", png), FakeReply.Picture("image/png", png));
        const string Model = "gemini-2.5-flash-image";

        ResponsesOutcome asked = (await gateway.Client.RespondAsync(Body("A cat", "\"stream\":true,\"tools\":[{\"type\":\"image_generation\"}]", Model))).Good();
        ResponsesOutcome plain = (await gateway.Client.RespondAsync(Body("A cat", model: Model))).Good();

        Assert.Equal(Convert.ToBase64String(png), ResponsesOutcome.Word(Assert.Single(asked.Of("image_generation_call")), "result"));
        Assert.Contains("/images/", plain.Text, StringComparison.Ordinal);
        Assert.Empty(plain.Of("image_generation_call"));
    }

    [Fact]
    public async Task Search_and_code_of_Googles_are_items_with_flat_citations()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Parts(
            new JsonObject { ["executableCode"] = new JsonObject { ["language"] = "PYTHON", ["code"] = "print(1)" } },
            new JsonObject { ["codeExecutionResult"] = new JsonObject { ["outcome"] = "OUTCOME_OK", ["output"] = "1\n" } },
            new JsonObject { ["text"] = "One." }));

        ResponsesOutcome outcome = (await gateway.Client.RespondAsync(Body("Count", "\"stream\":true,\"include\":[\"code_interpreter_call.outputs\"],\"tools\":[{\"type\":\"code_interpreter\",\"container\":{\"type\":\"auto\"}}]", "gemini-2.5-flash"))).Good();

        JsonObject code = Assert.Single(outcome.Of("code_interpreter_call"));
        Assert.Equal(("print(1)", "1\n"), (ResponsesOutcome.Word(code, "code"), ResponsesOutcome.Word(code["outputs"]![0], "logs")));
        Assert.Equal("One.", outcome.Text);
    }

    [Fact]
    public async Task Tokens_are_counted_by_Google_or_estimated()
    {
        await using TestGateway gateway = await StartAsync();
        using HttpResponseMessage response = await gateway.Client.SendAsync(Ask.Request("/v1/responses/input_tokens", Encoding.UTF8.GetBytes(Body("Hello there"))), TestContext.Current.CancellationToken);

        JsonObject body = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();
        Assert.Equal("google", Assert.Single(response.Headers.GetValues("x-pollux-count")));
        Assert.Equal("response.input_tokens", body["object"]!.GetValue<string>());
        Assert.True(body["input_tokens"]!.GetValue<int>() > 0);
        Assert.Equal("countTokens", Assert.Single(gateway.Upstream.Received.Requests, static request => request.Method == "POST").Action);
    }

    [Fact]
    public async Task Moderation_is_refused_and_says_why()
    {
        await using TestGateway gateway = await StartAsync();
        using HttpResponseMessage response = await gateway.Client.SendAsync(Ask.Request("/v1/moderations", "{\"input\":\"x\"}"u8.ToArray()), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("no moderation model", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pretended_stream_is_a_stream_like_any_other()
    {
        await using TestGateway gateway = await StartAsync(("FAKE_STREAMING", "true"), ("FAKE_STREAMING_DELAY_PER_CHUNK", "0"));
        gateway.Upstream.Script.Next(FakeReply.Text("A whole answer, played in pieces."));

        ResponsesOutcome outcome = (await gateway.Client.RespondAsync(Body("Hello", "\"stream\":true"))).Good();

        Assert.Equal("A whole answer, played in pieces.", outcome.Text);
        Assert.Equal("generateContent", Assert.Single(gateway.Upstream.Received.Requests, static request => request.Method == "POST").Action);
    }

    [Fact]
    public async Task A_stand_in_answers_under_its_own_name()
    {
        await using TestGateway gateway = await StartAsync(("MODEL_FALLBACKS", $"{Ask.Model}=gemini-2.5-flash"));
        gateway.Upstream.Script.ForModel(Ask.Model).Reply(FakeReply.QuotaDay());

        ResponsesOutcome outcome = (await gateway.Client.RespondAsync(Body("Hello", "\"stream\":true"))).Good();

        Assert.Equal("gemini-2.5-flash", outcome.Response!["model"]!.GetValue<string>());
    }

    internal static JsonObject Call(string id, string name, string arguments, string? signature = null)
    {
        var part = new JsonObject { ["functionCall"] = new JsonObject { ["id"] = id, ["name"] = name, ["args"] = JsonNode.Parse(arguments) } };
        if (signature is not null)
            part["thoughtSignature"] = signature;
        return part;
    }
}
