using System.Net;
using System.Net.Http.Headers;
using Pollux.Settings;

namespace Pollux.Pictures.Hosts;

/// <summary>
/// Aliyun OSS: objects that anybody may read, put with version 4 of its signature, since new accounts cannot use version 1
/// any more.
/// </summary>
internal sealed class OssPictures(UploadHostSettings host, PictureConnections connections, TimeProvider clock) : IPictureStore
{
    /// <inheritdoc/>
    public async Task<PicturePlace> SaveAsync(PictureName name, ReadOnlyMemory<byte> picture, CancellationToken cancellation)
    {
        HttpAnswer answer = await connections.AskAsync(() => Put(name, picture), cancellation);
        return answer.IsGood ? new PicturePlace(AddressOf(name)) : throw answer.Refusal;
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(PictureName name, CancellationToken cancellation)
    {
        HttpAnswer answer = await connections.AskAsync(() => Signed(new HttpRequestMessage(HttpMethod.Delete, AddressOf(name)), name), cancellation);
        return answer.IsGood || (answer.Status == HttpStatusCode.NotFound ? false : throw answer.Refusal);
    }

    private Uri AddressOf(PictureName name)
    {
        bool inPath = IPAddress.TryParse(host.Address.Host, out _);
        return inPath
            ? new Uri(host.Address, $"{host.Bucket}/{name.Text}")
            : new Uri(new UriBuilder(host.Address) { Host = $"{host.Bucket}.{host.Address.Host}" }.Uri, name.Text);
    }

    private HttpRequestMessage Put(PictureName name, ReadOnlyMemory<byte> picture)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, AddressOf(name)) { Content = new ReadOnlyMemoryContent(picture) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(name.MediaType);
        request.Headers.TryAddWithoutValidation("x-oss-object-acl", "public-read");
        return Signed(request, name);
    }

    private HttpRequestMessage Signed(HttpRequestMessage request, PictureName name)
    {
        OssSignature.Sign(request, $"/{host.Bucket}/{name.Text}", host.Region, host.AccessKey!.Reveal(), host.Secret!.Utf8.Span, clock.GetUtcNow());
        return request;
    }
}
