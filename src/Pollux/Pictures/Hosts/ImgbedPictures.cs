using Pollux.Settings;

namespace Pollux.Pictures.Hosts;

/// <summary>A Cloudflare ImgBed. It may want no auth code; the name is kept, since ours cannot be guessed and theirs can.</summary>
internal sealed class ImgbedPictures(UploadHostSettings host, PictureConnections connections) : IPictureStore
{
    private const string UploadPath = "/upload";

    /// <inheritdoc/>
    public async Task<PicturePlace> SaveAsync(PictureName name, ReadOnlyMemory<byte> picture, CancellationToken cancellation)
    {
        HttpAnswer answer = await connections.AskAsync(() => new HttpRequestMessage(HttpMethod.Post, Address()) { Content = UploadForm.Of("file", name, picture) }, cancellation);
        if (!answer.IsGood)
            throw answer.Refusal;
        return HostJson.Place(answer, json => json.First()?.Member("src")?.Text() is { Length: > 0 } source ? Link(source) : null);
    }

    /// <summary>Deletes nothing: that takes another credential than an upload.</summary>
    public Task<bool> DeleteAsync(PictureName name, CancellationToken cancellation) => Task.FromResult(false);

    /// <summary>What it answers is a path below the place where it is installed, or a whole address.</summary>
    private string Link(string source)
    {
        if (source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return source;
        return $"{host.Address.AbsoluteUri[..^UploadPath.Length].TrimEnd('/')}/{source.TrimStart('/')}";
    }

    private Uri Address()
    {
        string query = "uploadNameType=origin";
        if (host.Secret is { } code)
            query = $"authCode={Uri.EscapeDataString(code.Reveal())}&{query}";
        if (host.Folder.Length > 0)
            query += $"&uploadFolder={Uri.EscapeDataString(host.Folder)}";
        return new UriBuilder(host.Address) { Query = query }.Uri;
    }
}
