using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>IMG-1, IMG-2: which store the settings mean, and what is told when they mean none.</summary>
public sealed class PictureSettingsTests
{
    private const string Tencent = "TENCENT_SECRET_ID=id\nTENCENT_SECRET_KEY=secret\nTENCENT_REGION=ap-guangzhou\nTENCENT_BUCKET=made-125\n";
    private const string Qiniu = "QINIU_ACCESS_KEY=id\nQINIU_SECRET_KEY=secret\nQINIU_BUCKET_NAME=made\nQINIU_BUCKET_DOMAIN=http://cdn.test\n";
    private const string S3 = "S3_BUCKET=made\nS3_ACCESS_KEY=id\nS3_SECRET_KEY=secret\n";
    private const string Oss = "OSS_BUCKET_NAME=made\nOSS_ACCESS_KEY=id\nOSS_ACCESS_KEY_SECRET=secret\n";

    [Theory]
    [InlineData("", "Memory")]
    [InlineData("IMAGE_STORAGE_TYPE=Local", "Local")]
    [InlineData("IMAGE_STORAGE_TYPE=none", "None")]
    [InlineData("IMAGE_STORAGE_TYPE=tencent\n" + Tencent, "Bucket")]
    [InlineData("IMAGE_STORAGE_TYPE=qiniu\n" + Qiniu, "Bucket")]
    [InlineData("IMAGE_STORAGE_TYPE=s3\nS3_REGION=eu-west-1\n" + S3, "Bucket")]
    [InlineData("IMAGE_STORAGE_TYPE=memory\nUPLOAD_PROVIDER=smms\nSMMS_SECRET_TOKEN=real", "Memory")] // the first one counts
    [InlineData(Tencent, "Memory")] // settings alone choose no store
    [InlineData("UPLOAD_PROVIDER=smms\nSMMS_SECRET_TOKEN=real", "Smms")]
    [InlineData("SMMS_SECRET_TOKEN=real", "Smms")] // the predecessor's default provider
    [InlineData("UPLOAD_PROVIDER=smms\nSMMS_SECRET_TOKEN=XXXX", "Memory")] // samples
    [InlineData("UPLOAD_PROVIDER=picgo\nPICGO_API_KEY=xxxx", "Memory")]
    [InlineData("UPLOAD_PROVIDER=picgo\nPICGO_API_KEY=your_api_key", "Memory")]
    [InlineData("UPLOAD_PROVIDER=picgo\nSMMS_SECRET_TOKEN=real", "Memory")]
    [InlineData("UPLOAD_PROVIDER=picgo\nPICGO_API_KEY=real", "PicGo")]
    [InlineData("UPLOAD_PROVIDER=cloudflare_imgbed\nCLOUDFLARE_IMGBED_URL=https://xxxxxxx.pages.dev/upload\nCLOUDFLARE_IMGBED_AUTH_CODE=xxxxxxxxx", "Memory")]
    [InlineData("UPLOAD_PROVIDER=cloudflare_imgbed\nCLOUDFLARE_IMGBED_URL=https://bed.test/upload", "CloudflareImgbed")]
    [InlineData("UPLOAD_PROVIDER=cloudflare_imgbed\nCLOUDFLARE_IMGBED_URL=https://bed.test/upload\nCLOUDFLARE_IMGBED_AUTH_CODE=", "CloudflareImgbed")]
    [InlineData("UPLOAD_PROVIDER=aliyun_oss\nOSS_REGION=cn-shanghai\n" + Oss, "AliyunOss")]
    [InlineData("UPLOAD_PROVIDER=aliyun_oss\nOSS_ENDPOINT=oss-cn-shanghai.aliyuncs.com\n" + Oss, "AliyunOss")]
    [InlineData("UPLOAD_PROVIDER=aliyun_oss\n" + Oss, "Memory")]
    public void The_store_follows_from_the_settings(string file, string store)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(file);

