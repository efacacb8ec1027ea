using System.Text;

namespace Pollux.FakeGemini.Messages;

/// <summary>What a field holds; the names are those of <c>google.protobuf</c>.</summary>
internal enum FieldKind
{
    /// <summary>TYPE_STRING.</summary>
    Text,

    /// <summary>TYPE_BOOL.</summary>
    Flag,

    /// <summary>TYPE_INT32.</summary>
    Int32,

    /// <summary>TYPE_INT64; may be written as a string.</summary>
    Int64,

    /// <summary>TYPE_FLOAT and TYPE_DOUBLE.</summary>
    Number,

    /// <summary>TYPE_BYTES: base64, standard or url-safe.</summary>
    Bytes,

    /// <summary>An enum, by name or number.</summary>
    Enumeration,

    /// <summary>A message of its own.</summary>
    Message,

    /// <summary>google.protobuf.Struct: any JSON object.</summary>
    Struct,

    /// <summary>google.protobuf.Value: any JSON.</summary>
    Value,

    /// <summary>google.protobuf.Duration: seconds with the unit, such as "300s".</summary>
    Duration,

    /// <summary>google.protobuf.Timestamp: RFC 3339.</summary>
    Timestamp,
}

/// <summary>How often a field's value stands.</summary>
internal enum FieldShape
{
    /// <summary>At most once.</summary>
    Single,

    /// <summary>A list. A single value instead of an array is read as a list of one, as recorded requests rely on.</summary>
    Repeated,

    /// <summary>An object of values with free names.</summary>
    Map,
}

/// <summary>One field of a message.</summary>
/// <param name="Name">The camelCase name, the one form that requests are brought into.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Shape">How often.</param>
internal sealed record Field(string Name, FieldKind Kind, FieldShape Shape)
{
    /// <summary>The snake_case name, accepted as well and used in the paths of errors.</summary>
    public string ProtoName { get; } = ToSnakeCase(Name);

    /// <summary>The message's type when <see cref="Kind"/> is <see cref="FieldKind.Message"/>.</summary>
    public MessageType? Message { get; init; }

    /// <summary>The enum's type when <see cref="Kind"/> is <see cref="FieldKind.Enumeration"/>.</summary>
    public EnumType? Enumeration { get; init; }

    /// <summary>The group of which at most one field may be set.</summary>
    public string? Oneof { get; init; }

    /// <summary>The type as Google's messages name it.</summary>
    public string TypeName => Kind switch
    {
        FieldKind.Text => "TYPE_STRING",
        FieldKind.Flag => "TYPE_BOOL",
        FieldKind.Int32 => "TYPE_INT32",
        FieldKind.Int64 => "TYPE_INT64",
        FieldKind.Number => "TYPE_FLOAT",
        FieldKind.Bytes => "TYPE_BYTES",
        FieldKind.Enumeration => "type.googleapis.com/google.ai.generativelanguage.v1beta." + Enumeration!.Name,
        FieldKind.Message => "type.googleapis.com/google.ai.generativelanguage.v1beta." + Message!.Name,
        _ => "type.googleapis.com/google.protobuf." + Kind,
    };

    private static string ToSnakeCase(string name)
    {
        StringBuilder snake = new(name.Length + 4);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterUpper(c)) snake.Append('_').Append(char.ToLowerInvariant(c));
            else snake.Append(c);
        }

        return snake.ToString();
    }
}
