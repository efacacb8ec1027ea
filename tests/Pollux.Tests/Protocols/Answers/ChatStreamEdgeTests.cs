using System.Text;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.Tests.Protocols.Answers;

/// <summary>Answers that no recording has, or that few have: each stays a valid chat, streamed and whole.</summary>
public sealed class ChatStreamEdgeTests
{
    private const string Stop = """{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":7,"totalTokenCount":12}}""";

    /// <summary>Events, then the content, the reasoning and the finish reason that are due.</summary>
    public static TheoryData<string, string[], string, string, string> Streams => new()
    {
        { "no content", ["""{"candidates":[{"index":0}]}""", Text("a"), Stop], "a", "", "stop" },
        { "no parts", ["""{"candidates":[{"content":{"role":"model"}}]}""", Text("a"), Stop], "a", "", "stop" },
        { "empty parts", ["""{"candidates":[{"content":{"parts":[]}}]}""", Text("a"), Stop], "a", "", "stop" },
        { "an empty part", ["""{"candidates":[{"content":{"parts":[{}]}}]}""", Text("a"), Stop], "a", "", "stop" },
        { "nulls everywhere", ["""{"candidates":[{"content":null,"finishReason":null,"index":null}],"usageMetadata":null,"promptFeedback":null}""", Text("a"), Stop], "a", "", "stop" },
        { "nothing of the right type", ["""{"candidates":[1,"x",[],{"content":[],"finishReason":{},"index":"1"}],"usageMetadata":[]}""", Text("a"), Stop], "a", "", "stop" },
        { "empty object", ["{}", Text("a"), Stop], "a", "", "stop" },
        { "stop on every event", [Text("a", "STOP"), Text("b", "STOP"), Text("c", "STOP")], "abc", "", "stop" },
        { "finish in an event without parts", [Text("a"), """{"candidates":[{"finishReason":"MAX_TOKENS"}]}"""], "a", "", "length" },
        { "text after the finish", [Text("a", "STOP"), Text("b")], "ab", "", "stop" },
        { "numeric finish", [Text("a"), """{"candidates":[{"finishReason":2}]}"""], "a", "", "length" },
        { "unknown numeric finish", [Text("a"), """{"candidates":[{"finishReason":99}]}"""], "a", "", "stop" },
        { "unknown finish", [Text("a"), """{"candidates":[{"finishReason":"ADDED_NEXT_YEAR"}]}"""], "a", "", "stop" },
        { "unknown part kind", ["""{"candidates":[{"content":{"parts":[{"hologram":{"text":"x"}},{"text":"a"}]}}]}""", Stop], "a", "", "stop" },
        { "unknown members", ["""{"new":{"candidates":[]},"candidates":[{"new":[{}],"content":{"new":1,"parts":[{"new":{"text":"x"},"text":"a"}]}}]}""", Stop], "a", "", "stop" },
        { "a duplicated member counts last", ["""{"candidates":[{"content":{"parts":[{"text":"x","text":"a"}]},"finishReason":"SAFETY","finishReason":"STOP"}]}"""], "a", "", "stop" },
        { "deep nesting beside the text", ["""{"candidates":[{"groundingMetadata":""" + Nested(50) + """ ,"content":{"parts":[{"text":"a"}]}}]}""", Stop], "a", "", "stop" },
        { "huge numbers", ["""{"candidates":[{"index":0,"avgLogprobs":-1e400,"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":99999999999999999999}}""", Stop], "a", "", "stop" },
        { "thoughts, then text", [Text("t1", thought: true), Text("t2", thought: true), Text("a"), Stop], "a", "t1t2", "stop" },
        { "thought and text in one event", ["""{"candidates":[{"content":{"parts":[{"text":"t","thought":true},{"text":"a"}]}}]}""", Stop], "a", "t", "stop" },
        { "escapes", ["""{"candidates":[{"content":{"parts":[{"text":"\u003cb\u003e \"q\" \\ \n\t é\ud83d\ude00"}]}}]}""", Stop], "<b> \"q\" \\ \n\t é😀", "", "stop" },
        { "blocked after text", [Text("a"), """{"candidates":[{"finishReason":"SAFETY"}]}"""], "a", "", "content_filter" },
        { "blocked without text", ["""{"candidates":[{"finishReason":"PROHIBITED_CONTENT","finishMessage":"No \"way\"."}]}"""], "", "", "content_filter" },
        { "a call cut off", [Call("""{"name":"f","args":{"a":1}}"""), """{"candidates":[{"finishReason":"MAX_TOKENS"}]}"""], "", "", "length" },
        { "data without a media type", ["""{"candidates":[{"content":{"parts":[{"inlineData":{"data":"AAAA"}}]}}]}""", Stop], "![image](data:application/octet-stream;base64,AAAA)", "", "stop" },
        { "data of no use", ["""{"candidates":[{"content":{"parts":[{"inlineData":{}},{"fileData":{}},{"executableCode":{}},{"codeExecutionResult":{}},{"text":"a"}]}}]}""", Stop], "a", "", "stop" },
        { "a picture after text of an earlier event", [Text("a"), """{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}]}""", Stop], "a\n\n![image](data:image/png;base64,AAAA)", "", "stop" },
        { "code and its output", ["""{"candidates":[{"content":{"parts":[{"executableCode":{"language":"PYTHON","code":"print(1)"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}}]}}]}""", Stop], "\n\n```python\nprint(1)\n```\n\n```\n1\n\n```\n\n", "", "stop" },
    };

