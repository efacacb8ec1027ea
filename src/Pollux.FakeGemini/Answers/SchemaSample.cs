using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Answers;

/// <summary>
/// The plainest value that fits a schema of either form. It reads types, enums, choices, references and bounds;
/// patterns it does not.
/// </summary>
internal static class SchemaSample
{
    // Below this depth only required properties are made, which ends recursion in every schema that can be met at all.
    private const int DeepestOptional = 4;
    private const int Deepest = 32;

    /// <summary>A value for the schema; an empty object when there is none.</summary>
    public static JsonNode? For(JsonNode? schema) => schema is null ? new JsonObject() : Make(schema, schema, 0);

    private static JsonNode? Make(JsonNode? node, JsonNode root, int depth)
    {
        if (node is not JsonObject schema || depth > Deepest) return new JsonObject();
        if (schema.Text("$ref") is { } reference) return Make(Resolve(root, reference), root, depth + 1);
        if (schema["default"] is { } given) return given.DeepClone();
        if (schema["enum"] is JsonArray { Count: > 0 } values) return values[0]?.DeepClone();
        if ((schema["anyOf"] ?? schema["oneOf"]) is JsonArray { Count: > 0 } choices) return Make(choices[0], root, depth + 1);
        return TypeOf(schema) switch
        {
            "object" => MakeObject(schema, root, depth),
            "array" => MakeArray(schema, root, depth),
            "string" => MakeString(schema),
            "integer" => JsonValue.Create((long)Math.Ceiling(schema.Number("minimum") ?? Math.Min(1, schema.Number("maximum") ?? 1))),
            "number" => JsonValue.Create(schema.Number("minimum") ?? Math.Min(1.5, schema.Number("maximum") ?? 1.5)),
            "boolean" => JsonValue.Create(true),
            _ => null,
        };
    }

    private static string TypeOf(JsonObject schema)
    {
        JsonNode? type = schema["type"] is JsonArray { Count: > 0 } several ? several[0] : schema["type"];
        if (type is JsonValue value && value.TryGetValue(out string? name)) return name.ToLowerInvariant();
        return schema.Has("properties") ? "object" : schema.Has("items") || schema.Has("prefixItems") ? "array" : "string";
    }

    private static JsonObject MakeObject(JsonObject schema, JsonNode root, int depth)
    {
        JsonObject made = [];
        HashSet<string> required = schema["required"] is JsonArray ? [.. schema.Texts("required")] : [];
        foreach ((string name, JsonNode? property) in schema.Child("properties") ?? [])
        {
            if (depth < DeepestOptional || required.Contains(name)) made[name] = Make(property, root, depth + 1);
        }

        return made;
    }

    private static JsonArray MakeArray(JsonObject schema, JsonNode root, int depth)
    {
        JsonArray made = [];
        if (schema["prefixItems"] is JsonArray prefix)
        {
            foreach (JsonNode? item in prefix) made.Add(Make(item, root, depth + 1));
        }

        long least = schema.Integer("minItems") ?? (depth < DeepestOptional ? 1 : 0);
        long most = schema.Integer("maxItems") ?? long.MaxValue;
        while (made.Count < Math.Min(least, most) && schema["items"] is { } items) made.Add(Make(items, root, depth + 1));
        return made;
    }

    private static JsonValue MakeString(JsonObject schema)
    {
        string text = schema.Text("format") switch
        {
            "date-time" => "2026-01-02T03:04:05Z",
            "date" => "2026-01-02",
            "time" => "03:04:05Z",
            _ => "sample",
        };
        int least = (int)(schema.Integer("minLength") ?? 0);
        int most = (int)(schema.Integer("maxLength") ?? int.MaxValue);
        text = text.PadRight(least, 'x');
        return JsonValue.Create(text[..Math.Min(text.Length, most)]);
    }

    private static JsonNode? Resolve(JsonNode root, string reference)
    {
        JsonNode? found = root;
        foreach (string step in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries)) found = (found as JsonObject)?[step];
        return found;
    }
}
