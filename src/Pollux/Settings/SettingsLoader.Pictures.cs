using System.Net;
using Pollux.KeyPool;

namespace Pollux.Settings;

// Where made pictures live.
internal static partial class SettingsLoader
{
    /// <summary>Pictures in memory where <c>MEMORY_MAX_IMAGE_NUMBER</c> is off.</summary>
    public const int MemoryPictureCeiling = 10_000;

    /// <summary>Megabytes of pictures in memory where <c>MEMORY_MAX_IMAGE_SIZE_MB</c> is off.</summary>
    public const int MemoryPictureMegabytesCeiling = 256;

    private const string SmmsAddress = "https://sm.ms/api/v2/upload";
    private const string PicGoAddress = "https://www.picgo.net/api/1/upload";

    private static PictureSettings LoadPictures(SettingSource source, string dataDirectory)
    {
        var settings = new PictureSettings
        {
            Store = PictureStoreKind.Memory,
            HostAddress = LoadHostAddress(source),
            Memory = LoadMemoryPictures(source),
            Local = new LocalPictureSettings
            {
                Folder = source.Text("IMAGE_STORAGE_DIR") ?? Path.Combine(dataDirectory, "images"),
                MaxPictures = Math.Max(0, source.Integer("LOCAL_MAX_IMAGE_NUMBER", 1000, int.MinValue, 10_000_000)),
                MaxBytes = Math.Max(0, source.Integer("LOCAL_MAX_IMAGE_SIZE_MB", 1000, int.MinValue, 100_000_000)) * (long)Megabyte,
                MaxAge = TimeSpan.FromDays(Math.Max(0, source.Number("LOCAL_MAX_IMAGE_DAYS", 0, 36_500))),
            },
            Bucket = null,
            Host = null,
        };
        return source.Text("IMAGE_STORAGE_TYPE") is { } type ? WithStorageType(source, settings, type) : WithUploadProvider(source, settings);
    }

    private static PictureSettings WithStorageType(SettingSource source, PictureSettings settings, string type)
    {
        const string Name = "IMAGE_STORAGE_TYPE";
        switch (type.ToUpperInvariant())
        {
            case "MEMORY":
                return settings;
            case "LOCAL":
                return settings with { Store = PictureStoreKind.Local };
            case "NONE":
                return settings with { Store = PictureStoreKind.None };
            case "S3":
                return WithBucket(source, settings, LoadS3(source), "S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY and one of S3_ENDPOINT and S3_REGION");
            case "TENCENT":
                return WithBucket(source, settings, LoadTencent(source), "TENCENT_SECRET_ID, TENCENT_SECRET_KEY, TENCENT_REGION and TENCENT_BUCKET");
            case "QINIU":
                return WithBucket(source, settings, LoadQiniu(source), "QINIU_ACCESS_KEY, QINIU_SECRET_KEY, QINIU_BUCKET_NAME and QINIU_BUCKET_DOMAIN");
            default:
                source.Fault(Name, "is none of local, memory, s3, tencent, qiniu, none; memory holds");
                return settings;
        }
    }

    private static PictureSettings WithBucket(SettingSource source, PictureSettings settings, BucketSettings? bucket, string needed)
    {
        if (bucket is not null)
            return settings with { Store = PictureStoreKind.Bucket, Bucket = bucket };
        source.Fault("IMAGE_STORAGE_TYPE", $"needs {needed}, and one of them is missing; memory holds");
        return settings;
    }

    /// <summary>Samples of settings name a provider with made-up tokens, so one that is not set up is no fault.</summary>
    private static PictureSettings WithUploadProvider(SettingSource source, PictureSettings settings)
    {
        (PictureStoreKind store, UploadHostSettings? host) = source.Choice("UPLOAD_PROVIDER", "smms", "picgo", "cloudflare_imgbed", "aliyun_oss") switch
        {
            "picgo" => (PictureStoreKind.PicGo, LoadPicGo(source)),
            "cloudflare_imgbed" => (PictureStoreKind.CloudflareImgbed, LoadImgbed(source)),
            "aliyun_oss" => (PictureStoreKind.AliyunOss, LoadOss(source)),
            _ => (PictureStoreKind.Smms, Secret(source, "SMMS_SECRET_TOKEN") is { } token ? new UploadHostSettings { Address = new Uri(SmmsAddress), Secret = token } : null),
        };
        return host is null ? settings : settings with { Store = store, Host = host };
    }

