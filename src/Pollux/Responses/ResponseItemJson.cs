using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pollux.Responses;

/// <summary>Reads and writes lists of items as JSON, without understanding more of them than their ids.</summary>
internal static class ResponseItemJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The elements of a JSON list.</summary>
    public static List<ReadOnlyMemory<byte>> ElementsOf(ReadOnlyMemory<byte> list)
    {
        var elements = new List<ReadOnlyMemory<byte>>();
        var reader = new Utf8JsonReader(list.Span, new JsonReaderOptions { MaxDepth = 256 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            return elements;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            elements.Add(list[start..(int)reader.BytesConsumed]);
        }

        return elements;
    }

    /// <summary>A member of a JSON object.</summary>
    /// <returns>Empty: there is none.</returns>
    public static ReadOnlyMemory<byte> MemberOf(ReadOnlyMemory<byte> json, string name)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = 256 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool found = reader.ValueTextEquals(name);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (found)
                return json[start..(int)reader.BytesConsumed];
        }

        return default;
    }

    /// <summary>A member of a JSON object, if it is a text.</summary>
    public static string? TextOf(ReadOnlyMemory<byte> json, string name)
    {
        ReadOnlyMemory<byte> member = MemberOf(json, name);
        var reader = new Utf8JsonReader(member.Span);
        return !member.IsEmpty && reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
    }

    /// <summary>What a request brought, as a list of items that each have an id, a type, and content in parts.</summary>
    /// <param name="input">A JSON string or a list.</param>
    /// <param name="skip">Items at the begin that belong to earlier responses.</param>
    /// <param name="responseId">The response that the ids are made of.</param>
    public static byte[] Normalize(ReadOnlyMemory<byte> input, int skip, string responseId)
    {
        var output = new ArrayBufferWriter<byte>(input.Length + 256);
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartArray();
        if (input.Span[0] == (byte)'"')
        {
            WriteMessage(json, IdOf(responseId, 0), input);
        }
        else
        {
            List<ReadOnlyMemory<byte>> items = ElementsOf(input);
            for (int i = skip; i < items.Count; i++)
                WriteItem(json, items[i], IdOf(responseId, i - skip));
        }

        json.WriteEndArray();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>An object without some of its members, in itself and in its items.</summary>
    public static byte[] Without(ReadOnlyMemory<byte> json, string member)
    {
        var node = System.Text.Json.Nodes.JsonNode.Parse(json.Span)!;
        foreach (System.Text.Json.Nodes.JsonNode? item in node["output"] as System.Text.Json.Nodes.JsonArray ?? [])
            (item as System.Text.Json.Nodes.JsonObject)?.Remove(member);
        var output = new ArrayBufferWriter<byte>(json.Length);
        using var writer = new Utf8JsonWriter(output, Options);
        node.WriteTo(writer);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static string IdOf(string responseId, int index) => $"msg_{responseId.AsSpan(StoredResponse.IdPrefix.Length)}i{index:x4}";

    private static void WriteItem(Utf8JsonWriter json, ReadOnlyMemory<byte> item, string id)
    {
        string? type = TextOf(item, "type");
        bool isMessage = type is null or "message";
        bool isOwn = TextOf(item, "role") is "assistant";
        json.WriteStartObject();
        json.WriteString("id"u8, TextOf(item, "id") is { Length: > 0 } own ? own : id);
        json.WriteString("type"u8, type ?? "message");
        if (isMessage && MemberOf(item, "status").IsEmpty)
            json.WriteString("status"u8, "completed"u8);
        var reader = new Utf8JsonReader(item.Span, new JsonReaderOptions { MaxDepth = 256 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            JsonTokenType kind = reader.TokenType;
            reader.Skip();
            if (name is "id" or "type")
                continue;
            json.WritePropertyName(name);
            ReadOnlySpan<byte> value = item.Span[start..(int)reader.BytesConsumed];
            if (isMessage && name == "content" && kind == JsonTokenType.String)
                WriteContent(json, isOwn ? "output_text"u8 : "input_text"u8, value, isOwn);
            else
                json.WriteRawValue(value, skipInputValidation: true);
        }

        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, string id, ReadOnlyMemory<byte> text)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("status"u8, "completed"u8);
        json.WriteString("role"u8, "user"u8);
        json.WritePropertyName("content"u8);
        WriteContent(json, "input_text"u8, text.Span, isOwn: false);
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, ReadOnlySpan<byte> type, ReadOnlySpan<byte> text, bool isOwn)
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WritePropertyName("text"u8);
        json.WriteRawValue(text, skipInputValidation: true);
        if (isOwn)
        {
            json.WriteStartArray("annotations"u8);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }
}
