using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>How a client asks for an answer.</summary>
internal enum ReplayForm
{
    NativeUnary,
    NativeEvents,
    NativeArray,
    ChatWhole,
    ChatStream,
}

/// <summary>
/// Puts a recording into the form that the upstream is asked for: its own bytes where the forms agree; else the same events
/// in the other framing, and for a stream that is asked for whole, one answer with all its parts.
/// </summary>
internal static class ReplayForms
{
    public static ReplayForm[] All { get; } = Enum.GetValues<ReplayForm>();

    /// <summary>The form in which the gateway asks the upstream.</summary>
    public static RecordedForm Upstream(ReplayForm form) => form switch
    {
        ReplayForm.NativeUnary or ReplayForm.ChatWhole => RecordedForm.Unary,
        ReplayForm.NativeArray => RecordedForm.Array,
        _ => RecordedForm.Events,
    };

    /// <summary>The bytes that the upstream sends, event by event.</summary>
    public static IReadOnlyList<byte[]> Pieces(RecordedAnswer recording, RecordedForm form)
    {
        if (recording.Form == form || recording.Events is null || recording.Status >= 400)
            return [recording.Bytes];

        return form switch
        {
            RecordedForm.Unary => [Utf8(Merge(recording.Events).ToJsonString())],
            RecordedForm.Events => [.. recording.Events.Select(item => Utf8($"data: {JsonSerializer.Serialize(item)}\r\n\r\n"))],
            _ => [.. recording.Payloads.Select((payload, i) => (byte[])[.. Utf8(i == 0 ? "[" : ",\r\n"), .. payload, .. Utf8(i == recording.Payloads.Count - 1 ? "\n]" : "")])],
        };
    }

    /// <summary>The same as a reply of the fake.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="form">The form that is asked for.</param>
    /// <param name="pieceBytes">Sends pieces of so many bytes instead of events; 0 for events.</param>
    public static FakeReply Reply(RecordedAnswer recording, RecordedForm form, int pieceBytes)
    {
        IReadOnlyList<byte[]> events = Pieces(recording, form);
        string type = form == RecordedForm.Events && recording.Status < 400 ? "text/event-stream"
            : recording.Bytes.AsSpan().StartsWith("<"u8) ? "text/html; charset=UTF-8"
            : "application/json; charset=UTF-8";
        IEnumerable<byte[]> pieces = pieceBytes > 0 ? events.SelectMany(item => item).Chunk(pieceBytes) : events;
        return FakeReply.Raw(recording.Status, type, [.. pieces.Select(piece => (ReadOnlyMemory<byte>)piece)]);
    }

    private static JsonObject Merge(IReadOnlyList<JsonElement> events)
    {
        var whole = new JsonObject();
        foreach (JsonElement item in events)
        {
            if (JsonNode.Parse(item.GetRawText()) is not JsonObject next)
                continue;
            foreach ((string name, JsonNode? value) in next.ToArray())
            {
                next.Remove(name);
                if (name == "candidates")
                    MergeCandidates(whole, value!.AsArray());
                else if (name == "usageMetadata" && whole[name] is JsonObject usage)
                    MergeUsage(usage, value!.AsObject());
                else
                    whole[name] = value;
            }
        }

        return whole;
    }

    private static void MergeUsage(JsonObject usage, JsonObject later)
    {
        foreach ((string name, JsonNode? value) in later.ToArray())
        {
            later.Remove(name);
            usage[name] = value;
        }
    }

    private static void MergeCandidates(JsonObject whole, JsonArray candidates)
    {
        JsonArray all = whole["candidates"] as JsonArray ?? [];
        whole["candidates"] = all;
        foreach (JsonNode? node in candidates.ToArray())
        {
            JsonObject candidate = node!.AsObject();
            candidates.Remove(candidate);
            JsonObject? earlier = all.Select(other => other!.AsObject()).FirstOrDefault(other => Index(other) == Index(candidate));
            if (earlier is null)
            {
                all.Add(candidate);
                continue;
            }

            foreach ((string name, JsonNode? value) in candidate.ToArray())
            {
                candidate.Remove(name);
                if (name == "content" && earlier["content"] is JsonObject content)
                    AddParts(content, value?["parts"] as JsonArray);
                else
                    earlier[name] = value;
            }
        }
    }

    private static void AddParts(JsonObject content, JsonArray? parts)
    {
        JsonArray all = content["parts"] as JsonArray ?? [];
        content["parts"] = all;
        foreach (JsonNode? part in parts?.ToArray() ?? [])
        {
            parts!.Remove(part);
            all.Add(part);
        }
    }

    private static int Index(JsonObject candidate) => candidate["index"]?.GetValue<int>() ?? 0;

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
