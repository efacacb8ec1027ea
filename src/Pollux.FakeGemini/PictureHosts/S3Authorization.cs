using Microsoft.AspNetCore.Http.Features;

namespace Pollux.FakeGemini.PictureHosts;

/// <summary>
/// Version 4 of AWS' signature in a header
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). Bodies that are signed chunk by chunk are
/// refused, as by the services that know less than S3.
/// </summary>
internal static class S3Authorization
{
    private const string Unsigned = "UNSIGNED-PAYLOAD";

    /// <summary>Why the request is refused; <see langword="null"/>: its signature is good.</summary>
    public static ObjectRefusal? Judge(FakePictureHostsOptions options, HttpRequest request, byte[] body)
    {
        Dictionary<string, string> fields = VersionFour.Fields(request.Headers.Authorization.ToString());
        string[] credential = fields.GetValueOrDefault("Credential", "").Split('/');
        string[] signed = fields.GetValueOrDefault("SignedHeaders", "").Split(';');
        if (credential is not [var accessKey, var day, var region, "s3", "aws4_request"])
            return new ObjectRefusal(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the Credential is mal-formed.");
        if (accessKey != options.AccessKey) return ObjectRefusal.UnknownKey;
        if (region != options.Region)
            return new ObjectRefusal(400, "AuthorizationHeaderMalformed", $"The authorization header is malformed; the region '{region}' is wrong; expecting '{options.Region}'");
        string date = request.Headers["x-amz-date"].ToString();
        if (!date.StartsWith(day, StringComparison.Ordinal) || !VersionFour.IsTimely(date, options.TimeProvider)) return ObjectRefusal.Skewed;
        if (!signed.Contains("host") || request.Headers.Keys.Any(name => name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) && !signed.Contains(name.ToLowerInvariant())))
            return new ObjectRefusal(403, "AccessDenied", "There were headers present in the request which were not signed");

        string payload = request.Headers["x-amz-content-sha256"].ToString();
        if (payload.StartsWith("STREAMING-", StringComparison.Ordinal))
            return new ObjectRefusal(501, "NotImplemented", $"{payload} not implemented");
        if (payload != Unsigned && payload != VersionFour.Hash(body))
            return new ObjectRefusal(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");

        string headers = string.Concat(signed.Select(name => $"{name}:{request.Headers[name].ToString().Trim()}\n"));
        string canonical = $"{request.Method}\n{RawPath(request)}\n{Query(request)}\n{headers}\n{string.Join(';', signed)}\n{payload}";
        string scope = $"{day}/{region}/s3/aws4_request";
        string toSign = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{VersionFour.Hash(System.Text.Encoding.UTF8.GetBytes(canonical))}";
        return VersionFour.Sign("AWS4" + options.SecretKey, toSign, day, region, "s3", "aws4_request") == fields.GetValueOrDefault("Signature")
            ? null
            : ObjectRefusal.WrongSignature("AWSAccessKeyId", accessKey, toSign);
    }

    private static string RawPath(HttpRequest request) =>
        request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];

    private static string Query(HttpRequest request) => string.Join('&', request.Query
        .SelectMany(static pair => pair.Value.Select(value => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(value ?? "")}"))
        .Order(StringComparer.Ordinal));
}
