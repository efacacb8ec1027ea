namespace Pollux.FakeGemini.Messages;

/// <summary>
/// A protobuf message as a table of fields. The tables of this folder are written with the adding methods below and
/// never change after their definition has run.
/// </summary>
internal sealed class MessageType
{
    private readonly Dictionary<string, Field> _fields = new(StringComparer.Ordinal);
    private string? _oneof;

    private MessageType(string name) => Name = name;

    /// <summary>The type's name without package, as it stands in error messages.</summary>
    public string Name { get; }

    /// <summary>Defines a message. It is handed to <paramref name="define"/> so that it may refer to itself.</summary>
    public static MessageType Define(string name, Action<MessageType> define)
    {
        MessageType type = new(name);
        define(type);
        return type;
    }

    /// <summary>A message without any field, such as <c>CodeExecution</c>.</summary>
    public static MessageType Empty(string name) => new(name);

    /// <summary>Another service's form of a message: without some of its fields, with others or with others of the same name.</summary>
    public static MessageType Derive(MessageType from, Action<MessageType> define, params ReadOnlySpan<string> without)
    {
        MessageType type = new(from.Name);
        foreach ((string name, Field field) in from._fields)
        {
            if (!without.Contains(field.Name)) type._fields[name] = field;
        }

        define(type);
        return type;
    }

    /// <summary>The field with this camelCase or snake_case name, or null.</summary>
    public Field? Find(string name) => _fields.GetValueOrDefault(name);

    /// <summary>Strings.</summary>
    public MessageType Text(params ReadOnlySpan<string> names) => AddAll(FieldKind.Text, FieldShape.Single, names);

    /// <summary>Lists of strings.</summary>
    public MessageType Texts(params ReadOnlySpan<string> names) => AddAll(FieldKind.Text, FieldShape.Repeated, names);

    /// <summary>Booleans.</summary>
    public MessageType Flag(params ReadOnlySpan<string> names) => AddAll(FieldKind.Flag, FieldShape.Single, names);

    /// <summary>32-bit integers.</summary>
    public MessageType Int32(params ReadOnlySpan<string> names) => AddAll(FieldKind.Int32, FieldShape.Single, names);

    /// <summary>64-bit integers.</summary>
    public MessageType Int64(params ReadOnlySpan<string> names) => AddAll(FieldKind.Int64, FieldShape.Single, names);

    /// <summary>Floating-point numbers.</summary>
    public MessageType Number(params ReadOnlySpan<string> names) => AddAll(FieldKind.Number, FieldShape.Single, names);

    /// <summary>Base64 data.</summary>
    public MessageType Bytes(params ReadOnlySpan<string> names) => AddAll(FieldKind.Bytes, FieldShape.Single, names);

    /// <summary>Free JSON objects.</summary>
    public MessageType Struct(params ReadOnlySpan<string> names) => AddAll(FieldKind.Struct, FieldShape.Single, names);

    /// <summary>Free JSON values.</summary>
    public MessageType Value(params ReadOnlySpan<string> names) => AddAll(FieldKind.Value, FieldShape.Single, names);

    /// <summary>Lists of free JSON values.</summary>
    public MessageType Values(params ReadOnlySpan<string> names) => AddAll(FieldKind.Value, FieldShape.Repeated, names);

    /// <summary>Maps from names to strings.</summary>
    public MessageType TextMap(params ReadOnlySpan<string> names) => AddAll(FieldKind.Text, FieldShape.Map, names);

    /// <summary>Durations.</summary>
    public MessageType Duration(params ReadOnlySpan<string> names) => AddAll(FieldKind.Duration, FieldShape.Single, names);

    /// <summary>Instants.</summary>
    public MessageType Timestamp(params ReadOnlySpan<string> names) => AddAll(FieldKind.Timestamp, FieldShape.Single, names);

    /// <summary>An enum.</summary>
    public MessageType Enum(string name, EnumType type) =>
        Add(new Field(name, FieldKind.Enumeration, FieldShape.Single) { Enumeration = type });

    /// <summary>A list of enum values.</summary>
    public MessageType Enums(string name, EnumType type) =>
        Add(new Field(name, FieldKind.Enumeration, FieldShape.Repeated) { Enumeration = type });

    /// <summary>A message.</summary>
    public MessageType One(string name, MessageType type) =>
        Add(new Field(name, FieldKind.Message, FieldShape.Single) { Message = type });

    /// <summary>A list of messages.</summary>
    public MessageType Many(string name, MessageType type) =>
        Add(new Field(name, FieldKind.Message, FieldShape.Repeated) { Message = type });

    /// <summary>A map from names to messages.</summary>
    public MessageType Map(string name, MessageType type) =>
        Add(new Field(name, FieldKind.Message, FieldShape.Map) { Message = type });

    /// <summary>A group of fields of which at most one may be set.</summary>
    public MessageType Oneof(string group, Action<MessageType> define)
    {
        _oneof = group;
        define(this);
        _oneof = null;
        return this;
    }

    private MessageType AddAll(FieldKind kind, FieldShape shape, ReadOnlySpan<string> names)
    {
        foreach (string name in names) Add(new Field(name, kind, shape));
        return this;
    }

    private MessageType Add(Field field)
    {
        field = field with { Oneof = _oneof };
        _fields[field.Name] = field;
        _fields[field.ProtoName] = field;
        return this;
    }
}
