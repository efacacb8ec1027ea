using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini.PictureHosts;
using Pollux.Pictures;
using Pollux.Settings;

namespace Pollux.IntegrationTests.Pictures;

/// <summary>IMG-1 and IMG-2: pictures that go elsewhere, each host with the requests and answers of the real one.</summary>
[Trait("Feature", "IMG-1")]
[Trait("Feature", "IMG-2")]
public sealed class PictureHostTests
{
    private static readonly FakePictureHostsOptions Accounts = new();

    // name of the case, settings, what the link looks like, where the picture was sent to
    public static TheoryData<string, string, string, string> Good => new()
    {
        { "smms", "", "^https://s2\\.loli\\.net/2026/11/21/[0-9a-f]{15}\\.png$", "sm.ms/api/v2/upload" },
        { "picgo", "", "^https://www\\.picgo\\.net/images/[0-9a-f]{32}\\.png$", "www.picgo.net/api/1/upload" },
        { "picgo", "PICGO_API_URL=https://chevereto.test/api/1/upload", "^https://chevereto\\.test/images/[0-9a-f]{32}\\.png$", "chevereto.test/api/1/upload?key=chv_0123456789abcdef" },
        { "cloudflare_imgbed", "", "^https://bed\\.test/file/[0-9a-f]{32}\\.png$", "bed.test/upload?authCode=imgbed-code-0123456789&uploadNameType=origin" },
        { "cloudflare_imgbed", "CLOUDFLARE_IMGBED_UPLOAD_FOLDER=a b/c", "^https://bed\\.test/file/a%20b/c/[0-9a-f]{32}\\.png$", "bed.test/upload?authCode=imgbed-code-0123456789&uploadNameType=origin&uploadFolder=a%20b%2Fc" },
        { "aliyun_oss", "", "^https://pictures-1250000000\\.oss-ap-guangzhou\\.aliyuncs\\.com/[0-9a-f]{32}\\.png$", "pictures-1250000000.oss-ap-guangzhou.aliyuncs.com/*" },
        { "aliyun_oss", "OSS_ENDPOINT=https://pictures-1250000000.oss-ap-guangzhou.aliyuncs.com/", "^https://pictures-1250000000\\.oss-ap-guangzhou\\.aliyuncs\\.com/[0-9a-f]{32}\\.png$", "pictures-1250000000.oss-ap-guangzhou.aliyuncs.com/*" },
        { "tencent", "", "^https://pictures-1250000000\\.cos\\.ap-guangzhou\\.myqcloud\\.com/[0-9a-f]{32}\\.png$", "pictures-1250000000.cos.ap-guangzhou.myqcloud.com/*" },
        { "tencent", "TENCENT_DOMAIN=https://cdn.test/", "^https://cdn\\.test/[0-9a-f]{32}\\.png$", "pictures-1250000000.cos.ap-guangzhou.myqcloud.com/*" },
        { "qiniu", "", "^http://qiniu\\.test/[0-9a-f]{32}\\.png$", "pictures-1250000000.s3.ap-guangzhou.qiniucs.com/*" },
        { "s3", "", "^https://s3\\.example\\.test/pictures-1250000000/[0-9a-f]{32}\\.png$", "s3.example.test/pictures-1250000000/*" },
        { "s3", "S3_PATH_STYLE=false", "^https://pictures-1250000000\\.s3\\.example\\.test/[0-9a-f]{32}\\.png$", "pictures-1250000000.s3.example.test/*" },
        { "s3", "S3_PUBLIC_URL=https://cdn.test/made", "^https://cdn\\.test/made/[0-9a-f]{32}\\.png$", "s3.example.test/pictures-1250000000/*" },
        { "s3", "S3_ENDPOINT=", "^https://pictures-1250000000\\.s3\\.ap-guangzhou\\.amazonaws\\.com/[0-9a-f]{32}\\.png$", "pictures-1250000000.s3.ap-guangzhou.amazonaws.com/*" },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public async Task A_host_takes_the_picture_and_its_link_shows_it(string host, string special, string link, string sentTo)
    {
        await using PictureRoom room = await StartAsync(host, special);
        byte[] picture = PictureRoom.Png();

        string address = await room.PublishAsync(picture);

        Assert.Empty(room.Warnings);
        Assert.Matches(link, address);
        FakeUpload taken = Assert.Single(room.Hosts.Taken);
        Assert.Equal(sentTo.Replace("*", taken.Name, StringComparison.Ordinal), taken.Host + taken.Path);
        Assert.Equal("image/png", taken.MediaType);
        Assert.Equal(picture, taken.Bytes.ToArray());
        Assert.Equal(picture, await room.VisitAsync(address));
    }

    [Theory]
    [InlineData("smms", "SMMS_SECRET_TOKEN=wrong-canary-0123456789")]
    [InlineData("picgo", "PICGO_API_KEY=wrong-canary-0123456789")]
    [InlineData("picgo", "PICGO_API_KEY=wrong-canary-0123456789\nPICGO_API_URL=https://chevereto.test/api/1/upload")]
    [InlineData("cloudflare_imgbed", "CLOUDFLARE_IMGBED_AUTH_CODE=wrong-canary-0123456789")]
    [InlineData("aliyun_oss", "OSS_ACCESS_KEY_SECRET=wrong-canary-0123456789")]
    [InlineData("aliyun_oss", "OSS_ACCESS_KEY=wrong-canary-0123456789")]
    [InlineData("aliyun_oss", "OSS_BUCKET_NAME=wrong-canary-0123456789\nOSS_ENDPOINT=oss-ap-guangzhou.aliyuncs.com")]
    [InlineData("tencent", "TENCENT_SECRET_KEY=wrong-canary-0123456789")]
    [InlineData("qiniu", "QINIU_ACCESS_KEY=wrong-canary-0123456789")]
    [InlineData("s3", "S3_SECRET_KEY=wrong-canary-0123456789")]
    [InlineData("s3", "S3_REGION=eu-west-9")]
    [InlineData("s3", "S3_BUCKET=other-bucket")]
    [InlineData("aliyun_oss", "OSS_REGION=cn-elsewhere")]
    public async Task A_refusal_leaves_the_picture_in_the_answer_and_one_warning_without_a_secret(string host, string special)
    {
        await using PictureRoom room = await StartAsync(host, special);

        string? address = await room.TryPublishAsync(PictureRoom.Png());

        Assert.Null(address);
        Assert.Empty(room.Hosts.Taken);
        Assert.Matches(@"could not be stored .* answered 4\d\d", Assert.Single(room.Warnings));
        string[] secrets = ["wrong-canary-0123456789", Accounts.SecretKey, Accounts.SmmsToken, Accounts.CheveretoKey, Accounts.ImgbedCode, Accounts.AccessKey];
        Assert.DoesNotContain(room.Gateway.Logs.Lines, line => secrets.Any(secret => line.Text.Contains(secret, StringComparison.Ordinal) && !special.Contains("OSS_BUCKET_NAME", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("smms")]
    [InlineData("aliyun_oss")]
    [InlineData("s3")]
    public async Task A_broken_connection_is_tried_once_more(string host)
    {
        await using PictureRoom room = await StartAsync(host, "");
        byte[] picture = PictureRoom.Png();
        room.Hosts.BreakNext(1);

        string address = await room.PublishAsync(picture);

        Assert.StartsWith("https://", address, StringComparison.Ordinal);
        Assert.Equal(2, room.Hosts.Requests);

        room.Hosts.BreakNext(2);
        Assert.Null(await room.TryPublishAsync(PictureRoom.Png()));
        Assert.Equal(4, room.Hosts.Requests);
        Assert.Single(room.Warnings);
    }

    [Theory]
    [InlineData("s3")]
    [InlineData("aliyun_oss")]
    public async Task A_signature_of_another_hour_is_refused(string host)
    {
        await using PictureRoom room = await StartAsync(host, "", Accounts with { TimeProvider = new LateClock() });

        Assert.Null(await room.TryPublishAsync(PictureRoom.Png()));
        Assert.Contains("RequestTimeTooSkewed", Assert.Single(room.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3", true)]
    [InlineData("aliyun_oss", true)]
    [InlineData("smms", false)]
    [InlineData("picgo", false)]
    [InlineData("cloudflare_imgbed", false)]
    public async Task What_a_host_lets_us_delete_is_deleted(string host, bool deletes)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using PictureRoom room = await StartAsync(host, "");
        IPictureStore store = room.Gateway.Services.GetRequiredService<PictureStores>().For(room.Gateway.Services.GetRequiredService<SettingsHolder>().Current.Pictures)!;
        PictureName name = PictureName.New("image/png")!;
        byte[] picture = PictureRoom.Png();
        PicturePlace place = await store.SaveAsync(name, picture, cancellation);
        Assert.Equal(picture, await room.VisitAsync(place.Address!.AbsoluteUri));

        Assert.Equal(deletes, await store.DeleteAsync(name, cancellation));

        if (deletes)
            await Assert.ThrowsAsync<HttpRequestException>(() => room.VisitAsync(place.Address.AbsoluteUri));
    }

    [Fact]
    public async Task A_picture_that_smms_has_already_is_linked_to_where_it_is()
    {
        await using PictureRoom room = await StartAsync("smms", "");
        byte[] picture = PictureRoom.Png();

        string first = await room.PublishAsync(picture);
        string second = await room.PublishAsync(picture);

        Assert.Equal(first, second);
        Assert.Single(room.Hosts.Taken);
        Assert.Empty(room.Warnings);
    }

    [Fact]
    public async Task A_server_that_answers_a_list_of_links_is_understood()
    {
        await using PictureRoom room = await StartAsync("picgo", "PICGO_API_URL=https://lists.test/api/1/upload", new FakePictureHostsOptions { AnswersLists = true });

        Assert.Matches("^https://lists\\.test/images/[0-9a-f]{32}\\.png$", await room.PublishAsync(PictureRoom.Png()));
    }

    [Fact]
    public async Task An_ImgBed_without_auth_code_is_a_store()
    {
        await using PictureRoom room = await StartAsync("cloudflare_imgbed", "CLOUDFLARE_IMGBED_AUTH_CODE=", new FakePictureHostsOptions { ImgbedCode = "" });

        await room.PublishAsync(PictureRoom.Png());

        Assert.Equal("/upload?uploadNameType=origin", Assert.Single(room.Hosts.Taken).Path);
    }

    private static Task<PictureRoom> StartAsync(string host, string special, FakePictureHostsOptions? accounts = null)
    {
        FakePictureHostsOptions options = accounts ?? Accounts;
        string serviceHost = "s3.example.test";
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        void Set(string name, string value) => settings[name] = value;
        switch (host)
        {
            case "smms":
                Set("UPLOAD_PROVIDER", host);
                Set("SMMS_SECRET_TOKEN", options.SmmsToken);
                break;
            case "picgo":
                Set("UPLOAD_PROVIDER", host);
                Set("PICGO_API_KEY", options.CheveretoKey);
                break;
            case "cloudflare_imgbed":
                Set("UPLOAD_PROVIDER", host);
                Set("CLOUDFLARE_IMGBED_URL", "https://bed.test/upload");
                Set("CLOUDFLARE_IMGBED_AUTH_CODE", options.ImgbedCode);
                break;
            case "aliyun_oss":
                serviceHost = "oss-ap-guangzhou.aliyuncs.com";
                Set("UPLOAD_PROVIDER", host);
                Set("OSS_ENDPOINT", serviceHost);
                Set("OSS_BUCKET_NAME", options.Bucket);
                Set("OSS_ACCESS_KEY", options.AccessKey);
                Set("OSS_ACCESS_KEY_SECRET", options.SecretKey);
                break;
            case "tencent":
                serviceHost = "cos.ap-guangzhou.myqcloud.com";
                Set("IMAGE_STORAGE_TYPE", host);
                Set("TENCENT_SECRET_ID", options.AccessKey);
                Set("TENCENT_SECRET_KEY", options.SecretKey);
                Set("TENCENT_REGION", options.Region);
                Set("TENCENT_BUCKET", options.Bucket);
                break;
            case "qiniu":
                serviceHost = "s3.ap-guangzhou.qiniucs.com";
                Set("IMAGE_STORAGE_TYPE", host);
                Set("QINIU_ACCESS_KEY", options.AccessKey);
                Set("QINIU_SECRET_KEY", options.SecretKey);
                Set("QINIU_BUCKET_NAME", options.Bucket);
                Set("QINIU_BUCKET_DOMAIN", "http://qiniu.test");
                Set("S3_REGION", options.Region);
                break;
            default:
                Set("IMAGE_STORAGE_TYPE", "s3");
                Set("S3_ENDPOINT", "https://s3.example.test");
                Set("S3_REGION", options.Region);
                Set("S3_BUCKET", options.Bucket);
                Set("S3_ACCESS_KEY", options.AccessKey);
                Set("S3_SECRET_KEY", options.SecretKey);
                break;
        }

        foreach (string pair in special.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Set(pair.Split('=')[0], pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        if (settings.GetValueOrDefault("S3_ENDPOINT") == "")
            serviceHost = "s3.ap-guangzhou.amazonaws.com";
        return PictureRoom.StartAsync(options with { ServiceHost = serviceHost }, settings: [.. settings.Select(static pair => (pair.Key, pair.Value))]);
    }

    private sealed class LateClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - TimeSpan.FromMinutes(16);
    }
}
