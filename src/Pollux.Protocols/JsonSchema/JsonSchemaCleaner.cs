using System.Text.Json;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.JsonSchema;

/// <summary>
/// Rewrites a JSON Schema with the words that Gemini's JSON Schema fields take. What has an equivalent is rewritten,
/// what only restricts is told in the description, and every loss is reported with its place.
/// </summary>
internal sealed class JsonSchemaCleaner(Utf8JsonWriter writer, JsonElement root, LossReport losses)
{
    // Refers to places outside $defs are copied into place; a schema that does so in circles must not grow without end.
    private const int MaxSchemas = 5000;

    private int _schemas;

    public void Clean(JsonElement schema, SchemaPath path, int depth)
    {
        writer.WriteStartObject();
        if (schema.ValueKind is JsonValueKind.Object && depth <= JsonSchemaInspector.MaxDepth && _schemas++ < MaxSchemas)
            CleanMembers(schema, path, depth);
        else if (schema.ValueKind is not JsonValueKind.True)
            Report(path, LossKind.Dropped, "This is no schema, forbids everything, or is nested too deep.");
        writer.WriteEndObject();
    }

    private void CleanMembers(JsonElement schema, SchemaPath path, int depth)
    {
        var hints = new SchemaHints();
        var reference = ReferenceOf(schema);
        // A reference into the definitions stays one; any other is replaced by what it refers to.
        var stays = reference is not null && JsonSchemaInspector.IsSendableReference(reference);
        var layers = SchemaLayers.Of(schema, root, inlineOuter: reference is not null && !stays, followed: []);
        if (reference is not null && !stays && layers.All.Count == 1)
            Report(path.Word("$ref"), LossKind.Dropped, "The reference leads nowhere inside this schema.");

        ReportForeign(layers, path);
        WritePlain(layers, "$id"u8);
        WritePlain(layers, "$anchor"u8);
        WriteDefinitions(layers, path, depth);
        if (stays && !HasOtherWords(schema))
        {
            writer.WriteString("$ref"u8, reference);
            return;
        }
        if (stays && !layers.TryGet("anyOf"u8, out _)) // nothing may stand beside $ref, so it becomes the only choice
        {
            writer.WriteStartArray("anyOf"u8);
            writer.WriteStartObject();
            writer.WriteString("$ref"u8, reference);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }
        WriteType(layers, path, ref hints);
        WritePlain(layers, "title"u8);
        WritePlain(layers, "format"u8);
        WriteNumbers(layers, path, ref hints);
        WritePlain(layers, "minLength"u8);
        WritePlain(layers, "maxLength"u8);
        WritePlain(layers, "pattern"u8);
        WriteArrayWords(layers, path, depth);
        WriteObjectWords(layers, path, depth);
        WriteChoices(layers, path, depth);
        WritePlain(layers, "default"u8);
        hints.WriteDescription(writer, layers);
    }

    private static string? ReferenceOf(JsonElement schema)
    {
        if (!schema.TryGetProperty("$ref"u8, out var reference) || reference.ValueKind is not JsonValueKind.String)
            return null;
        var address = reference.GetString()!;
        const string Older = "#/definitions/"; // draft 7 and before
        return address.StartsWith(Older, StringComparison.Ordinal) ? string.Concat("#/$defs/", address.AsSpan(Older.Length)) : address;
    }

    private static bool HasOtherWords(JsonElement schema)
    {
        foreach (var member in schema.EnumerateObject())
            if (!member.Name.StartsWith('$') && !member.NameEquals("definitions"u8) && SchemaWords.Find(member) is not SchemaWord.Comment)
                return true;
        return false;
    }

    private void WriteDefinitions(in SchemaLayers layers, SchemaPath path, int depth)
    {
        var definitions = layers.Members("$defs"u8);
        definitions.AddRange(layers.Members("definitions"u8));
        if (definitions.Count == 0)
            return;
        var under = path.Word("$defs");
        writer.WriteStartObject("$defs"u8);
        foreach (var definition in definitions)
        {
            writer.WritePropertyName(definition.Name);
            Clean(definition.Value, under.Property(definition), depth + 1);
        }
        writer.WriteEndObject();
    }