        Assert.Empty(faults);
        Assert.Equal(store, settings.Pictures.Store.ToString());
    }

    [Theory]
    [InlineData("IMAGE_STORAGE_TYPE=cupboard", "IMAGE_STORAGE_TYPE")]
    [InlineData("IMAGE_STORAGE_TYPE=tencent\nTENCENT_REGION=ap-guangzhou", "IMAGE_STORAGE_TYPE")]
    [InlineData("IMAGE_STORAGE_TYPE=s3\n" + S3, "IMAGE_STORAGE_TYPE")] // neither endpoint nor region
    [InlineData("IMAGE_STORAGE_TYPE=qiniu\n" + Tencent, "IMAGE_STORAGE_TYPE")]
    [InlineData("UPLOAD_PROVIDER=imgur", "UPLOAD_PROVIDER")]
    [InlineData("UPLOAD_PROVIDER=cloudflare_imgbed\nCLOUDFLARE_IMGBED_URL=https://bed.test/", "CLOUDFLARE_IMGBED_URL")]
    [InlineData("UPLOAD_PROVIDER=cloudflare_imgbed\nCLOUDFLARE_IMGBED_URL=ftp://bed.test/upload", "CLOUDFLARE_IMGBED_URL")]
    [InlineData("UPLOAD_PROVIDER=aliyun_oss\nOSS_ENDPOINT=pictures.test\n" + Oss, "OSS_REGION")]
    [InlineData("HOST_URL=ftp://gateway.test", "HOST_URL")]
    [InlineData("LOCAL_MAX_IMAGE_NUMBER=many", "LOCAL_MAX_IMAGE_NUMBER")]
    public void What_cannot_be_meant_is_told_and_memory_holds(string file, string name)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(file);

        Assert.Equal(name, Assert.Single(faults).Name);
        Assert.Equal((PictureStoreKind.Memory, (Uri?)null), (settings.Pictures.Store, settings.Pictures.HostAddress));
    }

    [Theory]
    [InlineData("tencent", Tencent, "https://cos.ap-guangzhou.myqcloud.com/", "ap-guangzhou", false, "https://made-125.cos.ap-guangzhou.myqcloud.com/")]
    [InlineData("tencent", Tencent + "TENCENT_DOMAIN=cdn.test", "https://cos.ap-guangzhou.myqcloud.com/", "ap-guangzhou", false, "https://cdn.test/")]
    [InlineData("tencent", Tencent + "S3_ENDPOINT=http://127.0.0.1:9000", "http://127.0.0.1:9000/", "ap-guangzhou", true, "http://127.0.0.1:9000/made-125/")]
    [InlineData("qiniu", Qiniu, "https://s3.cn-east-1.qiniucs.com/", "cn-east-1", false, "http://cdn.test/")]
    [InlineData("qiniu", Qiniu + "S3_REGION=cn-south-1", "https://s3.cn-south-1.qiniucs.com/", "cn-south-1", false, "http://cdn.test/")]
    [InlineData("qiniu", Qiniu + "S3_ENDPOINT=https://s3.cn-north-1.qiniucs.com", "https://s3.cn-north-1.qiniucs.com/", "cn-east-1", false, "http://cdn.test/")]
    [InlineData("s3", S3 + "S3_REGION=eu-west-1", "https://s3.eu-west-1.amazonaws.com/", "eu-west-1", false, "https://made.s3.eu-west-1.amazonaws.com/")]
    [InlineData("s3", S3 + "S3_ENDPOINT=minio.test:9000", "https://minio.test:9000/", "us-east-1", true, "https://minio.test:9000/made/")]
    [InlineData("s3", S3 + "S3_ENDPOINT=https://minio.test\nS3_PATH_STYLE=no", "https://minio.test/", "us-east-1", false, "https://made.minio.test/")]
    [InlineData("s3", S3 + "S3_ENDPOINT=https://minio.test\nS3_PUBLIC_URL=https://cdn.test/made/", "https://minio.test/", "us-east-1", true, "https://cdn.test/made/")]
    public void Every_service_with_S3s_API_is_a_bucket(string type, string file, string endpoint, string region, bool inPath, string links)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(file, ("IMAGE_STORAGE_TYPE", type));

        Assert.Empty(faults);
        BucketSettings bucket = settings.Pictures.Bucket!;
        Assert.Equal((endpoint, region, inPath, links), (bucket.Endpoint.AbsoluteUri, bucket.Region, bucket.InPath, bucket.PublicAddress.AbsoluteUri));
        Assert.Equal(["id", "secret"], settings.Pictures.Secrets.Select(static secret => secret.Reveal()));
    }

    [Theory]
    [InlineData("OSS_ENDPOINT=oss-cn-shanghai.aliyuncs.com", "https://oss-cn-shanghai.aliyuncs.com/", "cn-shanghai")]
    [InlineData("OSS_ENDPOINT=http://oss-cn-shanghai-internal.aliyuncs.com/", "http://oss-cn-shanghai-internal.aliyuncs.com/", "cn-shanghai")]
    [InlineData("OSS_ENDPOINT=https://made.oss-cn-shanghai.aliyuncs.com", "https://oss-cn-shanghai.aliyuncs.com/", "cn-shanghai")]
    [InlineData("OSS_ENDPOINT=pictures.test\nOSS_REGION=oss-cn-beijing", "https://pictures.test/", "cn-beijing")]
    [InlineData("OSS_REGION=cn-beijing", "https://oss-cn-beijing.aliyuncs.com/", "cn-beijing")]
    public void The_endpoint_of_OSS_is_read_in_every_form(string file, string endpoint, string region)
    {
        UploadHostSettings host = SettingsFixture.Load($"UPLOAD_PROVIDER=aliyun_oss\n{Oss}{file}").Settings.Pictures.Host!;

        Assert.Equal((endpoint, region, "made"), (host.Address.AbsoluteUri, host.Region, host.Bucket));
    }

    [Fact]
    public void Bounds_have_defaults_and_a_ceiling_in_memory()
    {
        PictureSettings usual = SettingsFixture.Load().Settings.Pictures;
        PictureSettings off = SettingsFixture.Load("MEMORY_MAX_IMAGE_NUMBER=0\nLOCAL_MAX_IMAGE_NUMBER=-1\nLOCAL_MAX_IMAGE_SIZE_MB=0").Settings.Pictures;

        Assert.Equal((1000, SettingsLoader.MemoryPictureMegabytesCeiling * 1024L * 1024), (usual.Memory.MaxPictures, usual.Memory.MaxBytes));
        Assert.Equal((Path.Combine("data", "images"), 1000, 1000L * 1024 * 1024, TimeSpan.Zero), (usual.Local.Folder, usual.Local.MaxPictures, usual.Local.MaxBytes, usual.Local.MaxAge));
        Assert.Equal((SettingsLoader.MemoryPictureCeiling, 0, 0L), (off.Memory.MaxPictures, off.Local.MaxPictures, off.Local.MaxBytes));
    }
}
