using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pollux.Pictures.Hosts;

/// <summary>
/// Version 4 of Aliyun OSS' signature, in a header and over an unsigned body
/// (https://help.aliyun.com/zh/oss/developer-reference/recommend-to-use-signature-version-4).
/// </summary>
internal static class OssSignature
{
    private const string Algorithm = "OSS4-HMAC-SHA256";
    private const string Unsigned = "UNSIGNED-PAYLOAD";

    /// <summary>Adds date and signature to a request that has no query.</summary>
    /// <param name="request">With all headers whose names begin with <c>x-oss-</c>, and its content type.</param>
    /// <param name="resource">Bucket and object, <c>/bucket/object</c>, of characters that need no escape.</param>
    /// <param name="region">Such as <c>cn-hangzhou</c>.</param>
    /// <param name="accessKey">Who signs.</param>
    /// <param name="secret">What is signed with.</param>
    /// <param name="now">The instant; OSS takes 15 minutes to either side.</param>
    public static void Sign(HttpRequestMessage request, string resource, string region, string accessKey, ReadOnlySpan<byte> secret, DateTimeOffset now)
    {
        string date = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string scope = $"{date[..8]}/{region}/oss/aliyun_v4_request";
        request.Headers.TryAddWithoutValidation("x-oss-date", date);
        request.Headers.TryAddWithoutValidation("x-oss-content-sha256", Unsigned);

        string canonical = $"{request.Method.Method}\n{resource}\n\n{Headers(request)}\n\n{Unsigned}";
        string toSign = $"{Algorithm}\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        string signature = Convert.ToHexStringLower(HMACSHA256.HashData(Key(secret, date[..8], region), Encoding.UTF8.GetBytes(toSign)));
        request.Headers.TryAddWithoutValidation("Authorization", $"{Algorithm} Credential={accessKey}/{scope},Signature={signature}");
    }

    private static string Headers(HttpRequestMessage request)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, IEnumerable<string> values) in request.Headers)
        {
            if (name.StartsWith("x-oss-", StringComparison.OrdinalIgnoreCase))
                headers[name.ToLowerInvariant()] = string.Join(',', values);
        }

        if (request.Content?.Headers.ContentType is { } type)
            headers["content-type"] = type.ToString();
        return string.Concat(headers.Select(static header => $"{header.Key}:{header.Value}\n"));
    }

    private static byte[] Key(ReadOnlySpan<byte> secret, string day, string region)
    {
        byte[] start = [.. "aliyun_v4"u8, .. secret];
        byte[] key = HMACSHA256.HashData(start, Encoding.UTF8.GetBytes(day));
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(region));
        key = HMACSHA256.HashData(key, "oss"u8);
        return HMACSHA256.HashData(key, "aliyun_v4_request"u8);
    }
}
