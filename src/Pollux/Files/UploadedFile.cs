using System.Globalization;
using System.Text.Json;

namespace Pollux.Files;

/// <summary>What an answer of the upstream says about a file.</summary>
/// <param name="Name">For example <c>files/abc</c>.</param>
/// <param name="ExpiresAt">When the upstream forgets it.</param>
/// <param name="IsSettled">Its state will not change any more: it is neither being processed nor unknown.</param>
/// <param name="Json">The file's object as it came.</param>
internal sealed record UploadedFile(string Name, DateTimeOffset? ExpiresAt, bool IsSettled, ReadOnlyMemory<byte> Json)
{
    /// <summary>Its size in bytes, if the answer says.</summary>
    public long? Size { get; private init; }

    /// <summary>Its hash in the upstream's writing, if the answer says: equal files have equal ones.</summary>
    public string? Hash { get; private init; }

    /// <summary>Its type, if the answer says.</summary>
    public string? MimeType { get; private init; }

    /// <summary>Whether it can be used: <c>ACTIVE</c>.</summary>
    public bool IsReady { get; private init; }

    /// <summary>Reads the answer of an upload, <c>{"file":{…}}</c>, or the file's object alone.</summary>
    /// <returns><see langword="null"/>: there is no file in it.</returns>
    public static UploadedFile? Read(ReadOnlyMemory<byte> answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            JsonElement file = document.RootElement;
            if (file.ValueKind == JsonValueKind.Object && file.TryGetProperty("file"u8, out JsonElement inner))
                file = inner;
            if (file.ValueKind != JsonValueKind.Object || !file.TryGetProperty("name"u8, out JsonElement named) || named.ValueKind != JsonValueKind.String
                || !FileNames.TryRead(named.GetString()!, out string? name))
                return null;

            DateTimeOffset? expiresAt = file.TryGetProperty("expirationTime"u8, out JsonElement expiry) && expiry.ValueKind == JsonValueKind.String
                && DateTimeOffset.TryParse(expiry.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? at : null;
            string? state = Text(file, "state"u8);
            return new UploadedFile(name, expiresAt, state is "ACTIVE" or "FAILED", JsonSerializer.SerializeToUtf8Bytes(file, FilesJson.Default.JsonElement))
            {
                Size = long.TryParse(Text(file, "sizeBytes"u8), NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : null,
                Hash = Text(file, "sha256Hash"u8),
                MimeType = Text(file, "mimeType"u8),
                IsReady = state is "ACTIVE",
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement file, ReadOnlySpan<byte> name) =>
        file.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
