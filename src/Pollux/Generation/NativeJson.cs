using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Pollux.Generation;

/// <summary>Serializers for the few native bodies that a feature has to touch.</summary>
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class NativeJson : JsonSerializerContext;
