using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>
/// Schemas in real JSON Schema. Google documents a list of keywords and ignores others; what neither the list nor an accepted
/// recording holds may be ignored today and refused tomorrow, so it can be refused here.
/// </summary>
/// <param name="refuseUnverified">Whether keywords that neither the documentation nor an accepted recording knows are refused.</param>
internal sealed class JsonSchemaRules(bool refuseUnverified)
{
    // Documented, then those that accepted recordings held, then what Google's own command-line agent sends.
    private static readonly HashSet<string> JsonKeywords = new(StringComparer.Ordinal)
    {
        "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems",
        "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required", "propertyOrdering",
        "default", "minLength", "maxLength", "pattern", "uniqueItems",
        "$schema",
    };

    private static readonly string[] JsonTypes = ["string", "number", "integer", "boolean", "array", "object", "null"];

    /// <summary>The rules of real JSON Schema. Names of properties are data and never keywords.</summary>
    public void Check(JsonNode schema, string path, Findings findings) => Check(schema, schema, path, findings);

    private void Check(JsonNode? node, JsonNode root, string path, Findings findings)
    {
        if (node is not JsonObject schema)
        {
            // true and false are schemas too.
            if (node is not JsonValue value || !value.TryGetValue(out bool _)) findings.AddField(path, "must be a JSON schema object");
            return;
        }

        CheckType(schema["type"], path, findings);
        CheckReference(schema, root, path, findings);
        foreach ((string keyword, JsonNode? value) in schema)
        {
            if (!JsonKeywords.Contains(keyword) && refuseUnverified)
                findings.AddField(path, $"unsupported JSON schema keyword \"{keyword}\"");
            string place = $"{path}.{keyword}";
            switch (keyword, value)
            {
                case ("properties" or "$defs", JsonObject map):
                    foreach ((string name, JsonNode? inner) in map) Check(inner, root, $"{place}[{name}]", findings);
                    break;
                case ("prefixItems" or "anyOf" or "oneOf", JsonArray list):
                    for (int i = 0; i < list.Count; i++) Check(list[i], root, $"{place}[{i}]", findings);
                    break;
                case ("items" or "additionalProperties", _):
                    Check(value, root, place, findings);
                    break;
                case ("properties" or "$defs" or "prefixItems" or "anyOf" or "oneOf", _):
                    findings.AddField(place, "has the wrong JSON type");
                    break;
                default:
                    break;
            }
        }
    }

    private static void CheckType(JsonNode? type, string path, Findings findings)
    {
        if (type is JsonArray several)
        {
            foreach (JsonNode? one in several) CheckTypeName(one, path, findings);
        }
        else if (type is not null) CheckTypeName(type, path, findings);
    }

    private static void CheckTypeName(JsonNode? type, string path, Findings findings)
    {
        if (type is not JsonValue value || !value.TryGetValue(out string? name) || !JsonTypes.Contains(name, StringComparer.OrdinalIgnoreCase))
            findings.AddField(path + ".type", $"unknown JSON schema type {type?.ToJsonString() ?? "null"}");
    }

    private static void CheckReference(JsonObject schema, JsonNode root, string path, Findings findings)
    {
        if (schema.Text("$ref") is not { } reference) return;

        // A title beside $ref was accepted in a recording, nothing else.
        if (schema.Any(static member => !member.Key.StartsWith('$') && member.Key != "title"))
            findings.AddField(path + ".$ref", "no other keyword may stand beside $ref except those that begin with $");
        const string Definitions = "#/$defs/";
        bool found = reference == "#" ||
            (reference.StartsWith(Definitions, StringComparison.Ordinal) &&
             root is JsonObject top && top.Child("$defs")?.ContainsKey(reference[Definitions.Length..]) == true);
        if (!found) findings.AddField(path + ".$ref", $"cannot resolve \"{reference}\"");
    }
}
