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
            bool isSettled = file.TryGetProperty("state"u8, out JsonElement state) && state.ValueKind == JsonValueKind.String && state.GetString() is "ACTIVE" or "FAILED";
            return new UploadedFile(name, expiresAt, isSettled, JsonSerializer.SerializeToUtf8Bytes(file, FilesJson.Default.JsonElement));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
