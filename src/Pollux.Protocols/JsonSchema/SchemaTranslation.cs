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
    public static RawJson ToJsonSchema(RawJson schema, LossReport losses, string path) =>
        Translate(schema, SchemaSupport.JsonSchema, losses, path);

    /// <summary>
    /// For <c>parameters</c> and <c>responseSchema</c>: Google's own language, in which an unknown word is an error.
    /// Constraints that it cannot express go into the descriptions, where the model at least reads them.
    /// </summary>
    /// <inheritdoc cref="ToJsonSchema"/>
    public static RawJson ToProtoSchema(RawJson schema, LossReport losses, string path) =>
        Translate(schema, SchemaSupport.Proto, losses, path);

    /// <summary>In the language that a model speaks.</summary>
    internal static RawJson Translate(RawJson schema, SchemaSupport support, LossReport losses, string path)
    {
        if (schema.IsEmpty)
            return schema;
        using var document = JsonDocument.Parse(schema.Utf8, Parsing);
        return Translate(schema, document.RootElement, support, losses, path);
    }

    /// <summary>The arguments of a function; absent when there are none, since older models refuse to be told so.</summary>
    internal static RawJson TranslateParameters(RawJson schema, SchemaSupport support, LossReport losses, string path)
    {
        using var document = JsonDocument.Parse(schema.Utf8, Parsing);
        return SaysNothing(document.RootElement) ? default : Translate(schema, document.RootElement, support, losses, path);
    }

    private static RawJson Translate(RawJson schema, JsonElement root, SchemaSupport support, LossReport losses, string path)
    {
        if (support is not SchemaSupport.Proto && JsonSchemaInspector.IsAcceptedAsIs(root))
            return schema;
        var buffer = new ArrayBufferWriter<byte>(schema.Utf8.Length + 64);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            if (support is SchemaSupport.Proto)
                new ProtoSchemaWriter(writer, root, losses).Write(root, new SchemaPath(path));
            else
                new JsonSchemaCleaner(writer, root, losses).Clean(root, new SchemaPath(path), depth: 0);
        }
        return RawJson.FromUtf8(buffer.WrittenMemory);
    }

    private static bool SaysNothing(JsonElement root)
    {
        if (root.ValueKind is not JsonValueKind.Object)
            return true;
        foreach (var member in root.EnumerateObject())
        {
            var silent = member.Name switch
            {
                "type" => true,
                "properties" => member.Value.ValueKind is JsonValueKind.Object && !member.Value.EnumerateObject().MoveNext(),
                "required" => member.Value.ValueKind is JsonValueKind.Array && member.Value.GetArrayLength() == 0,
                "additionalProperties" => member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                _ => SchemaWords.Find(member) is SchemaWord.Comment,
            };
            if (!silent)
                return false;
        }
        return true;
    }
}