    private void WriteType(in SchemaLayers layers, SchemaPath path, ref SchemaHints hints)
    {
        var types = new List<string>(2);
        if (layers.TryGet("type"u8, out var type))
        {
            foreach (var one in type.ValueKind is JsonValueKind.Array ? [.. type.EnumerateArray()] : new[] { type })
            {
                // Google's own spelling (STRING) reaches us from tools that were once written for Gemini.
                var name = one.ValueKind is JsonValueKind.String ? one.GetString()!.ToLowerInvariant() : "";
                if (!SchemaWords.Types.Contains(name))
                    Report(path.Word("type"), LossKind.Dropped, "JSON Schema has no such type.");
                else if (!types.Contains(name))
                    types.Add(name);
            }
        }
        if (layers.TryGet("nullable"u8, out var nullable) && nullable.ValueKind is JsonValueKind.True && types.Count > 0 && !types.Contains("null"))
            types.Add("null");

        var values = new List<JsonElement>();
        if (layers.TryGet("const"u8, out var constant))
            values.Add(constant);
        else if (layers.TryGet("enum"u8, out var choices) && choices.ValueKind is JsonValueKind.Array)
            values.AddRange(choices.EnumerateArray());

        var sendable = values.FindAll(value => value.ValueKind is JsonValueKind.String or JsonValueKind.Number);
        if (values.Exists(value => value.ValueKind is JsonValueKind.Null) && types.Count > 0 && !types.Contains("null"))
            types.Add("null");
        if (types.Count == 0 && sendable.Count > 0 && sendable.Count == values.Count && sendable.TrueForAll(value => value.ValueKind == sendable[0].ValueKind))
            types.Add(sendable[0].ValueKind is JsonValueKind.String ? "string" : "number");
        if (types.Count == 0 && values is [{ ValueKind: JsonValueKind.True or JsonValueKind.False }])
            types.Add("boolean");

        if (types.Count == 1)
            writer.WriteString("type"u8, types[0]);
        else if (types.Count > 1)
        {
            writer.WriteStartArray("type"u8);
            foreach (var name in types)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
        }
        if (sendable.Count > 0)
        {
            writer.WriteStartArray("enum"u8);
            foreach (var value in sendable)
                value.WriteTo(writer);
            writer.WriteEndArray();
        }
        foreach (var value in values)
        {
            if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Null)
                continue;
            hints.Add("allowed value: ", value); // Gemini's enums hold strings and numbers only
            SchemaHints.Report(losses, path, "enum");
        }
    }

    private void WriteNumbers(in SchemaLayers layers, SchemaPath path, ref SchemaHints hints)
    {
        var whole = layers.TryGet("type"u8, out var type) && type.ValueKind is JsonValueKind.String && type.ValueEquals("integer"u8);
        WriteBound(layers, path, "minimum", "exclusiveMinimum", "greater than ", step: 1, whole, ref hints);
        WriteBound(layers, path, "maximum", "exclusiveMaximum", "less than ", step: -1, whole, ref hints);
        if (layers.TryGet("multipleOf"u8, out var factor))
        {
            hints.Add("multiple of ", factor);
            SchemaHints.Report(losses, path, "multipleOf");
        }
    }

    /// <summary>Above 0 means from 1 on for whole numbers; for others the nearest that can be said, and the rest in words.</summary>
    private void WriteBound(in SchemaLayers layers, SchemaPath path, string word, string exclusiveWord, string words, int step, bool whole, ref SchemaHints hints)
    {
        var hasBound = layers.TryGet(word, out var bound) && bound.ValueKind is JsonValueKind.Number;
        if (!layers.TryGet(exclusiveWord, out var exclusive) || exclusive.ValueKind is JsonValueKind.False)
        {
            if (hasBound)
                WriteValue(word, bound);
            return;
        }
        var limit = exclusive.ValueKind is JsonValueKind.True ? bound : exclusive; // draft 4 has a flag here, later drafts the number
        if (limit.ValueKind is not JsonValueKind.Number)
            return;
        if (whole && limit.TryGetInt64(out var edge) && edge is > long.MinValue and < long.MaxValue)
        {
            writer.WriteNumber(word, edge + step);
            return;
        }
        WriteValue(word, limit);
        hints.Add(words, limit);
        SchemaHints.Report(losses, path, exclusiveWord);
    }

    private void WriteArrayWords(in SchemaLayers layers, SchemaPath path, int depth)
    {
        WritePlain(layers, "minItems"u8);
        WritePlain(layers, "maxItems"u8);
        WritePlain(layers, "uniqueItems"u8);
        if (layers.TryGet("items"u8, out var items))
        {
            if (items.ValueKind is JsonValueKind.Array) // how drafts before 2020 wrote prefixItems
                WriteList("prefixItems", items, path, depth);
            else if (items.ValueKind is not JsonValueKind.True)
            {
                writer.WritePropertyName("items"u8);
                Clean(items, path.Word("items"), depth + 1);
            }
        }
        if (layers.TryGet("prefixItems"u8, out var prefix) && prefix.ValueKind is JsonValueKind.Array)
            WriteList("prefixItems", prefix, path, depth);
    }

    private void WriteObjectWords(in SchemaLayers layers, SchemaPath path, int depth)
    {
        var properties = layers.Members("properties"u8);
        var said = layers.TryGet("properties"u8, out _);
        if (said)
        {
            var under = path.Word("properties");
            writer.WriteStartObject("properties"u8);
            foreach (var property in properties)
            {
                writer.WritePropertyName(property.Name);
                Clean(property.Value, under.Property(property), depth + 1);
            }
            writer.WriteEndObject();
        }
        var required = layers.Required();
        if (said && required.RemoveAll(name => !properties.Exists(property => property.NameEquals(name))) > 0)
            Report(path.Word("required"), LossKind.Changed, "Names without a property were taken out.");
        if (required.Count > 0)
        {
            writer.WriteStartArray("required"u8);
            foreach (var name in required)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
        }
        if (layers.TryGet("additionalProperties"u8, out var additional))
        {
            writer.WritePropertyName("additionalProperties"u8);
            if (additional.ValueKind is JsonValueKind.True or JsonValueKind.False)
                additional.WriteTo(writer);
            else
                Clean(additional, path.Word("additionalProperties"), depth + 1);
        }
        WritePlain(layers, "propertyOrdering"u8);
    }

    private void WriteChoices(in SchemaLayers layers, SchemaPath path, int depth)
    {
        if (layers.TryGet("anyOf"u8, out var any) && any.ValueKind is JsonValueKind.Array)
            WriteList("anyOf", any, path, depth);
        if (layers.TryGet("oneOf"u8, out var one) && one.ValueKind is JsonValueKind.Array)
            WriteList("oneOf", one, path, depth);
    }

    private void WriteList(string word, JsonElement list, SchemaPath path, int depth)
    {
        var under = path.Word(word);
        writer.WriteStartArray(word);
        var index = 0;
        foreach (var schema in list.EnumerateArray())
            Clean(schema, under.Index(index++), depth + 1);
        writer.WriteEndArray();
    }

    private void ReportForeign(in SchemaLayers layers, SchemaPath path)
    {
        foreach (var layer in layers.All)
            foreach (var member in layer.EnumerateObject())
                if (SchemaWords.Find(member) is SchemaWord.Foreign && !IsRewritten(member))
                    Report(path.Property(member), LossKind.Dropped, "Gemini does not know this schema word.");
    }

    private static bool IsRewritten(JsonProperty member) =>
        member.NameEquals("allOf"u8) || member.NameEquals("const"u8) || member.NameEquals("nullable"u8) || member.NameEquals("definitions"u8)
        || member.NameEquals("exclusiveMinimum"u8) || member.NameEquals("exclusiveMaximum"u8) || member.NameEquals("multipleOf"u8);

    private void WritePlain(in SchemaLayers layers, ReadOnlySpan<byte> word)
    {
        if (!layers.TryGet(word, out var value))
            return;
        writer.WritePropertyName(word);
        value.WriteTo(writer);
    }

    private void WriteValue(string word, JsonElement value)
    {
        writer.WritePropertyName(word);
        value.WriteTo(writer);
    }

    private void Report(SchemaPath path, LossKind kind, string what) =>
        losses.Add(losses.HasRoom ? path.ToString() : "", kind, what);
}
