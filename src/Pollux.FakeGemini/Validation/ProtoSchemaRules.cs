using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>Schemas in the proto form. The reader has already refused unknown keywords; here stands what the known ones may say.</summary>
internal static class ProtoSchemaRules
{
    /// <summary>The rules of the proto form.</summary>
    public static void Check(FakeModel model, JsonObject schema, string path, Findings findings)
    {
        string? type = schema.Text("type");
        JsonObject? properties = schema.Child("properties");
        if (type is null or "TYPE_UNSPECIFIED" && !schema.Has("anyOf")) findings.AddField(path + ".type", "must be specified");
        if (type == "ARRAY" && !schema.Has("items")) findings.AddField(path + ".items", "missing field.");
        if (type != "OBJECT" && properties is { Count: > 0 }) findings.AddField(path + ".properties", "only allowed for OBJECT type");
        if (type == "OBJECT" && properties is null or { Count: 0 } && model.Generation < 2)
            findings.AddField(path + ".properties", "should be non-empty for OBJECT type");
        if (type == "STRING" && schema.Text("format") is { Length: > 0 } format && format is not ("enum" or "date-time"))
            findings.AddField(path + ".format", "only 'enum' and 'date-time' are supported for STRING type");
        if (schema.Has("anyOf") && schema.Count > 1 && model.Generation < 2)
            findings.AddField(path + ".any_of", "when using any_of, it must be the only field set");
        CheckEnum(schema, type, path, findings);
        CheckRequired(schema, properties, path, findings);

        if (properties is not null)
        {
            foreach ((string name, JsonNode? property) in properties)
                Check(model, (JsonObject)property!, $"{path}.properties[{name}]", findings);
        }

        if (schema.Child("items") is { } items) Check(model, items, path + ".items", findings);
        int index = 0;
        foreach (JsonObject choice in schema.Messages("anyOf")) Check(model, choice, $"{path}.any_of[{index++}]", findings);
    }

    private static void CheckEnum(JsonObject schema, string? type, string path, Findings findings)
    {
        int index = 0;
        foreach (string value in schema.Texts("enum"))
        {
            if (index == 0 && type is not ("STRING" or null)) findings.AddField(path + ".enum", "only allowed for STRING type");
            if (value.Length == 0) findings.AddField($"{path}.enum[{index}]", "cannot be empty");
            index++;
        }
    }

    private static void CheckRequired(JsonObject schema, JsonObject? properties, string path, Findings findings)
    {
        int index = 0;
        foreach (string name in schema.Texts("required"))
        {
            if (properties?.ContainsKey(name) != true) findings.AddField($"{path}.required[{index}]", "property is not defined");
            index++;
        }
    }
}
