using System.Text.Json;
using Pollux.Settings;

namespace Pollux.Pictures.Hosts;

/// <summary>PicGo's own server, and others with the API of Chevereto 4 or with a list of links as their answer.</summary>
internal sealed class PicGoPictures(UploadHostSettings host, PictureConnections connections) : IPictureStore
{
    /// <inheritdoc/>
    public async Task<PicturePlace> SaveAsync(PictureName name, ReadOnlyMemory<byte> picture, CancellationToken cancellation)
    {
        HttpAnswer answer = await connections.AskAsync(() => Request(name, picture), cancellation);
        return answer.IsGood ? HostJson.Place(answer, Link) : throw answer.Refusal;
    }

    /// <summary>Deletes nothing: the API has no way to.</summary>
    public Task<bool> DeleteAsync(PictureName name, CancellationToken cancellation) => Task.FromResult(false);

    private static string? Link(JsonElement json)
    {
        if (json.Member("status_code") is { ValueKind: JsonValueKind.Number } status)
            return status.TryGetInt32(out int code) && code == 200 ? json.Member("image")?.Member("url")?.Text() : null;
        return json.Member("success")?.ValueKind == JsonValueKind.True ? json.Member("result")?.First()?.Text() : null;
    }

    private HttpRequestMessage Request(PictureName name, ReadOnlyMemory<byte> picture)
    {
        string key = host.Secret!.Reveal();
        Uri address = host.Address;
        if (!host.KeyInHeader)
            address = new UriBuilder(address) { Query = $"{address.Query.TrimStart('?')}{(address.Query.Length > 1 ? "&" : "")}key={Uri.EscapeDataString(key)}" }.Uri;
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = UploadForm.Of("source", name, picture) };
        if (host.KeyInHeader)
            request.Headers.TryAddWithoutValidation("X-API-Key", key);
        return request;
    }
}
