using System.Text;

namespace Pollux.FakeGemini.PictureHosts;

/// <summary>
/// Version 4 of OSS' signature in a header
/// (https://help.aliyun.com/zh/oss/developer-reference/recommend-to-use-signature-version-4). The region's name is that of the
/// options; its bucket is in the resource that is signed, wherever it stands in the address.
/// </summary>
internal static class OssAuthorization
{
    /// <summary>Why the request is refused; <see langword="null"/>: its signature is good.</summary>
    public static ObjectRefusal? Judge(FakePictureHostsOptions options, HttpRequest request)
    {
        Dictionary<string, string> fields = VersionFour.Fields(request.Headers.Authorization.ToString());
        if (fields.GetValueOrDefault("Credential", "").Split('/') is not [var accessKey, var day, var region, "oss", "aliyun_v4_request"])
            return new ObjectRefusal(403, "InvalidArgument", "The authorization header is malformed.");
        if (accessKey != options.AccessKey)
            return ObjectRefusal.UnknownKey with { Message = "The OSS Access Key Id you provided does not exist in our records." };
        if (region != options.Region)
            return new ObjectRefusal(403, "InvalidArgument", $"Invalid signing region in Authorization header: {region}");
        string date = request.Headers["x-oss-date"].ToString();
        if (!date.StartsWith(day, StringComparison.Ordinal) || !VersionFour.IsTimely(date, options.TimeProvider)) return ObjectRefusal.Skewed;
        if (request.Headers["x-oss-content-sha256"] != "UNSIGNED-PAYLOAD")
            return new ObjectRefusal(400, "InvalidArgument", "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.");

        string bucket = request.Host.Host.EndsWith("." + options.ServiceHost, StringComparison.Ordinal) ? "/" + request.Host.Host[..^(options.ServiceHost.Length + 1)] : "";
        string headers = string.Concat(request.Headers
            .Where(static header => header.Key.StartsWith("x-oss-", StringComparison.OrdinalIgnoreCase) || header.Key.ToUpperInvariant() is "CONTENT-TYPE" or "CONTENT-MD5")
            .Select(static header => (Name: header.Key.ToLowerInvariant(), header.Value))
            .OrderBy(static header => header.Name, StringComparer.Ordinal)
            .Select(static header => $"{header.Name}:{header.Value.ToString().Trim()}\n"));
        string canonical = $"{request.Method}\n{bucket}{request.Path.Value}\n{request.QueryString.Value?.TrimStart('?')}\n{headers}\n{fields.GetValueOrDefault("AdditionalHeaders", "")}\nUNSIGNED-PAYLOAD";
        string toSign = $"OSS4-HMAC-SHA256\n{date}\n{day}/{region}/oss/aliyun_v4_request\n{VersionFour.Hash(Encoding.UTF8.GetBytes(canonical))}";
        return VersionFour.Sign("aliyun_v4" + options.SecretKey, toSign, day, region, "oss", "aliyun_v4_request") == fields.GetValueOrDefault("Signature")
            ? null
            : ObjectRefusal.WrongSignature("OSSAccessKeyId", accessKey, toSign);
    }
}
