using System.Runtime.InteropServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Pollux.Settings;

namespace Pollux.Pictures.Hosts;

/// <summary>
/// A bucket of a service with S3's API. Its library is large: it is loaded with the first picture and not before. The bucket
/// must let anybody read; no right is set by object, since many services refuse that.
/// </summary>
internal sealed class BucketPictures(BucketSettings bucket, PictureConnections connections) : IPictureStore, IDisposable
{
    private const string Caching = "public, max-age=31536000, immutable";

    private readonly Lock _lock = new();
    private AmazonS3Client? _client;

    private AmazonS3Client Client
    {
        get
        {
            lock (_lock)
                return _client ??= Connect();
        }
    }

    /// <inheritdoc/>
    public async Task<PicturePlace> SaveAsync(PictureName name, ReadOnlyMemory<byte> picture, CancellationToken cancellation)
    {
        using MemoryStream body = MemoryMarshal.TryGetArray(picture, out ArraySegment<byte> array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(picture.ToArray(), writable: false);
        var request = new PutObjectRequest
        {
            BucketName = bucket.Name,
            Key = name.Text,
            ContentType = name.MediaType,
            InputStream = body,
            AutoCloseStream = false,
            UseChunkEncoding = false, // signed as a whole: some services do not know the signed chunks of S3
        };
        request.Headers.CacheControl = Caching;
        await TellAsync(bounded => Client.PutObjectAsync(request, bounded), cancellation);
        return new PicturePlace(new Uri(bucket.PublicAddress, name.Text));
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(PictureName name, CancellationToken cancellation)
    {
        await TellAsync(bounded => Client.DeleteObjectAsync(bucket.Name, name.Text, bounded), cancellation);
        return true; // S3 does not tell whether it was there
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            _client?.Dispose();
    }

    private async Task TellAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            await connections.BoundAsync(work, cancellation);
        }
        catch (AmazonServiceException fault)
        {
            throw new PictureStoreException($"The service answered {(int)fault.StatusCode} {fault.ErrorCode}: {fault.Message}", fault);
        }
        catch (AmazonClientException fault)
        {
            throw new PictureStoreException($"The service could not be asked: {fault.Message}", fault);
        }
    }

    private AmazonS3Client Connect() => new(
        new BasicAWSCredentials(bucket.AccessKey.Reveal(), bucket.SecretKey.Reveal()),
        new AmazonS3Config
        {
            ServiceURL = bucket.Endpoint.AbsoluteUri,
            AuthenticationRegion = bucket.Region,
            ForcePathStyle = bucket.InPath,
            Timeout = PictureConnections.Patience,
            MaxErrorRetry = 1,
            DefaultConfigurationMode = DefaultConfigurationMode.Standard, // else it looks around on the machine
            HttpClientFactory = new SharedClient(connections),
        });

    /// <summary>Lets the library use the connections of this room.</summary>
    private sealed class SharedClient(PictureConnections connections) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => connections.Client;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
