using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Wire;

/// <summary>
/// Short ways into a request that <see cref="Messages.MessageReader"/> has already brought into one form:
/// names are camelCase, absent means absent, repeated fields are arrays.
/// </summary>
internal static class JsonReading
{
    extension(JsonObject message)
    {
        /// <summary>The message in this field, or null.</summary>
        public JsonObject? Child(string name) => message[name] as JsonObject;

        /// <summary>The string in this field, or null.</summary>
        public string? Text(string name) =>
            message[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

        /// <summary>The number in this field, or null.</summary>
        public double? Number(string name) =>
            message[name] is not JsonValue value || value.GetValueKind() != JsonValueKind.Number ? null
            : value.TryGetValue(out long whole) ? whole
            : value.GetValue<double>();

        /// <summary>The integer in this field, or null.</summary>
        public long? Integer(string name) => message.Number(name) is { } number ? (long)number : null;

        /// <summary>True when the field holds true.</summary>
        public bool Flag(string name) => message[name] is JsonValue value && value.GetValueKind() == JsonValueKind.True;

        /// <summary>True when the field is present.</summary>
        public bool Has(string name) => message.ContainsKey(name);

        /// <summary>The messages of a repeated field; none when it is absent.</summary>
        public IEnumerable<JsonObject> Messages(string name) =>
            message[name] is JsonArray items ? items.OfType<JsonObject>() : [];

        /// <summary>The strings of a repeated field; none when it is absent.</summary>
        public IEnumerable<string> Texts(string name) =>
            message[name] is JsonArray items ? items.Select(static item => item!.GetValue<string>()) : [];
    }
}
