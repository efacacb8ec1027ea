using System.Text.Json;

namespace Pollux.Protocols.JsonSchema;

/// <summary>Finds out whether a schema can be sent to Gemini byte for byte, which is the usual case.</summary>
internal static class JsonSchemaInspector
{
    /// <summary>Deeper schemas are not walked: Google refuses them long before.</summary>
    public const int MaxDepth = 64;

    public static bool IsAcceptedAsIs(JsonElement schema, int depth = 0)
    {
        if (schema.ValueKind is not JsonValueKind.Object || depth > MaxDepth)
            return false;
        foreach (var member in schema.EnumerateObject())
        {
            var accepted = SchemaWords.Find(member) switch
            {
                SchemaWord.Plain => member.Value.ValueKind is not JsonValueKind.Null,
                SchemaWord.Type => IsType(member.Value),
                SchemaWord.Enum => IsEnum(member.Value),
                SchemaWord.Required => IsRequired(member.Value, schema),
                SchemaWord.Reference => IsReference(member.Value, schema),
                SchemaWord.Schema => IsFlag(member) || IsAcceptedAsIs(member.Value, depth + 1),
                SchemaWord.SchemaList => AreAcceptedList(member.Value, depth),
                SchemaWord.SchemaMap => AreAcceptedMap(member.Value, depth),
                _ => false,
            };
            if (!accepted)
                return false;
        }
        return true;
    }

    private static bool IsFlag(JsonProperty member) =>
        member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False && member.NameEquals("additionalProperties"u8);

    private static bool IsType(JsonElement type)
    {
        if (type.ValueKind is JsonValueKind.Array)
        {
            foreach (var one in type.EnumerateArray())
                if (one.ValueKind is not JsonValueKind.String || !IsType(one))
                    return false;
            return type.GetArrayLength() > 0;
        }
        return type.ValueKind is JsonValueKind.String
            && (type.ValueEquals("string"u8) || type.ValueEquals("object"u8) || type.ValueEquals("integer"u8) || type.ValueEquals("boolean"u8)
                || type.ValueEquals("array"u8) || type.ValueEquals("number"u8) || type.ValueEquals("null"u8));
    }

    private static bool IsEnum(JsonElement values)
    {
        if (values.ValueKind is not JsonValueKind.Array || values.GetArrayLength() == 0)
            return false;
        foreach (var value in values.EnumerateArray())
            if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
                return false;
        return true;
    }

    private static bool IsRequired(JsonElement names, JsonElement schema)
    {
        if (names.ValueKind is not JsonValueKind.Array)
            return false;
        if (!schema.TryGetProperty("properties"u8, out var properties) || properties.ValueKind is not JsonValueKind.Object)
            return true; // the properties stand elsewhere, as in a branch of anyOf
        foreach (var name in names.EnumerateArray())
            if (name.ValueKind is not JsonValueKind.String || !properties.TryGetProperty(name.GetString()!, out _))
                return false;
        return true;
    }

    // Google: beside $ref nothing may stand but words that begin with a dollar sign.
    private static bool IsReference(JsonElement reference, JsonElement schema)
    {
        if (reference.ValueKind is not JsonValueKind.String || !IsSendableReference(reference.GetString()!))
            return false;
        foreach (var sibling in schema.EnumerateObject())
            if (!sibling.Name.StartsWith('$'))
                return false;
        return true;
    }

    public static bool IsSendableReference(string reference) =>
        reference == "#" || reference.StartsWith("#/$defs/", StringComparison.Ordinal);

    private static bool AreAcceptedList(JsonElement list, int depth)
    {
        if (list.ValueKind is not JsonValueKind.Array)
            return false;
        foreach (var schema in list.EnumerateArray())
            if (!IsAcceptedAsIs(schema, depth + 1))
                return false;
        return true;
    }

    private static bool AreAcceptedMap(JsonElement map, int depth)
    {
        if (map.ValueKind is not JsonValueKind.Object)
            return false;
        foreach (var named in map.EnumerateObject())
            if (!IsAcceptedAsIs(named.Value, depth + 1))
                return false;
        return true;
    }
}
