using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.JsonSchema;

/// <summary>Brings JSON Schemas of tools and answers into a form that a model takes.</summary>
public static class SchemaTranslation
{
    /// <summary>Nesting that a schema may have; Google refuses such schemas anyway.</summary>
    internal static readonly JsonDocumentOptions Parsing = new() { MaxDepth = 128, CommentHandling = JsonCommentHandling.Disallow };

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>
    /// For <c>parametersJsonSchema</c> and <c>responseJsonSchema</c>: real JSON Schema without the words that Google does
    /// not document. A schema that needs no change is returned as the bytes it came in.
    /// </summary>
    /// <param name="schema">One JSON value.</param>
    /// <param name="losses">Receives what could not be kept.</param>
    /// <param name="path">Where the schema stands in the client's request.</param>
    public static RawJson ToJsonSchema(RawJson schema, LossReport losses, string path)
    {
        if (schema.IsEmpty)
            return schema;
        using var document = JsonDocument.Parse(schema.Utf8, Parsing);
        if (JsonSchemaInspector.IsAcceptedAsIs(document.RootElement))
            return schema;
        return Write(writer => new JsonSchemaCleaner(writer, document.RootElement, losses).Clean(document.RootElement, new SchemaPath(path), depth: 0));
    }

    /// <summary>
    /// For <c>parameters</c> and <c>responseSchema</c>: Google's own language, in which an unknown word is an error.
    /// Constraints that it cannot express go into the descriptions, where the model at least reads them.
    /// </summary>
    /// <inheritdoc cref="ToJsonSchema"/>
    public static RawJson ToProtoSchema(RawJson schema, LossReport losses, string path)
    {
        if (schema.IsEmpty)
            return schema;
        using var document = JsonDocument.Parse(schema.Utf8, Parsing);
        return Write(writer => new ProtoSchemaWriter(writer, document.RootElement, losses).Write(document.RootElement, new SchemaPath(path)));
    }

    /// <summary>Whether a schema of arguments says that there are none: then it is better not sent at all.</summary>
    internal static bool SaysNothing(RawJson schema)
    {
        if (schema.IsEmpty)
            return true;
        if (schema.Utf8.Length > 512) // an empty schema is short, whatever comments stand in it
            return false;
        using var document = JsonDocument.Parse(schema.Utf8, Parsing);
        var root = document.RootElement;
        if (root.ValueKind is not JsonValueKind.Object)
            return true;
        foreach (var member in root.EnumerateObject())
        {
            if (member.NameEquals("properties"u8) && member.Value.ValueKind is JsonValueKind.Object && !member.Value.EnumerateObject().Any())
                continue;
            if (member.NameEquals("required"u8) && member.Value.ValueKind is JsonValueKind.Array && member.Value.GetArrayLength() == 0)
                continue;
            if (member.NameEquals("additionalProperties"u8) && member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                continue;
            if (!member.NameEquals("type"u8) && SchemaWords.Find(member) is not SchemaWord.Comment)
                return false;
        }
        return true;
    }

    internal static RawJson Translate(RawJson schema, SchemaSupport support, LossReport losses, string path) =>
        support is SchemaSupport.Proto ? ToProtoSchema(schema, losses, path) : ToJsonSchema(schema, losses, path);

    private static RawJson Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
            write(writer);
        return RawJson.FromUtf8(buffer.WrittenMemory);
    }
}
