using System.Text.Json;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.JsonSchema;

/// <summary>
/// Writes a JSON Schema in Google's own schema language, for models that know nothing newer. The language has no
/// references, one type per schema, enums of strings only, and refuses every unknown word.
/// </summary>
internal sealed class ProtoSchemaWriter(Utf8JsonWriter writer, JsonElement root, LossReport losses)
{
    // Inlined references multiply: both bounds are far above any schema that Google would accept.
    private const int MaxDepth = 24;
    private const int MaxSchemas = 4000;

    private int _schemas;

    /// <summary>Writes the schema as an object.</summary>
    public void Write(JsonElement schema, SchemaPath path) => Write(schema, path, new SchemaContext(0, [], Type: null, Nullable: false));

    private void Write(JsonElement schema, SchemaPath path, in SchemaContext context)
    {
        writer.WriteStartObject();
        WriteMembers(schema, path, context);
        writer.WriteEndObject();
    }

    private void WriteMembers(JsonElement schema, SchemaPath path, in SchemaContext context)
    {
        if (schema.ValueKind is not JsonValueKind.Object)
        {
            Report(path, LossKind.Approximated, "A schema for anything has no form here; text was declared.");
            writer.WriteString("type"u8, "STRING"u8);
            return;
        }
        if (context.Depth > MaxDepth || _schemas++ > MaxSchemas)
        {
            WriteCut(path, "nested deeper than can be said here");
            return;
        }
        if (schema.TryGetProperty("$ref"u8, out var reference) && reference.ValueKind is JsonValueKind.String && context.Followed.Contains(reference.GetString()!))
        {
            WriteCut(path, $"the same structure as {reference.GetString()}");
            return;
        }

        var followed = new List<string>(context.Followed);
        var layers = SchemaLayers.Of(schema, root, inlineOuter: true, followed);
        ReportForeign(layers, path);
        var inner = context with { Depth = context.Depth + 1, Followed = followed };

        var nullable = context.Nullable || (layers.TryGet("nullable"u8, out var flag) && flag.ValueKind is JsonValueKind.True);
        if (context.Type is null && WriteChoices(layers, path, inner, nullable))
            return;

        var types = context.Type is not null ? [context.Type] : TypesOf(layers, path, ref nullable);
        if (types.Count > 1) // one schema per type, each with the words that mean something for it
        {
            writer.WriteStartArray("anyOf"u8);
            foreach (var one in types)
                Write(schema, path, context with { Depth = context.Depth + 1, Type = one, Nullable = nullable });
            writer.WriteEndArray();
            return;
        }
        WriteTyped(types[0], layers, path, inner with { Type = null, Nullable = false }, nullable);
    }

    /// <summary>Several alternatives stay alternatives, one beside null becomes a nullable schema.</summary>
    private bool WriteChoices(in SchemaLayers layers, SchemaPath path, in SchemaContext context, bool nullable)
    {
        var word = "anyOf";
        if ((!layers.TryGet("anyOf"u8, out var choices) || choices.ValueKind is not JsonValueKind.Array)
            && (!layers.TryGet("oneOf"u8, out choices) || choices.ValueKind is not JsonValueKind.Array))
            return false;
        var kept = new List<JsonElement>();
        foreach (var choice in choices.EnumerateArray())
        {
            if (choice.ValueKind is JsonValueKind.Object && choice.TryGetProperty("type"u8, out var type) && type.ValueKind is JsonValueKind.String && type.ValueEquals("null"u8))
                nullable = true;
            else if (choice.ValueKind is JsonValueKind.Object && SaysSomething(choice))
                kept.Add(choice);
        }
        if (kept.Count == 0 || layers.TryGet("properties"u8, out _)) // branches over the properties of one object: the object is what matters
        {
            if (kept.Count > 0)
                Report(path.Word(word), LossKind.Dropped, "Alternatives beside properties cannot be said here.");
            return false;
        }
        var under = path.Word(word);
        if (kept.Count == 1)
        {
            WriteMembers(kept[0], under.Index(0), context with { Nullable = nullable, Description = DescriptionOf(layers) ?? context.Description });
            return true;
        }
        writer.WriteStartArray("anyOf"u8); // nothing may stand beside it, so what holds for all is said in each
        for (var i = 0; i < kept.Count; i++)
            Write(kept[i], under.Index(i), context with { Nullable = nullable, Description = DescriptionOf(layers) ?? context.Description });
        writer.WriteEndArray();
        return true;
    }

    private static bool SaysSomething(JsonElement schema)
    {
        foreach (var member in schema.EnumerateObject())
            if (!member.NameEquals("required"u8) && !member.NameEquals("not"u8))
                return true;
        return false;
    }