    private static MemoryPictureSettings LoadMemoryPictures(SettingSource source)
    {
        int number = source.Integer("MEMORY_MAX_IMAGE_NUMBER", 1000, int.MinValue, 1_000_000);
        int megabytes = source.Integer("MEMORY_MAX_IMAGE_SIZE_MB", 0, int.MinValue, 100_000);
        return new MemoryPictureSettings
        {
            MaxPictures = number > 0 ? number : MemoryPictureCeiling,
            MaxBytes = (megabytes > 0 ? megabytes : MemoryPictureMegabytesCeiling) * (long)Megabyte,
        };
    }

    private static Uri? LoadHostAddress(SettingSource source)
    {
        if (source.Text("HOST_URL") is not { } text)
            return null;
        if (Address(text, "https") is { Query.Length: 0 } address)
            return address;
        source.Fault("HOST_URL", "is not an http or https address; links to pictures begin with the address that was called");
        return null;
    }

    private static BucketSettings? LoadS3(SettingSource source)
    {
        string? region = source.Text("S3_REGION");
        Uri? endpoint = Endpoint(source) ?? (region is null ? null : Address($"s3.{region}.amazonaws.com", "https"));
        return Bucket(source, endpoint, region ?? "us-east-1", Real(source, "S3_BUCKET"), Secret(source, "S3_ACCESS_KEY"), Secret(source, "S3_SECRET_KEY"), "S3_PUBLIC_URL");
    }

    private static BucketSettings? LoadTencent(SettingSource source)
    {
        string? region = Real(source, "TENCENT_REGION");
        Uri? endpoint = Endpoint(source) ?? (region is null ? null : Address($"cos.{region}.myqcloud.com", "https"));
        return Bucket(source, endpoint, region, Real(source, "TENCENT_BUCKET"), Secret(source, "TENCENT_SECRET_ID"), Secret(source, "TENCENT_SECRET_KEY"), "TENCENT_DOMAIN");
    }

    /// <summary>Kodo's files name no region; S3's API has an endpoint for each, and its oldest one is the default.</summary>
    private static BucketSettings? LoadQiniu(SettingSource source)
    {
        string region = source.Text("S3_REGION") ?? "cn-east-1";
        return Real(source, "QINIU_BUCKET_DOMAIN") is null
            ? null
            : Bucket(source, Endpoint(source) ?? Address($"s3.{region}.qiniucs.com", "https"), region, Real(source, "QINIU_BUCKET_NAME"), Secret(source, "QINIU_ACCESS_KEY"), Secret(source, "QINIU_SECRET_KEY"), "QINIU_BUCKET_DOMAIN");
    }

    private static BucketSettings? Bucket(SettingSource source, Uri? endpoint, string? region, string? name, SecretText? accessKey, SecretText? secretKey, string publicName)
    {
        if (endpoint is null || region is null || name is null || accessKey is null || secretKey is null)
            return null;
        bool inPath = source.Boolean("S3_PATH_STYLE", TakesBucketInPath(endpoint));
        Uri? link = null;
        if (Real(source, publicName) is { } text && (link = Address(text, "https")) is null)
            source.Fault(publicName, "is not an http or https address; links begin with the bucket's own address");
        return new BucketSettings
        {
            Endpoint = endpoint,
            Region = region,
            Name = name,
            AccessKey = accessKey,
            SecretKey = secretKey,
            InPath = inPath,
            PublicAddress = link ?? (inPath ? new Uri(endpoint, Uri.EscapeDataString(name) + "/") : InFront(endpoint, name)),
        };
    }

    /// <summary>Own servers usually have no name for each bucket; the large services want the bucket in front of the host.</summary>
    private static bool TakesBucketInPath(Uri endpoint) => !IsLargeService(endpoint.IdnHost);

