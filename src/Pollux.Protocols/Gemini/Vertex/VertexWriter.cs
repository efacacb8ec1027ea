using System.Runtime.InteropServices;
using System.Text.Json;

namespace Pollux.Protocols.Gemini.Vertex;

/// <summary>Writes a request anew without what Vertex AI does not know and with the roles it wants. Values are copied as they are.</summary>
internal static class VertexWriter
{
    /// <summary>Writes <paramref name="request"/>.</summary>
    public static void Write(JsonElement request, bool isCount, Utf8JsonWriter writer) => Write(request, VertexPlace.Request, isCount, inContents: false, writer);

    /// <summary>The role to write instead of what stands there, or does not; <see langword="null"/>: it stays.</summary>
    public static string? RoleOf(JsonElement content)
    {
        if (!content.TryGetProperty("role", out JsonElement role) || role.ValueKind is JsonValueKind.Null)
            return "user"; // as the Gemini API reads it
        return role.ValueKind == JsonValueKind.String && (role.ValueEquals("function"u8) || role.ValueEquals(""u8)) ? "user" : null;
    }

    private static void Write(JsonElement element, VertexPlace place, bool isCount, bool inContents, Utf8JsonWriter writer)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement one in element.EnumerateArray())
                {
                    if (!VertexFields.IsEmptied(place, one))
                        Write(one, place, isCount, inContents, writer);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                WriteObject(element, place, isCount, inContents, writer);
                break;
            default:
                WriteRaw(element, writer);
                break;
        }
    }

    private static void WriteObject(JsonElement element, VertexPlace place, bool isCount, bool inContents, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        string? role = place == VertexPlace.Content && inContents ? RoleOf(element) : null;
        if (role is not null)
            writer.WriteString("role"u8, role);
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (VertexFields.IsUnknown(place, member.Name, isCount) || (role is not null && member.NameEquals("role"u8)))
                continue;
            writer.WritePropertyName(member.Name);
            if (VertexFields.Below(place, member.Name) is { } below)
                Write(member.Value, below, isCount, inContents: member.NameEquals("contents"u8), writer);
            else
                WriteRaw(member.Value, writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>The bytes as they came: no string is made of a picture.</summary>
    private static void WriteRaw(JsonElement value, Utf8JsonWriter writer) => writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
}
