using System.Buffers;
using System.Text;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Tests.Protocols.Answers;

/// <summary>STR-1, STR-2: an answer is cut into events that Google might have sent.</summary>
public sealed class AnswerPiecesTests
{
    private const string Tail = ""","usageMetadata":{"totalTokenCount":9},"modelVersion":"m","responseId":"r"}""";

    public static TheoryData<string, int, string[]> Cases => new()
    {
        {
            """{ "candidates": [ { "content": { "parts": [ { "text": "one two" } ], "role": "model" }, "finishReason": "STOP" } ]""" + Tail, 3,
            [
                One("""{"text":"one"}"""), One("""{"text":" tw"}"""),
                """{"candidates":[{"content":{"parts":[{"text":"o"}],"role":"model"},"finishReason":"STOP"}]""" + Tail,
            ]
        },
        { // the signature stays on the last piece, and so does a member that nobody knows
            """{"candidates":[{"content":{"parts":[{"text":"abcd","thoughtSignature":"c2ln","new":[1, 2]}]},"finishReason":"STOP"}]""" + Tail, 2,
            [
                One("""{"text":"ab"}"""),
                """{"candidates":[{"content":{"parts":[{"text":"cd","thoughtSignature":"c2ln","new":[1,2]}]},"finishReason":"STOP"}]""" + Tail,
            ]
        },
        { // thoughts and calls are whole, in their order; calls side by side stay so
            """{"candidates":[{"content":{"parts":[{"text":"thinking","thought":true},{"text":"abc"},{"functionCall":{"name":"f","args":{"x": "a b"}}}, {"functionCall":{"name":"g"}}]},"finishReason":"STOP"}]""" + Tail, 2,
            [
                One("""{"text":"thinking","thought":true}"""), One("""{"text":"ab"}"""), One("""{"text":"c"}"""),
                """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"x":"a b"}}},{"functionCall":{"name":"g"}}]},"finishReason":"STOP"}]""" + Tail,
            ]
        },
        { // the same before something else
            """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}},{"functionCall":{"name":"g"}},{"text":""}]},"finishReason":"STOP"}]""" + Tail, 2,
            [
                One("""{"functionCall":{"name":"f"}},{"functionCall":{"name":"g"}}"""),
                """{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]""" + Tail,
            ]
        },
        { // an empty text that carries a signature is a part of its own
            """{"candidates":[{"content":{"parts":[{"text":"ab"},{"text":"","thoughtSignature":"c2ln"}]},"finishReason":"STOP"}]""" + Tail, 5,
            [One("""{"text":"ab"}"""), """{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"c2ln"}]},"finishReason":"STOP"}]""" + Tail]
        },
        { // two candidates: how they ended is told once both are there
            """{"candidates":[{"content":{"parts":[{"text":"abc"}]},"finishReason":"STOP","index":0},{"content":{"parts":[{"text":"xy"}]},"finishReason":"MAX_TOKENS","index":1}]""" + Tail, 2,
            [
                One("""{"text":"ab"}"""), One("""{"text":"c"}"""),
                """{"candidates":[{"content":{"parts":[]},"finishReason":"STOP","index":0},{"content":{"parts":[{"text":"xy"}]},"finishReason":"MAX_TOKENS","index":1}]""" + Tail,
            ]
        },
        { // the second was withheld
            """{"candidates":[{"content":{"parts":[{"text":"abc"}]},"finishReason":"STOP","index":0},{"finishReason":"SAFETY","index":1}]""" + Tail, 2,
            [
                One("""{"text":"ab"}"""),
                """{"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP","index":0},{"finishReason":"SAFETY","index":1}]""" + Tail,
            ]
        },
        { """{"promptFeedback": {"blockReason": "SAFETY"} }""", 5, ["""{"promptFeedback":{"blockReason":"SAFETY"}}"""] },
        { """{"candidates":[{"finishReason":"SAFETY"}]}""", 5, ["""{"candidates":[{"finishReason":"SAFETY"}]}"""] },
        { """{"candidates":[{"content":{"parts":[{"text":"abc"}]}}]}""", 5, ["""{"candidates":[{"content":{"parts":[{"text":"abc"}]}}]}"""] },
        { // escapes are understood, so that a character is one
            """{"candidates":[{"content":{"parts":[{"text":"\u4e2d\n\ud83d\ude00\"<"}]}}],"responseId":"r"}""", 1,
            [
                """{"candidates":[{"content":{"parts":[{"text":"中"}],"role":"model"},"index":0}],"responseId":"r"}""",
                """{"candidates":[{"content":{"parts":[{"text":"\n"}],"role":"model"},"index":0}],"responseId":"r"}""",
                """{"candidates":[{"content":{"parts":[{"text":"\uD83D\uDE00"}],"role":"model"},"index":0}],"responseId":"r"}""",
                """{"candidates":[{"content":{"parts":[{"text":"\""}],"role":"model"},"index":0}],"responseId":"r"}""",
                """{"candidates":[{"content":{"parts":[{"text":"<"}]}}],"responseId":"r"}""",
            ]
        },
        { // half a character survives only as it came
            """{"candidates":[{"content":{"parts":[{"text":"ab\ud83d"}]}}]}""", 1, ["""{"candidates":[{"content":{"parts":[{"text":"ab\ud83d"}]}}]}"""]
        },
        { // nobody can say which parts are meant
            """{"candidates":[{"content":{"parts":[{"text":"ab"}]},"content":{"parts":[{"text":"cd"}]}}]}""", 1,
            ["""{"candidates":[{"content":{"parts":[{"text":"ab"}]},"content":{"parts":[{"text":"cd"}]}}]}"""]
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_answer_is_cut(string answer, int characters, string[] events)
    {
        using var pieces = new AnswerPieces();

        Assert.Equal(events.Select(Plain), Cut(pieces, answer, characters).Select(Plain));
        Assert.Equal(events.Select(Plain), Cut(pieces, answer, characters).Select(Plain)); // and again with the same object
    }

    [Fact]
    public void What_is_left_is_counted_in_characters_of_visible_text()
    {
        using var pieces = new AnswerPieces();
        pieces.Begin(Read("""{"candidates":[{"content":{"parts":[{"text":"thoughts","thought":true},{"text":"a👨‍👩‍👧b"},{"text":"cd"}]}}]}"""));
        var left = new List<int> { pieces.Characters };
        while (pieces.HasMore)
        {
            pieces.Write(2, new ArrayBufferWriter<byte>());
            left.Add(pieces.Characters);
        }

        Assert.Equal([5, 5, 3, 2, 0], left);
    }

    /// <summary>The raw text of an event, in one spelling of its characters.</summary>
    private static string Plain(string json) => json.Replace("\\u0022", "\\\"", StringComparison.Ordinal);

    private static string One(string part) => $$"""{"candidates":[{"content":{"parts":[{{part}}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"r"}""";

    private static List<string> Cut(AnswerPieces pieces, string answer, int characters)
    {
        var events = new List<string>();
        pieces.Begin(Read(answer));
        while (pieces.HasMore)
        {
            var output = new ArrayBufferWriter<byte>();
            pieces.Write(characters, output);
            events.Add(Encoding.UTF8.GetString(output.WrittenSpan));
            _ = JsonElement.Parse(output.WrittenSpan); // well-formed
        }

        return events;
    }

    private static Answer Read(string json)
    {
        var answer = new Answer();
        Assert.True(AnswerReader.TryRead(Encoding.UTF8.GetBytes(json), answer));
        return answer;
    }
}
