using System.Net.Http.Headers;
using Pollux.Pictures.Hosts;

namespace Pollux.Tests.Pictures;

/// <summary>
/// IMG-2: the signature of Aliyun OSS. The expected value was computed by another program, which also gives the signature that
/// the vendor's own libraries expect of their sample (<c>ak</c>, <c>sk</c>, 2023-12-16T16:20:57Z).
/// </summary>
public sealed class OssSignatureTests
{
    [Fact]
    public void A_request_is_signed_as_the_vendors_libraries_do()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "https://bucket.oss-cn-hangzhou.aliyuncs.com/123/1.png") { Content = new ByteArrayContent([1]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        request.Headers.Add("x-oss-object-acl", "public-read");
        request.Headers.Add("abc", "not signed");

        OssSignature.Sign(request, "/bucket/123/1.png", "cn-hangzhou", "ak", "sk"u8, DateTimeOffset.FromUnixTimeSeconds(1702743657));

        Assert.Equal("20231216T162057Z", request.Headers.GetValues("x-oss-date").Single());
        Assert.Equal("UNSIGNED-PAYLOAD", request.Headers.GetValues("x-oss-content-sha256").Single());
        Assert.Equal(
            "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=95b683debdb58748b5114d835bb9eeff9c8ffc4495234e1086f98154f3d04879",
            request.Headers.GetValues("Authorization").Single());
    }
}