    private static bool IsLargeService(string host) =>
        host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".amazonaws.com.cn", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".myqcloud.com", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".qiniucs.com", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".aliyuncs.com", StringComparison.OrdinalIgnoreCase);

    private static Uri? Endpoint(SettingSource source)
    {
        if (source.Text("S3_ENDPOINT") is not { } text)
            return null;
        Uri? endpoint = Address(text, "https");
        if (endpoint is null)
            source.Fault("S3_ENDPOINT", "is not an http or https address; it counts as not set");
        return endpoint;
    }

    private static UploadHostSettings? LoadPicGo(SettingSource source)
    {
        if (Secret(source, "PICGO_API_KEY") is not { } key)
            return null;
        Uri address = new(PicGoAddress);
        if (source.Text("PICGO_API_URL") is { } text)
        {
            if (Absolute(text) is { } other)
                address = other;
            else
                source.Fault("PICGO_API_URL", $"is not an http or https address; {PicGoAddress} holds");
        }

        return new UploadHostSettings { Address = address, Secret = key, KeyInHeader = address.IdnHost == new Uri(PicGoAddress).IdnHost };
    }

    private static UploadHostSettings? LoadImgbed(SettingSource source)
    {
        if (Real(source, "CLOUDFLARE_IMGBED_URL") is not { } text)
            return null;
        if (Absolute(text) is not { } address || !address.AbsolutePath.EndsWith("/upload", StringComparison.Ordinal))
        {
            source.Fault("CLOUDFLARE_IMGBED_URL", "is not an http or https address that ends in /upload; it counts as not set");
            return null;
        }

        return new UploadHostSettings
        {
            Address = new Uri(address.GetLeftPart(UriPartial.Path)),
            Secret = Secret(source, "CLOUDFLARE_IMGBED_AUTH_CODE"),
            Folder = source.Text("CLOUDFLARE_IMGBED_UPLOAD_FOLDER") ?? "",
        };
    }

    /// <summary>The endpoint is written with and without scheme, and with and without the bucket in front.</summary>
    private static UploadHostSettings? LoadOss(SettingSource source)
    {
        string? bucket = Real(source, "OSS_BUCKET_NAME");
        string? region = Real(source, "OSS_REGION") is { } named ? WithoutOss(named) : null;
        Uri? endpoint = Real(source, "OSS_ENDPOINT") is { } text ? Address(text, "https") : region is null ? null : Address($"oss-{region}.aliyuncs.com", "https");
        if (bucket is null || endpoint is null || Secret(source, "OSS_ACCESS_KEY") is not { } accessKey || Secret(source, "OSS_ACCESS_KEY_SECRET") is not { } secret)
            return null;
        if (endpoint.Host.StartsWith(bucket + ".", StringComparison.OrdinalIgnoreCase))
            endpoint = new UriBuilder(endpoint) { Host = endpoint.Host[(bucket.Length + 1)..] }.Uri;
        string first = endpoint.Host.Split('.')[0];
        region ??= endpoint.Host.EndsWith(".aliyuncs.com", StringComparison.OrdinalIgnoreCase) && first.StartsWith("oss-", StringComparison.Ordinal) ? WithoutOss(first.Replace("-internal", "", StringComparison.Ordinal)) : null;
        if (region is null)
        {
            source.Fault("OSS_REGION", "must be set where OSS_ENDPOINT does not name the region; the provider counts as not set up");
            return null;
        }

        return new UploadHostSettings { Address = endpoint, Secret = secret, AccessKey = accessKey, Bucket = bucket, Region = region };

        static string WithoutOss(string region) => region.StartsWith("oss-", StringComparison.Ordinal) ? region["oss-".Length..] : region;
    }

    private static SecretText? Secret(SettingSource source, string name) => Real(source, name) is { } text ? new SecretText(text) : null;

    /// <summary>A value that is no sample: those of the predecessors' files are <c>xxxx</c> and <c>your_...</c>.</summary>
    private static string? Real(SettingSource source, string name) =>
        source.Text(name) is { } text && !KeyPlaceholders.IsPlaceholder(text) && text.AsSpan().ContainsAnyExcept('x', 'X') ? text : null;

    /// <summary>An address that others are made from: with a scheme, and a slash at its end.</summary>
    private static Uri? Address(string text, string scheme)
    {
        string whole = text.Contains("://", StringComparison.Ordinal) ? text : $"{scheme}://{text}";
        return Absolute(whole.TrimEnd('/') + "/");
    }

    private static Uri? Absolute(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 ? address : null;

    private static Uri InFront(Uri endpoint, string bucket) =>
        IPAddress.TryParse(endpoint.Host, out _) ? new Uri(endpoint, Uri.EscapeDataString(bucket) + "/") : new UriBuilder(endpoint) { Host = $"{bucket}.{endpoint.Host}" }.Uri;
}
