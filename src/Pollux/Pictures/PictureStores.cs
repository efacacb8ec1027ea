using Pollux.Pictures.Hosts;
using Pollux.Settings;

namespace Pollux.Pictures;

/// <summary>
/// The stores there are: two of this gateway, which serve what they hold whatever the settings say today, and the configured
/// one, made when it is first used.
/// </summary>
internal sealed class PictureStores(MemoryPictures memory, LocalPictures local, PictureConnections connections, TimeProvider clock) : IDisposable
{
    private readonly Lock _lock = new();
    private PictureSettings? _madeFor;
    private IPictureStore? _made;

    /// <summary>The configured store; <see langword="null"/>: pictures are not stored.</summary>
    public IPictureStore? For(PictureSettings settings)
    {
        switch (settings.Store)
        {
            case PictureStoreKind.None:
                return null;
            case PictureStoreKind.Memory:
                return memory;
            case PictureStoreKind.Local:
                return local;
            default:
                lock (_lock)
                {
                    if (!ReferenceEquals(_madeFor, settings))
                        (_made, _madeFor) = (Remote(settings), settings); // the one before may be uploading: it is left to the collector
                    return _made;
                }
        }
    }

    /// <summary>Opens a picture wherever it is; the caller disposes of it. The stream can seek.</summary>
    /// <returns><see langword="null"/>: no store of this gateway holds it.</returns>
    public Stream? Open(PictureName name) => memory.Open(name) ?? local.Open(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            (_made as IDisposable)?.Dispose();
    }

    private IPictureStore Remote(PictureSettings settings) => settings switch
    {
        { Store: PictureStoreKind.Bucket, Bucket: { } bucket } => new BucketPictures(bucket, connections),
        { Store: PictureStoreKind.Smms, Host: { } host } => new SmmsPictures(host, connections),
        { Store: PictureStoreKind.PicGo, Host: { } host } => new PicGoPictures(host, connections),
        { Store: PictureStoreKind.CloudflareImgbed, Host: { } host } => new ImgbedPictures(host, connections),
        { Store: PictureStoreKind.AliyunOss, Host: { } host } => new OssPictures(host, connections, clock),
        _ => throw new InvalidOperationException($"{settings.Store} has no settings."),
    };
}
