using System.Text.Json;

namespace Pollux.Pictures.Hosts;

/// <summary>Reads the small JSON answers of hosts: what is not there or of another kind is simply not found.</summary>
internal static class HostJson
{
    /// <summary>Reads an answer and looks for the link in it.</summary>
    /// <exception cref="PictureStoreException">The answer is no JSON, or holds no http or https address.</exception>
    public static PicturePlace Place(HttpAnswer answer, Func<JsonElement, string?> link)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(answer.Text);
            if (link(json.RootElement) is { } text && Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
                return new PicturePlace(address);
        }
        catch (JsonException)
        {
            // told below, like all that holds no link
        }

        throw answer.Refusal;
    }

    /// <summary>A member of an object.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : null;

    /// <summary>The first element of an array.</summary>
    public static JsonElement? First(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0 ? element[0] : null;

    /// <summary>The text of a string.</summary>
    public static string? Text(this JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;
}