    /// <summary>Function calls, with the names and arguments that are due.</summary>
    public static TheoryData<string, string, string, string> Calls => new()
    {
        { "arguments absent", """{"name":"f"}""", "f", "{}" },
        { "arguments null", """{"name":"f","args":null}""", "f", "{}" },
        { "arguments empty", """{"name":"f","args":{}}""", "f", "{}" },
        { "name space", """{"name":"default_api:f","args":{}}""", "f", "{}" },
        { "name with an escape", """{"name":"f\u005fg","args":{}}""", "f_g", "{}" },
        { "pretty-printed", "{\"name\":\"f\",\"args\":{\r\n  \"a b\": \" x \\\" y  \",\n\t\"c\": [ 1 , 2 ]\n}}", "f", "{\"a b\":\" x \\\" y  \",\"c\":[1,2]}" },
        { "duplicated arguments", """{"name":"f","args":{"a":1,"a":2}}""", "f", """{"a":1,"a":2}""" },
        { "huge number", """{"name":"f","args":{"a":123456789012345678901234567890,"b":1e400}}""", "f", """{"a":123456789012345678901234567890,"b":1e400}""" },
        { "deep arguments", """{"name":"f","args":""" + Nested(50) + "}", "f", Nested(50) },
        { "escapes inside", """{"name":"f","args":{"a":"\u003c\\\"\ud83d\ude00\n"}}""", "f", """{"a":"\u003c\\\"\ud83d\ude00\n"}""" },
        { "members in another order", """{"args":{"a":1},"id":"x","name":"f"}""", "f", """{"a":1}""" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Odd_events_become_a_valid_stream(string what, string[] events, string content, string reasoning, string finish)
    {
        ChatOutcome outcome = ChatValidator.Stream(ChatWriting.Stream(ChatWriting.Context(), events).Span, usageAsked: true);

        Assert.True(outcome.Problems.Count == 0, $"{what}: {string.Join('\n', outcome.Problems)}");
        ChatChoice choice = Assert.Single(outcome.Choices).Value;
        Assert.Equal((content, reasoning, finish), (choice.Content.ToString(), choice.Reasoning.ToString(), choice.Finish));
        Assert.Equal(finish == "content_filter", choice.Refusal is not null);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Odd_calls_become_valid_calls_streamed_and_whole(string what, string call, string name, string arguments)
    {
        string streamed = Call(call);
        string whole = """{"candidates":[{"content":{"parts":[{"functionCall":""" + call + """}]},"finishReason":"STOP"}]}""";

        foreach (ChatOutcome outcome in (ChatOutcome[])
        [
            ChatValidator.Stream(ChatWriting.Stream(ChatWriting.Context(), streamed, Stop).Span, usageAsked: true),
            ChatValidator.Whole(ChatWriting.Whole(Encoding.UTF8.GetBytes(whole), ChatWriting.Context())),
        ])
        {
            Assert.True(outcome.Problems.Count == 0, $"{what}: {string.Join('\n', outcome.Problems)}");
            ChatToolCall said = Assert.Single(Assert.Single(outcome.Choices).Value.Calls);
            Assert.Equal((name, arguments), (said.Name, said.Arguments.ToString()));
        }
    }

    [Fact]
    public void Candidates_that_come_interleaved_stay_apart()
    {
        string[] events =
        [
            """{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"index":1,"content":{"parts":[{"text":"1"}]}}]}""",
            """{"candidates":[{"index":1,"content":{"parts":[{"text":"2"},{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}]}""",
            """{"candidates":[{"content":{"parts":[{"text":"b"},{"functionCall":{"name":"g"}},{"functionCall":{"name":"h"}}]}}]}""",
            """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"i"}}]},"finishReason":"STOP"}]}""",
        ];

        ChatOutcome outcome = ChatValidator.Stream(ChatWriting.Stream(ChatWriting.Context(), events).Span, usageAsked: true);

        Assert.Empty(outcome.Problems);
        Assert.Equal(["ab", "12"], outcome.Choices.Values.Select(choice => choice.Content.ToString()));
        Assert.Equal(["g", "h", "i"], outcome.Choices[0].Calls.Select(call => call.Name));
        Assert.Equal(["f"], outcome.Choices[1].Calls.Select(call => call.Name));
    }

    [Fact]
    public void Whole_candidates_keep_their_numbers()
    {
        byte[] answer = """{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS"}]}"""u8.ToArray();

        ChatOutcome outcome = ChatValidator.Whole(ChatWriting.Whole(answer, ChatWriting.Context()));

        Assert.Empty(outcome.Problems);
        Assert.Equal([("a", "stop"), ("b", "length")], outcome.Choices.Values.Select(choice => (choice.Content.ToString(), choice.Finish)));
    }

    [Fact]
    public void A_character_split_into_two_escapes_is_passed_on_as_its_two_halves()
    {
        // No strict parser takes half a character; joined as text, as clients do, the halves are one.
        string stream = Encoding.UTF8.GetString(ChatWriting.Stream(ChatWriting.Context(), Text("""a\ud83d"""), Text("""\ude00b"""), Stop).Span);

        string[] deltas = [.. stream.Split("\"content\":\"").Skip(1).Select(rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)])];
        Assert.Equal("\"a😀b\"", JsonElement.Parse($"\"{string.Concat(deltas)}\"").GetRawText() is { } joined ? $"\"{JsonElement.Parse(joined).GetString()}\"" : null);
    }

    [Theory]
    [InlineData("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"\ud83d","id":"\ud83d"}}]}}]}""")]
    [InlineData("""{"candidates":[{"finishReason":"SAFETY","finishMessage":"\ud83d"}]}""")]
    public void Half_a_character_in_a_name_or_message_is_written_all_the_same(string @event)
    {
        string stream = Encoding.UTF8.GetString(ChatWriting.Stream(ChatWriting.Context(), @event, Stop).Span);
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"candidates":[{"finishReason":"\ud83d","finishMessage":"\ud83d"}]}""")]
    [InlineData("""{"\ud83d":1,"candidates":[{"fini\ud83d":1,"content":{"parts":[{"tex\ud83d":1}]}}]}""")]
    [InlineData("""{"usageMetadata":{"promptTokenCount":"\ud83d"},"promptFeedback":{"blockReason":"\ud83d"}}""")]
    public void Half_a_character_where_the_reader_decides_is_a_malformed_answer(string @event) =>
        Assert.False(AnswerReader.TryRead(Encoding.UTF8.GetBytes(@event), new Answer()));

    [Fact]
    public void Usage_is_taken_from_the_last_event_that_has_it()
    {
        ChatOutcome outcome = Stream(
            """{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":10,"totalTokenCount":10}}""",
            """{"candidates":[{"content":{"parts":[{"text":"b"}]}}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":2,"thoughtsTokenCount":30,"totalTokenCount":42}}""",
            """{"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"toolUsePromptTokenCount":3,"candidatesTokenCount":5,"thoughtsTokenCount":30,"totalTokenCount":48}}""",
            """{"usageMetadata":{"trafficType":"ON_DEMAND"}}""");

        Assert.Empty(outcome.Problems);
        Assert.Equal(new ChatUsage(13, 35, 48, 4, 30), outcome.Usage);
    }

