using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Messages;

/// <summary>What was wrong with one field, in Google's words.</summary>
/// <param name="Field">Path of the message in snake_case; empty at the root.</param>
/// <param name="Description">The sentence that the error's message repeats.</param>
internal readonly record struct FieldViolation(string Field, string Description);

/// <summary>
/// Reads JSON by a <see cref="MessageType"/> as Google's proto-JSON parser does: camelCase or snake_case names, enums by
/// name or number, int64 as string or number, null as absent, a single value where a list is expected. The result has one
/// form only. Everything that does not fit is collected, because Google reports each unknown field on a line of its own.
/// </summary>
internal sealed class MessageReader
{
    private readonly List<FieldViolation> _violations = [];

    private MessageReader()
    {
    }

    /// <summary>The message in its one form, and all violations; the message is of use only when there are none.</summary>
    public static (JsonObject Message, IReadOnlyList<FieldViolation> Violations) Read(JsonElement body, MessageType type)
    {
        MessageReader reader = new();
        if (body.ValueKind == JsonValueKind.Object) return (reader.ReadMessage(body, type, ""), reader._violations);
        reader.AddUnknown("", "", "Root element must be a message.");
        return ([], reader._violations);
    }

    private JsonObject ReadMessage(JsonElement value, MessageType type, string path)
    {
        JsonObject message = [];
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (type.Find(property.Name) is not { } field)
            {
                AddUnknown(property.Name, path, "Cannot find field.");
                continue;
            }

            if (property.Value.ValueKind == JsonValueKind.Null) continue;
            if (field.Oneof is { } group) CheckOneof(message, type, group, field, path);
            string fieldPath = path.Length == 0 ? field.ProtoName : $"{path}.{field.ProtoName}";
            JsonNode? read = field.Shape switch
            {
                FieldShape.Repeated => ReadList(property.Value, field, fieldPath),
                FieldShape.Map => ReadMap(property.Value, field, fieldPath),
                _ when property.Value.ValueKind == JsonValueKind.Array && field.Kind != FieldKind.Value =>
                    AddUnknown(property.Name, path, "Proto field is not repeating, cannot start list."),
                _ => ReadValue(property.Value, field, fieldPath),
            };
            if (read is not null) message[field.Name] = read;
        }

        return message;
    }

    private JsonArray ReadList(JsonElement value, Field field, string path)
    {
        JsonArray list = [];
        if (value.ValueKind != JsonValueKind.Array)
        {
            if (ReadValue(value, field, path) is { } only) list.Add(only);
            return list;
        }

        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (ReadValue(item, field, $"{path}[{index++}]") is { } read) list.Add(read);
        }

        return list;
    }

    private JsonObject? ReadMap(JsonElement value, Field field, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            AddInvalid(value, field, path);
            return null;
        }

        JsonObject map = [];
        int index = 0;
        foreach (JsonProperty entry in value.EnumerateObject())
        {
            if (ReadValue(entry.Value, field, $"{path}[{index++}].value") is { } read) map[entry.Name] = read;
        }

        return map;
    }

    private JsonNode? ReadValue(JsonElement value, Field field, string path)
    {
        JsonNode? read = field.Kind switch
        {
            FieldKind.Message => value.ValueKind == JsonValueKind.Object ? ReadMessage(value, field.Message!, path) : null,
            FieldKind.Struct => value.ValueKind == JsonValueKind.Object ? JsonObject.Create(value) : null,
            FieldKind.Value => Detached(value),
            FieldKind.Text => value.ValueKind == JsonValueKind.String ? JsonValue.Create(value.GetString()) : null,
            FieldKind.Flag => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? JsonValue.Create(value.GetBoolean()) : null,
            FieldKind.Int32 => ReadInteger(value, int.MinValue, int.MaxValue),
            FieldKind.Int64 => ReadInteger(value, long.MinValue, long.MaxValue),
            FieldKind.Number => ReadNumber(value) is { } number ? JsonValue.Create(number) : null,
            FieldKind.Enumeration => ReadEnum(value, field.Enumeration!),
            FieldKind.Bytes => ReadBytes(value),
            FieldKind.Duration => ReadDuration(value),
            FieldKind.Timestamp => ReadTimestamp(value),
            _ => throw new InvalidOperationException($"No reader for fields of kind {field.Kind}."),
        };
        if (read is null && field.Kind != FieldKind.Value) AddInvalid(value, field, path);
        return read;
    }

    private static JsonNode? Detached(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        _ => JsonValue.Create(value),
    };

    private static JsonValue? ReadInteger(JsonElement value, long smallest, long largest)
    {
        // 40.0 is an integer to protobuf, 40.5 is not.
        if (ReadNumber(value) is not { } number || number != Math.Truncate(number) || number < smallest || number > largest) return null;
        return JsonValue.Create((long)number);
    }

    private static double? ReadNumber(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when double.TryParse(
            value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) => number,
        _ => null,
    };

    private static JsonValue? ReadEnum(JsonElement value, EnumType type)
    {
        string? name = value.ValueKind switch
        {
            JsonValueKind.String => type.Find(value.GetString()!),
            JsonValueKind.Number when value.TryGetInt32(out int number) => type.Find(number),
            _ => null,
        };
        return name is null ? null : JsonValue.Create(name);
    }

    private static JsonValue? ReadBytes(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Base64Text.TryDecode(value.GetString()!, out _) ? JsonValue.Create(value.GetString()) : null;

    private static JsonValue? ReadDuration(JsonElement value)
    {
        string? text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null && text.EndsWith('s') &&
            double.TryParse(text.AsSpan(..^1), NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? JsonValue.Create(text)
            : null;
    }

    private static JsonValue? ReadTimestamp(JsonElement value)
    {
        string? text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null &&
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)
            ? JsonValue.Create(text)
            : null;
    }

    private void CheckOneof(JsonObject message, MessageType type, string group, Field field, string path)
    {
        foreach ((string name, _) in message)
        {
            if (name == field.Name || type.Find(name)?.Oneof != group) continue;
            _violations.Add(new FieldViolation(
                path, $"Invalid value at '{path}' (oneof), oneof field '{group}' is already set. Cannot set '{field.Name}'"));
            return;
        }
    }

    private JsonNode? AddUnknown(string name, string path, string reason)
    {
        string place = path.Length == 0 ? "" : $" at '{path}'";
        _violations.Add(new FieldViolation(path, $"Invalid JSON payload received. Unknown name \"{name}\"{place}: {reason}"));
        return null;
    }

    private void AddInvalid(JsonElement value, Field field, string path)
    {
        string shown = (field.Kind, value.ValueKind) switch
        {
            (FieldKind.Bytes, JsonValueKind.String) => $"Base64 decoding failed for {Shortened(value)}",
            (not FieldKind.Message and not FieldKind.Struct, JsonValueKind.Object) => "Starting an object on a scalar field",
            _ => Shortened(value),
        };
        _violations.Add(new FieldViolation(path, $"Invalid value at '{path}' ({field.TypeName}), {shown}"));
    }

    private static string Shortened(JsonElement value)
    {
        const int LongestShown = 200;
        string text = value.GetRawText();
        return text.Length <= LongestShown ? text : string.Concat(text.AsSpan(0, LongestShown), "...");
    }
}
