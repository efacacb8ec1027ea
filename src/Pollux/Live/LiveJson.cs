using System.Text.Json.Serialization;

namespace Pollux.Live;

/// <summary>The few values that this room writes.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class LiveJson : JsonSerializerContext;
