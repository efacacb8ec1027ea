using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pollux.Files;

/// <summary>JSON of this room, without reflection.</summary>
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(CopyNote))]
[JsonSerializable(typeof(TwinNote))]
internal sealed partial class FilesJson : JsonSerializerContext;
