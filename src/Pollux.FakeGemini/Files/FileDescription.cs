using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Files;

/// <summary>What a client says about a file, or a store's document, that it uploads.</summary>
internal sealed partial record FileDescription(string? Name, string? DisplayName, string? MimeType)
{
    private static readonly FileDescription None = new(null, null, null);
    private static readonly string[] FileFields = ["name", "displayName", "display_name", "mimeType", "mime_type", "sizeBytes", "size_bytes"];

    /// <summary>Reads it; refuses unknown fields, names that are none and names that are taken.</summary>
    public static async Task<(FileDescription Description, GoogleError? Refusal)> ReadAsync(Stream body, bool isDocument, FakeFiles files, CancellationToken cancellation)
    {
        using MemoryStream bytes = new();
        await body.CopyToAsync(bytes, cancellation);
        if (bytes.Length == 0) return (None, null);
        try
        {
            if (JsonNode.Parse(bytes.ToArray()) is not JsonObject root) return (None, GoogleError.InvalidArgument("Invalid JSON payload received."));
            return isDocument ? ReadDocument(root) : ReadFile(root, files);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return (None, GoogleError.InvalidArgument("Invalid JSON payload received. Unexpected token."));
        }
    }

    /// <summary>Reads which objects of a bucket are to be registered.</summary>
    public static async Task<(string[] Uris, GoogleError? Refusal)> ReadUrisAsync(Stream body, CancellationToken cancellation)
    {
        using MemoryStream bytes = new();
        await body.CopyToAsync(bytes, cancellation);
        try
        {
            if (JsonNode.Parse(bytes.ToArray()) is not JsonObject root) return ([], GoogleError.InvalidArgument("Invalid JSON payload received."));
            if (root.Select(static member => member.Key).Except(["uris"]).FirstOrDefault() is { } strange) return ([], Unknown(strange));
            string[] uris = [.. (root["uris"] as JsonArray ?? []).Select(static uri => uri!.GetValue<string>())];
            return uris.Length > 0 && uris.All(static uri => uri.StartsWith("gs://", StringComparison.Ordinal)) ? (uris, null) : ([], GoogleError.InvalidArgument("uris must hold URIs of Google Cloud Storage."));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return ([], GoogleError.InvalidArgument("Invalid JSON payload received. Unexpected token."));
        }
    }

    private static (FileDescription Description, GoogleError? Refusal) ReadDocument(JsonObject root)
    {
        string? strange = root.Select(static member => member.Key).Except(["displayName", "mimeType", "customMetadata", "chunkingConfig"]).FirstOrDefault();
        return strange is null ? (new FileDescription(null, (string?)root["displayName"], (string?)root["mimeType"]), null) : (None, Unknown(strange));
    }

    private static (FileDescription Description, GoogleError? Refusal) ReadFile(JsonObject root, FakeFiles files)
    {
        JsonObject file = root["file"] as JsonObject ?? [];
        string? unknown = root.Select(static member => member.Key).Except(["file"]).Concat(file.Select(static member => member.Key).Except(FileFields)).FirstOrDefault();
        if (unknown is not null) return (None, Unknown(unknown));
        string? name = file["name"]?.GetValue<string>() is { Length: > 0 } given ? given : null;
        if (name is not null && !FileName().IsMatch(name)) return (None, GoogleError.InvalidArgument($"Invalid file name: {name}"));
        if (name is not null && files.Find(name) is not null) return (None, new GoogleError(409, "ALREADY_EXISTS", $"File {name} already exists."));
        return (new FileDescription(name, (file["displayName"] ?? file["display_name"])?.GetValue<string>(), (file["mimeType"] ?? file["mime_type"])?.GetValue<string>()), null);
    }

    private static GoogleError Unknown(string field) => GoogleError.InvalidArgument($"Invalid JSON payload received. Unknown name \"{field}\": Cannot find field.");

    // Google's reference: up to 40 characters, lowercase letters, digits and dashes, no dash at either end.
    [GeneratedRegex("^files/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}
