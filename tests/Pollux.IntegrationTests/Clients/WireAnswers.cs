using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;

namespace Pollux.IntegrationTests.Clients;

/// <summary>Answers of the upstream whose every number is known.</summary>
internal static class WireAnswers
{
    /// <summary>The picture that the clients send.</summary>
    public const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

    private const string UsageMetadata =
        """{"promptTokenCount":11,"candidatesTokenCount":7,"thoughtsTokenCount":24,"totalTokenCount":42}""";

    /// <summary>The usage of these answers as clients count it.</summary>
    public static ClientUsage Usage { get; } = new(Prompt: 11, Completion: 31, Thoughts: 24, Total: 42);

    /// <summary>A whole answer.</summary>
    public static FakeReply Whole(string text) => FakeReply.Raw(200, "application/json; charset=UTF-8", Encoding.UTF8.GetBytes(Event(text, last: true)));

    /// <summary>A stream with one event for each piece, framed as Google does.</summary>
    public static FakeReply Stream(params string[] pieces) => FakeReply.Raw(
        200,
        "text/event-stream",
        [.. pieces.Select((piece, index) => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"data: {Event(piece, last: index == pieces.Length - 1)}\r\n\r\n"))]);

    /// <summary>A text in pieces, to be broken off.</summary>
    public static FakeReply Text(params string[] pieces) => FakeReply.TextInPieces(pieces);

    private static string Event(string text, bool last)
    {
        string finish = last ? ",\"finishReason\":\"STOP\"" : "";
        string usage = last ? UsageMetadata : """{"promptTokenCount":11,"totalTokenCount":11}""";
        return $$"""{"candidates":[{"content":{"parts":[{"text":{{JsonValue.Create(text).ToJsonString()}}}],"role":"model"}{{finish}},"index":0}],"usageMetadata":{{usage}},"modelVersion":"gemini-3.5-flash","responseId":"answer-1"}""";
    }
}
