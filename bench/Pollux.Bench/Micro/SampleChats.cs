using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Pollux.Bench.Micro;

/// <summary>Chat requests as clients send them.</summary>
internal static class SampleChats
{
    private const int Tools = 60;
    private const int Turns = 200;

    /// <summary>A question.</summary>
    public static byte[] Small { get; } =
        """{"model":"gemini-3.5-flash","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Who were Castor and Pollux?"}],"temperature":0.7,"max_tokens":256}"""u8.ToArray();

    /// <summary>An agent late in its work: some 100 kB with 60 tools and 200 turns, every second of them a call and its result.</summary>
    public static byte[] Large { get; } = MakeLarge();

    private static byte[] MakeLarge()
    {
        ArrayBufferWriter<byte> output = new();
        using (Utf8JsonWriter json = new(output))
        {
            json.WriteStartObject();
            json.WriteString("model", "gemini-3.5-flash");
            json.WriteStartArray("tools");
            for (int i = 0; i < Tools; i++)
                WriteTool(json, i);
            json.WriteEndArray();
            json.WriteStartArray("messages");
            for (int turn = 0; turn < Turns / 4; turn++)
                WriteFourTurns(json, turn);
            json.WriteStartObject();
            json.WriteString("role", "user");
            json.WriteString("content", "Go on.");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteTool(Utf8JsonWriter json, int number)
    {
        string name = ToolName(number);
        json.WriteRawValue(
            $$$$$$"""
            {"type":"function","function":{"name":"{{{{{{name}}}}}}","description":"Reads or changes part {{{{{{number}}}}}} of the project. Give a path below its root.","parameters":{"type":"object","properties":{"path":{"type":"string","description":"Path below the root of the project"},"lines":{"type":"array","items":{"type":"integer","minimum":1},"description":"First and last line"},"mode":{"type":"string","enum":["read","write","append"],"description":"What to do"},"options":{"type":"object","properties":{"recursive":{"type":"boolean","default":false},"limit":{"type":["integer","null"]}},"additionalProperties":false}},"required":["path","mode"],"additionalProperties":false}}}
            """);
    }

    /// <summary>A question, a call, its result, and the answer.</summary>
    private static void WriteFourTurns(Utf8JsonWriter json, int number)
    {
        string sentence = string.Create(CultureInfo.InvariantCulture, $"Step {number}: look at the file, tell what you find in it and what follows for the next step. ");
        string id = string.Create(CultureInfo.InvariantCulture, $"call_{number}");
        json.WriteRawValue($$"""{"role":"user","content":"{{sentence + sentence}}"}""");
        json.WriteRawValue($$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"{{{id}}}","type":"function","function":{"name":"{{{ToolName(number)}}}","arguments":"{\"path\":\"src/part{{{number}}}.cs\",\"mode\":\"read\"}"}}]}""");
        json.WriteRawValue($$"""{"role":"tool","tool_call_id":"{{id}}","content":"{{string.Concat(Enumerable.Repeat("line of text \\\"quoted\\\"\\n", 25))}}"}""");
        json.WriteRawValue($$"""{"role":"assistant","content":"{{sentence}}"}""");
    }

    private static string ToolName(int number) => string.Create(CultureInfo.InvariantCulture, $"project_part_{number % Tools}");
}