    private List<string> TypesOf(in SchemaLayers layers, SchemaPath path, ref bool nullable)
    {
        var types = new List<string>(2);
        if (layers.TryGet("type"u8, out var type))
        {
            foreach (var one in type.ValueKind is JsonValueKind.Array ? [.. type.EnumerateArray()] : new[] { type })
            {
                var name = one.ValueKind is JsonValueKind.String ? one.GetString()!.ToLowerInvariant() : "";
                if (name == "null")
                    nullable = true;
                else if (SchemaWords.Types.Contains(name) && !types.Contains(name))
                    types.Add(name);
            }
        }
        if (types.Count == 0)
            types.Add(GuessType(layers, path));
        return types;
    }

    private string GuessType(in SchemaLayers layers, SchemaPath path)
    {
        if (layers.TryGet("properties"u8, out _) || layers.TryGet("additionalProperties"u8, out _))
            return "object";
        if (layers.TryGet("items"u8, out _) || layers.TryGet("prefixItems"u8, out _))
            return "array";
        if (!layers.TryGet("const"u8, out var sample) && layers.TryGet("enum"u8, out var choices) && choices.ValueKind is JsonValueKind.Array && choices.GetArrayLength() > 0)
            sample = choices[0];
        switch (sample.ValueKind)
        {
            case JsonValueKind.Number:
                return "number";
            case JsonValueKind.True or JsonValueKind.False:
                return "boolean";
            case JsonValueKind.String:
                return "string";
        }
        if (layers.TryGet("minimum"u8, out _) || layers.TryGet("maximum"u8, out _))
            return "number";
        if (!layers.TryGet("pattern"u8, out _) && !layers.TryGet("minLength"u8, out _) && !layers.TryGet("format"u8, out _))
            Report(path, LossKind.Approximated, "A schema without a type has no form here; text was declared.");
        return "string";
    }

    private void WriteTyped(string type, in SchemaLayers layers, SchemaPath path, in SchemaContext context, bool nullable)
    {
        var hints = new SchemaHints();
        writer.WriteString("type"u8, type.ToUpperInvariant());
        if (nullable)
            writer.WriteBoolean("nullable"u8, value: true);
        switch (type)
        {
            case "string":
                WriteFormat(layers, path, ["enum", "date-time"], ref hints);
                WriteStringEnum(layers, path, ref hints);
                WritePlain(layers, "minLength"u8, JsonValueKind.Number);
                WritePlain(layers, "maxLength"u8, JsonValueKind.Number);
                WritePlain(layers, "pattern"u8, JsonValueKind.String);
                break;
            case "number" or "integer":
                WriteFormat(layers, path, type == "number" ? ["float", "double"] : ["int32", "int64"], ref hints);
                WritePlain(layers, "minimum"u8, JsonValueKind.Number);
                WritePlain(layers, "maximum"u8, JsonValueKind.Number);
                HintChoices(layers, path, ref hints);
                break;
            case "boolean":
                HintChoices(layers, path, ref hints);
                break;
            case "array":
                WriteItems(layers, path, context, ref hints);
                break;
            default:
                WriteProperties(layers, path, context);
                break;
        }
        Hint(layers, path, "exclusiveMinimum", "greater than ", ref hints);
        Hint(layers, path, "exclusiveMaximum", "less than ", ref hints);
        Hint(layers, path, "multipleOf", "multiple of ", ref hints);
        if (DescriptionOf(layers) is null && context.Description is { } outer)
            hints.Add(outer);
        hints.WriteDescription(writer, layers);
    }

    private void WriteFormat(in SchemaLayers layers, SchemaPath path, string[] known, ref SchemaHints hints)
    {
        if (!layers.TryGet("format"u8, out var format) || format.ValueKind is not JsonValueKind.String)
            return;
        if (Array.IndexOf(known, format.GetString()) >= 0)
            WritePlain(layers, "format"u8, JsonValueKind.String);
        else
        {
            hints.Add("format: ", format);
            SchemaHints.Report(losses, path, "format");
        }
    }

    private void WriteStringEnum(in SchemaLayers layers, SchemaPath path, ref SchemaHints hints)
    {
        var values = new List<JsonElement>();
        if (layers.TryGet("const"u8, out var constant))
            values.Add(constant);
        else if (layers.TryGet("enum"u8, out var choices) && choices.ValueKind is JsonValueKind.Array)
            values.AddRange(choices.EnumerateArray());
        if (values.Count == 0)
            return;
        var sendable = values.FindAll(value => value.ValueKind is JsonValueKind.String && !value.ValueEquals(""u8));
        if (sendable.Count < values.Count && !values.TrueForAll(value => value.ValueKind is JsonValueKind.String or JsonValueKind.Null))
            HintChoices(layers, path, ref hints);
        else if (sendable.Count < values.Count)
            Report(path.Word("enum"), LossKind.Changed, "Empty values were taken out.");
        if (sendable.Count == 0)
            return;
        writer.WriteStartArray("enum"u8);
        foreach (var value in sendable)
            value.WriteTo(writer);
        writer.WriteEndArray();
    }

    // Numbers as strings would make the model answer "1" where 1 is wanted: the choices are told in words instead.
    private void HintChoices(in SchemaLayers layers, SchemaPath path, ref SchemaHints hints)
    {
        Hint(layers, path, "const", "always ", ref hints);
        Hint(layers, path, "enum", "one of ", ref hints);
    }

