namespace Pollux.FakeGemini.Messages;

/// <summary>The proto form of a schema. It knows these keywords and no other: anything else is an unknown name.</summary>
internal static class SchemaMessages
{
    private static readonly EnumType Type = EnumType.Of(
        "Type", "TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL");

    public static readonly MessageType Schema = MessageType.Define("Schema", m => m
        .Enum("type", Type)
        .Text("format", "title", "description", "pattern")
        .Flag("nullable")
        .Texts("enum", "required", "propertyOrdering")
        .Int64("minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength")
        .Number("minimum", "maximum")
        .Value("example", "default")
        .One("items", m)
        .Many("anyOf", m)
        .Map("properties", m));
}
