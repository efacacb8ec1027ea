using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Serving;

/// <summary>The form in which an answer was asked for.</summary>
internal enum ReplyForm
{
    /// <summary>One JSON object.</summary>
    Unary,

    /// <summary>Server-sent events: <c>alt=sse</c>.</summary>
    Events,

    /// <summary>One JSON array, streamed piece by piece: streaming without <c>alt=sse</c>.</summary>
    Array,
}

/// <summary>Frames answers and errors as Google does in each form.</summary>
internal static class ReplyFraming
{
    public const string Json = "application/json; charset=UTF-8";
    public const string EventStream = "text/event-stream";

    public static ReplyForm FormOf(ReceivedRequest request) => request.Action != "streamGenerateContent" ? ReplyForm.Unary
        : request.WantsEvents ? ReplyForm.Events
        : ReplyForm.Array;

    /// <summary>The pieces of a good answer, one for each event.</summary>
    public static List<ReadOnlyMemory<byte>> Frame(ReplyForm form, IReadOnlyList<JsonObject> events)
    {
        List<ReadOnlyMemory<byte>> pieces = new(events.Count);
        for (int i = 0; i < events.Count; i++)
        {
            pieces.Add(form switch
            {
                ReplyForm.Events => Event(events[i]),
                ReplyForm.Array => Join(i == 0 ? "[" : "\n,\n", events[i], i == events.Count - 1 ? "\n]" : ""),
                _ => Join("", events[i], "\n"),
            });
        }

        return pieces;
    }

    /// <summary>The whole body of an error before the first byte: an array where an array was asked for.</summary>
    public static byte[] FrameError(GoogleError error, bool inArray) =>
        inArray ? Join("[", error.ToJson(), "\n]\n") : Join("", error.ToJson(), "\n");

    /// <summary>An error after good events. A bare one has no framing at all, whatever stands before it.</summary>
    public static byte[] FrameLateError(ReplyForm form, GoogleError error, bool bare) => (form, bare) switch
    {
        (ReplyForm.Array, _) => Join("\n,\n", error.ToJson(), "\n]"),
        (ReplyForm.Events, false) => Event(error.ToJson()),
        _ => Join("", error.ToJson(), "\n"),
    };

    private static byte[] Event(JsonObject json) => [.. "data: "u8, .. GoogleJson.OneLine(json), .. "\r\n\r\n"u8];

    private static byte[] Join(string before, JsonObject json, string after) =>
        [.. Encoding.UTF8.GetBytes(before), .. GoogleJson.Pretty(json), .. Encoding.UTF8.GetBytes(after)];
}
