using Pollux.KeyPool;

namespace Pollux.Settings;

/// <summary>Where a picture goes that a model made.</summary>
internal enum PictureStoreKind
{
    /// <summary>Into the memory of this process; the default.</summary>
    Memory,

    /// <summary>Into files of this machine.</summary>
    Local,

    /// <summary>To a service with S3's API: S3 itself, Tencent COS, Qiniu Kodo, MinIO, R2.</summary>
    Bucket,

    /// <summary>To sm.ms.</summary>
    Smms,

    /// <summary>To PicGo, or to another server with Chevereto's API.</summary>
    PicGo,

    /// <summary>To a Cloudflare ImgBed.</summary>
    CloudflareImgbed,

    /// <summary>To Aliyun OSS.</summary>
    AliyunOss,

    /// <summary>Nowhere: it stays in the answer as a data URI.</summary>
    None,
}

/// <summary>Where made pictures live and how they are linked to.</summary>
internal sealed record PictureSettings
{
    /// <summary><c>IMAGE_STORAGE_TYPE</c>, else <c>UPLOAD_PROVIDER</c> where its settings are there, else memory.</summary>
    public required PictureStoreKind Store { get; init; }

    /// <summary><c>HOST_URL</c>: what links to own pictures begin with; <see langword="null"/>: the address the client called.</summary>
    public required Uri? HostAddress { get; init; }

    /// <summary>The bounds of the store in memory.</summary>
    public required MemoryPictureSettings Memory { get; init; }

    /// <summary>The folder, and its bounds.</summary>
    public required LocalPictureSettings Local { get; init; }

    /// <summary>Not null where <see cref="Store"/> is a bucket.</summary>
    public required BucketSettings? Bucket { get; init; }

    /// <summary>Not null where <see cref="Store"/> is an upload host.</summary>
    public required UploadHostSettings? Host { get; init; }

    /// <summary>Every secret of the stores: what must not stand in a log line.</summary>
    public IEnumerable<SecretText> Secrets => new[] { Bucket?.AccessKey, Bucket?.SecretKey, Host?.Secret, Host?.AccessKey }.OfType<SecretText>();
}

/// <summary>The bounds of pictures in memory: the oldest make room.</summary>
internal sealed record MemoryPictureSettings
{
    /// <summary><c>MEMORY_MAX_IMAGE_NUMBER</c>, default 1000; 0 or less: <see cref="SettingsLoader.MemoryPictureCeiling"/>.</summary>
    public required int MaxPictures { get; init; }

    /// <summary><c>MEMORY_MAX_IMAGE_SIZE_MB</c>; 0 or less (default): <see cref="SettingsLoader.MemoryPictureMegabytesCeiling"/>.</summary>
    public required long MaxBytes { get; init; }
}

/// <summary>Pictures in files. What is above a bound is deleted, the oldest first.</summary>
internal sealed record LocalPictureSettings
{
    /// <summary><c>IMAGE_STORAGE_DIR</c>, default <c>images</c> in <c>DATA_DIR</c>.</summary>
    public required string Folder { get; init; }

    /// <summary><c>LOCAL_MAX_IMAGE_NUMBER</c>, default 1000; 0 = no bound.</summary>
    public required int MaxPictures { get; init; }

    /// <summary><c>LOCAL_MAX_IMAGE_SIZE_MB</c>, default 1000 MB in all; 0 = no bound.</summary>
    public required long MaxBytes { get; init; }

    /// <summary><c>LOCAL_MAX_IMAGE_DAYS</c>; zero (default) = they do not age.</summary>
    public required TimeSpan MaxAge { get; init; }
}

/// <summary>A bucket of a service with S3's API.</summary>
internal sealed record BucketSettings
{
    /// <summary>Where the API is, without the bucket.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The region that requests are signed for.</summary>
    public required string Region { get; init; }

    /// <summary>The bucket.</summary>
    public required string Name { get; init; }

    /// <summary>Who signs.</summary>
    public required SecretText AccessKey { get; init; }

    /// <summary>What is signed with.</summary>
    public required SecretText SecretKey { get; init; }

    /// <summary>What links begin with; the pictures must be readable there by anybody.</summary>
    public required Uri PublicAddress { get; init; }

    /// <summary>Whether the bucket stands in the path and not in front of the host.</summary>
    public required bool InPath { get; init; }
}

/// <summary>An account at an upload host. What a member means is the host's matter.</summary>
internal sealed record UploadHostSettings
{
    /// <summary>Where uploads go to; OSS: the endpoint without the bucket.</summary>
    public required Uri Address { get; init; }

    /// <summary>Token, API key, auth code or secret key; <see langword="null"/>: the host wants none.</summary>
    public required SecretText? Secret { get; init; }

    /// <summary><c>OSS_ACCESS_KEY</c>.</summary>
    public SecretText? AccessKey { get; init; }

    /// <summary><c>OSS_BUCKET_NAME</c>.</summary>
    public string Bucket { get; init; } = "";

    /// <summary><c>OSS_REGION</c>, or what the endpoint's name tells.</summary>
    public string Region { get; init; } = "";

    /// <summary><c>CLOUDFLARE_IMGBED_UPLOAD_FOLDER</c>; empty = none.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Whether PicGo's own server is asked, which takes its key in a header; others take it in the query.</summary>
    public bool KeyInHeader { get; init; }
}
