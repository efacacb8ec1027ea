using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Pollux.Protocols.JsonSchema;

/// <summary>What a conversion to Gemini's JSON Schema has to do about a keyword.</summary>
internal enum SchemaWord
{
    /// <summary>Not a keyword that Gemini knows: it must not be sent.</summary>
    Foreign,

    /// <summary>Says nothing about the value: leaving it out is no loss.</summary>
    Comment,

    /// <summary>Taken as it is.</summary>
    Plain,

    /// <summary>Holds one schema, or <c>true</c>, or <c>false</c>.</summary>
    Schema,

    /// <summary>Holds a list of schemas.</summary>
    SchemaList,

    /// <summary>Holds schemas under names that are not keywords.</summary>
    SchemaMap,

    /// <summary><c>type</c>.</summary>
    Type,

    /// <summary><c>enum</c>.</summary>
    Enum,

    /// <summary><c>required</c>.</summary>
    Required,

    /// <summary><c>$ref</c>.</summary>
    Reference,
}

/// <summary>
/// The keywords of JSON Schema that <c>parametersJsonSchema</c> and <c>responseJsonSchema</c> take: those that Google
/// documents, and those in recorded requests that were answered with 200.
/// </summary>
internal static class SchemaWords
{
    private const int LongestWord = 20;

    private static readonly FrozenDictionary<string, SchemaWord> Words = new Dictionary<string, SchemaWord>
    {
        ["$schema"] = SchemaWord.Comment,
        ["$comment"] = SchemaWord.Comment,
        ["$vocabulary"] = SchemaWord.Comment,
        ["strict"] = SchemaWord.Comment, // of OpenAI's function, found inside schemas too
        ["$id"] = SchemaWord.Plain,
        ["$anchor"] = SchemaWord.Plain,
        ["format"] = SchemaWord.Plain,
        ["title"] = SchemaWord.Plain,
        ["description"] = SchemaWord.Plain,
        ["default"] = SchemaWord.Plain,
        ["minItems"] = SchemaWord.Plain,
        ["maxItems"] = SchemaWord.Plain,
        ["uniqueItems"] = SchemaWord.Plain,
        ["minimum"] = SchemaWord.Plain,
        ["maximum"] = SchemaWord.Plain,
        ["minLength"] = SchemaWord.Plain,
        ["maxLength"] = SchemaWord.Plain,
        ["pattern"] = SchemaWord.Plain,
        ["propertyOrdering"] = SchemaWord.Plain,
        ["items"] = SchemaWord.Schema,
        ["additionalProperties"] = SchemaWord.Schema,
        ["prefixItems"] = SchemaWord.SchemaList,
        ["anyOf"] = SchemaWord.SchemaList,
        ["oneOf"] = SchemaWord.SchemaList,
        ["properties"] = SchemaWord.SchemaMap,
        ["$defs"] = SchemaWord.SchemaMap,
        ["type"] = SchemaWord.Type,
        ["enum"] = SchemaWord.Enum,
        ["required"] = SchemaWord.Required,
        ["$ref"] = SchemaWord.Reference,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, SchemaWord>.AlternateLookup<ReadOnlySpan<char>> ByCharacters =
        Words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Names of the six types, as JSON Schema spells them.</summary>
    public static readonly FrozenSet<string> Types =
        new[] { "string", "number", "integer", "boolean", "array", "object", "null" }.ToFrozenSet();

    public static SchemaWord Find(JsonProperty member)
    {
        if (member.NameEquals("type"u8)) // by far the most frequent
            return SchemaWord.Type;
        var name = JsonMarshal.GetRawUtf8PropertyName(member);
        if (name.Length > LongestWord)
            return SchemaWord.Foreign;
        Span<char> characters = stackalloc char[LongestWord];
        for (var i = 0; i < name.Length; i++)
            characters[i] = (char)name[i]; // beyond ASCII this is wrong, and matches no keyword either
        return ByCharacters.TryGetValue(characters[..name.Length], out var word) ? word : SchemaWord.Foreign;
    }
}
