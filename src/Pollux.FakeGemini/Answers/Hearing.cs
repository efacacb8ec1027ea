using System.Text.Json.Nodes;
using Pollux.FakeGemini.Messages;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Answers;

/// <summary>What the fake makes of sound: a transcript that follows from the recording alone, with times where a schema asks for them.</summary>
internal static class Hearing
{
    private const double SecondsPerSegment = 1.5;

    /// <summary>What is said in the first recording of a turn; null when there is none.</summary>
    public static string? Transcript(JsonObject turn)
    {
        foreach (JsonObject part in turn.Messages("parts"))
        {
            if (part.Child("inlineData") is { } inline && inline.Text("mimeType") is { } type && type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase))
                return $"This is {type}. It has {SizeOf(inline.Text("data") ?? "")} bytes.";
        }

        return null;
    }

    /// <summary>The transcript in segments, when the schema has them; else null.</summary>
    public static JsonObject? Segments(string transcript, JsonNode? schema)
    {
        JsonObject? properties = (schema as JsonObject)?.Child("properties");
        if (properties is null || !properties.Has("segments")) return null;
        JsonObject answer = new() { ["language"] = "english", ["segments"] = Timed(transcript.Split(". "), "text", SecondsPerSegment) };
        if (properties.Has("words")) answer["words"] = Timed(transcript.Split(' '), "word", 0.25);
        return answer;
    }

    private static JsonArray Timed(string[] pieces, string member, double seconds)
    {
        JsonArray list = [];
        for (int i = 0; i < pieces.Length; i++)
            list.Add(new JsonObject { ["start"] = i * seconds, ["end"] = (i + 1) * seconds, [member] = i < pieces.Length - 1 && member == "text" ? pieces[i] + "." : pieces[i] });
        return list;
    }

    private static int SizeOf(string base64) => Base64Text.TryDecode(base64, out byte[] bytes) ? bytes.Length : 0;
}