    [Fact]
    public void A_stream_without_any_usage_counts_zero()
    {
        ChatOutcome outcome = Stream(Text("a", "STOP"));
        Assert.Empty(outcome.Problems);
        Assert.Equal(default(ChatUsage), outcome.Usage);
    }

    [Fact]
    public void Usage_is_left_out_where_it_was_not_asked_for()
    {
        ReadOnlyMemory<byte> stream = ChatWriting.Stream(ChatWriting.Context() with { IncludeUsage = false }, Text("a"), Stop);
        ChatOutcome outcome = ChatValidator.Stream(stream.Span, usageAsked: false);
        Assert.Empty(outcome.Problems);
        Assert.Null(outcome.Usage);
    }

    [Fact]
    public void Thoughts_in_tags_open_and_close_once()
    {
        ChatAnswerContext context = ChatWriting.Context() with { Reasoning = ReasoningFormat.Tags };

        string[] contents =
        [
            ContentOf(ChatWriting.Stream(context, Text("t1", thought: true), Text("t2", thought: true), Text("a"), Text("b"), Stop)),
            ContentOf(ChatWriting.Stream(context, Text("t1t2", thought: true), Stop)),
            ContentOf(ChatWriting.Stream(context, Text("t", thought: true), Call("""{"name":"f"}"""), Stop)),
        ];

        Assert.Equal(["<think>\nt1t2\n</think>\n\nab", "<think>\nt1t2\n</think>", "<think>\nt\n</think>\n\n"], contents);
    }