    private void WriteItems(in SchemaLayers layers, SchemaPath path, in SchemaContext context, ref SchemaHints hints)
    {
        WritePlain(layers, "minItems"u8, JsonValueKind.Number);
        WritePlain(layers, "maxItems"u8, JsonValueKind.Number);
        var word = "items";
        if (!layers.TryGet("items"u8, out var items) && layers.TryGet("prefixItems"u8, out items))
            word = "prefixItems";
        if (items.ValueKind is JsonValueKind.Array)
        {
            hints.Add("items in order: ", items);
            SchemaHints.Report(losses, path, word);
            items = items.GetArrayLength() > 0 ? items[0] : default;
        }
        writer.WritePropertyName("items"u8);
        if (items.ValueKind is JsonValueKind.Object)
            Write(items, path.Word(word), context);
        else
            writer.WriteRawValue("""{"type":"STRING"}"""u8, skipInputValidation: true); // an array without items is refused
    }

    private void WriteProperties(in SchemaLayers layers, SchemaPath path, in SchemaContext context)
    {
        var properties = layers.Members("properties"u8);
        if (properties.Count == 0) // an empty object here is refused, no object at all is not
            return;
        var under = path.Word("properties");
        writer.WriteStartObject("properties"u8);
        foreach (var property in properties)
        {
            writer.WritePropertyName(property.Name);
            Write(property.Value, under.Property(property), context with { Description = null });
        }
        writer.WriteEndObject();

        var required = layers.Required();
        if (required.RemoveAll(name => !properties.Exists(property => property.NameEquals(name))) > 0)
            Report(path.Word("required"), LossKind.Changed, "Names without a property were taken out.");
        if (required.Count > 0)
        {
            writer.WriteStartArray("required"u8);
            foreach (var name in required)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
        }
        if (properties.Count == 1)
            return;
        writer.WriteStartArray("propertyOrdering"u8); // a map has no order on Google's side
        foreach (var property in properties)
            writer.WriteStringValue(property.Name);
        writer.WriteEndArray();
    }

    private void WriteCut(SchemaPath path, string why)
    {
        Report(path, LossKind.Approximated, "The schema refers to itself or is nested too deep; an object was declared.");
        writer.WriteString("type"u8, "OBJECT"u8);
        writer.WriteString("description"u8, $"({why})");
    }

    private void Hint(in SchemaLayers layers, SchemaPath path, string word, string words, ref SchemaHints hints)
    {
        if (!layers.TryGet(word, out var value) || value.ValueKind is JsonValueKind.True or JsonValueKind.False && words.EndsWith("than ", StringComparison.Ordinal))
            return;
        hints.Add(words, value);
        SchemaHints.Report(losses, path, word);
    }

    private static string? DescriptionOf(in SchemaLayers layers) =>
        layers.TryGet("description"u8, out var description) && description.ValueKind is JsonValueKind.String ? description.GetString() : null;

    private void ReportForeign(in SchemaLayers layers, SchemaPath path)
    {
        foreach (var layer in layers.All)
            foreach (var member in layer.EnumerateObject())
                if (IsDropped(member))
                    Report(path.Property(member), LossKind.Dropped, "Google's older schema language does not know this word.");
    }

    private static bool IsDropped(JsonProperty member) => SchemaWords.Find(member) switch
    {
        SchemaWord.Foreign => !(member.NameEquals("allOf"u8) || member.NameEquals("const"u8) || member.NameEquals("nullable"u8)
            || member.NameEquals("definitions"u8) || member.NameEquals("exclusiveMinimum"u8) || member.NameEquals("exclusiveMaximum"u8)
            || member.NameEquals("multipleOf"u8)),
        SchemaWord.Plain => member.NameEquals("uniqueItems"u8) || member.NameEquals("default"u8),
        SchemaWord.Schema => member.NameEquals("additionalProperties"u8) && member.Value.ValueKind is JsonValueKind.Object,
        _ => false,
    };

    private void WritePlain(in SchemaLayers layers, ReadOnlySpan<byte> word, JsonValueKind kind)
    {
        if (!layers.TryGet(word, out var value) || value.ValueKind != kind)
            return;
        writer.WritePropertyName(word);
        value.WriteTo(writer);
    }

    private void Report(SchemaPath path, LossKind kind, string what) =>
        losses.Add(losses.HasRoom ? path.ToString() : "", kind, what);

    /// <summary>What a schema inherits from where it stands.</summary>
    /// <param name="Depth">How deep it stands.</param>
    /// <param name="Followed">References that lead here.</param>
    /// <param name="Type">The one type of several that is being written.</param>
    /// <param name="Nullable">Whether null is an alternative to it.</param>
    private readonly record struct SchemaContext(int Depth, List<string> Followed, string? Type, bool Nullable)
    {
        public string? Description { get; init; }
    }
}
