using System.Net.Http.Headers;
using Pollux.Settings;

namespace Pollux.Pictures.Hosts;

/// <summary>
/// sm.ms, by version 2 of its API (https://doc.sm.ms). A picture that it has already is no failure: it tells where that one is.
/// </summary>
internal sealed class SmmsPictures(UploadHostSettings host, PictureConnections connections) : IPictureStore
{
    /// <inheritdoc/>
    public async Task<PicturePlace> SaveAsync(PictureName name, ReadOnlyMemory<byte> picture, CancellationToken cancellation)
    {
        HttpAnswer answer = await connections.AskAsync(() => Request(name, picture), cancellation);
        return HostJson.Place(answer, static json => json.Member("code")?.Text() == "image_repeated"
            ? json.Member("images")?.Text()
            : json.Member("success")?.ValueKind == System.Text.Json.JsonValueKind.True ? json.Member("data")?.Member("url")?.Text() : null);
    }

    /// <summary>Deletes nothing: sm.ms wants the picture's own address for it, which is not kept.</summary>
    public Task<bool> DeleteAsync(PictureName name, CancellationToken cancellation) => Task.FromResult(false);

    private HttpRequestMessage Request(PictureName name, ReadOnlyMemory<byte> picture)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, host.Address) { Content = UploadForm.Of("smfile", name, picture) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", host.Secret!.Reveal()); // the token as it is
        return request;
    }
}
