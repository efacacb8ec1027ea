using System.Text;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.Tests.Protocols.Answers;

/// <summary>The validator that the replays rely on sees what is wrong.</summary>
public sealed class ChatValidatorTests
{
    private const string Good =
        """
        data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}

        data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]}

        data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

        data: [DONE]


        """;

    [Fact]
    public void A_good_stream_has_no_problems() => Assert.Empty(Read(Good).Problems);

    [Theory]
    [InlineData("\"id\":\"x\"", "\"id\":\"\"", "empty or repeated")]
    [InlineData("\"arguments\":\"{}\"", "\"arguments\":\"{\"", "no JSON")]
    [InlineData("\"name\":\"f\"", "\"name\":\"\"", "without a name")]
    [InlineData("[{\"index\":0,\"id\"", "[{\"index\":1,\"id\"", "call index 1 where 0")]
    [InlineData("\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"stop\"", "says stop and has calls")]
    [InlineData("\"finish_reason\":\"tool_calls\"", "\"finish_reason\":null", "has no finish reason")]
    [InlineData("\"content\":\"a\"},\"finish_reason\":null", "\"content\":\"a\"},\"finish_reason\":\"stop\"", "goes on after its finish")]
    [InlineData("\"role\":\"assistant\",", "", "the role must stand")]
    [InlineData("data: [DONE]", "data: {}", "ends without [DONE]")]
    [InlineData("data: [DONE]", "data: {\"error\":{\"message\":\"x\",\"type\":\"y\"}}\n\ndata: [DONE]", "follows the end")]
    [InlineData("\"content\":\"a\"", "\"content\":\"\\ud83d\"", "no valid text")]
    [InlineData("data: [DONE]\n\n", "data: [DONE]", "not complete")]
    public void A_broken_stream_is_seen(string good, string bad, string problem)
    {
        int at = Good.IndexOf(good, StringComparison.Ordinal);
        ChatOutcome outcome = Read(Good[..at] + bad + Good[(at + good.Length)..].TrimEnd('\n') + (bad.EndsWith('\n') || good.EndsWith('\n') ? "" : "\n\n"));
        Assert.Contains(outcome.Problems, text => text.Contains(problem, StringComparison.Ordinal));
    }

    private static ChatOutcome Read(string stream) => ChatValidator.Stream(Encoding.UTF8.GetBytes(stream), usageAsked: false);
}