    [Fact]
    public void Hidden_thoughts_leave_no_trace()
    {
        ReadOnlyMemory<byte> stream = ChatWriting.Stream(ChatWriting.Context() with { Reasoning = ReasoningFormat.Hidden }, Text("secret", thought: true), Text("a"), Stop);
        Assert.DoesNotContain("secret", Encoding.UTF8.GetString(stream.Span), StringComparison.Ordinal);
        Assert.Equal("a", ContentOf(stream));
    }

    [Fact]
    public void Legacy_functions_get_one_function_call()
    {
        ChatAnswerContext context = ChatWriting.Context() with { LegacyFunctions = true };
        ChatOutcome outcome = ChatValidator.Stream(ChatWriting.Stream(context, Call("""{"name":"f","args":{"a":1}}"""), Stop).Span, usageAsked: true);

        Assert.Empty(outcome.Problems);
        ChatChoice choice = outcome.Choices[0];
        Assert.Equal(("f", "{\"a\":1}", "function_call"), (choice.Calls[0].Name, choice.Calls[0].Arguments.ToString(), choice.Finish));
    }

    [Fact]
    public void Log_probabilities_are_told_token_by_token()
    {
        ChatOutcome outcome = Stream(
            """{"candidates":[{"content":{"parts":[{"text":"Hé"}]},"logprobsResult":{"chosenCandidates":[{"token":"H","logProbability":-0.1},{"token":"é","logProbability":-2}],"topCandidates":[{"candidates":[{"token":"H","logProbability":-0.1},{"token":"J","logProbability":-3}]}]}}]}""",
            """{"candidates":[{"logprobsResult":{"chosenCandidates":[{"token":"!"}]},"finishReason":"STOP"}]}""");

        Assert.Empty(outcome.Problems);
        Assert.Equal(["H", "é", "!"], outcome.Choices[0].LogprobTokens);
    }

    [Fact]
    public void Signatures_of_text_and_calls_reach_the_client_and_the_register()
    {
        var calls = new CallLog();
        ReadOnlyMemory<byte> stream = ChatWriting.Stream(
            ChatWriting.Context(calls),
            """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","id":"g1"},"thoughtSignature":"c2ln"},{"functionCall":{"name":"f"}}]}}]}""",
            """{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"dGV4dA=="}]},"finishReason":"STOP"}]}""");
        ChatOutcome outcome = ChatValidator.Stream(stream.Span, usageAsked: true);

        Assert.Empty(outcome.Problems);
        Assert.Equal([("g1", "c2ln"), (null, null)], calls.Calls);
        Assert.Equal(["c2ln", null], outcome.Choices[0].Calls.Select(call => call.Signature));
        Assert.Equal(["dGV4dA=="], outcome.Choices[0].TextSignatures);
    }

    private static ChatOutcome Stream(params string[] events) => ChatValidator.Stream(ChatWriting.Stream(ChatWriting.Context(), events).Span, usageAsked: true);

    private static string ContentOf(ReadOnlyMemory<byte> stream)
    {
        ChatOutcome outcome = ChatValidator.Stream(stream.Span, usageAsked: true);
        Assert.Empty(outcome.Problems);
        return outcome.Choices[0].Content.ToString();
    }

    private static string Text(string text, string? finish = null, bool thought = false) =>
        $$"""{"candidates":[{"content":{"parts":[{"text":"{{text}}"{{(thought ? ",\"thought\":true" : "")}}}]}{{(finish is null ? "" : $",\"finishReason\":\"{finish}\"")}}}]}""";

    private static string Call(string call) => """{"candidates":[{"content":{"parts":[{"functionCall":""" + call + "}]}}]}";

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
}
