using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Pollux.FakeGemini.PictureHosts;

/// <summary>
/// A storage of objects: S3's API and OSS' own, told apart by the signature. The bucket stands in front of the host or in the
/// path; which of both is the service's choice, so either is looked for.
/// </summary>
internal static class ObjectHost
{
    public static async Task HandleAsync(FakePictureHosts hosts, HttpContext http)
    {
        FakePictureHostsOptions options = hosts.Options;
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        if ((Judge(options, http.Request, body.ToArray())) is { } refusal)
        {
            await RefuseAsync(http, refusal);
            return;
        }

        string host = http.Request.Host.Host;
        string path = http.Request.Path.Value!.TrimStart('/');
        string? bucket = null;
        string key = path;
        if (host.Equals(options.ServiceHost, StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _))
        {
            bucket = path.Split('/')[0];
            key = path[Math.Min(path.Length, bucket.Length + 1)..];
        }
        else if (host.EndsWith("." + options.ServiceHost, StringComparison.OrdinalIgnoreCase))
        {
            bucket = host[..^(options.ServiceHost.Length + 1)];
        }

        if (bucket != options.Bucket)
            await RefuseAsync(http, new ObjectRefusal(404, "NoSuchBucket", "The specified bucket does not exist"));
        else if (HttpMethods.IsPut(http.Request.Method))
            Put(hosts, http, key, body.ToArray());
        else if (HttpMethods.IsDelete(http.Request.Method))
            (_, http.Response.StatusCode) = (hosts.Forget(key.Split('/')[^1]), 204);
        else
            await RefuseAsync(http, new ObjectRefusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource."));
    }

    private static ObjectRefusal? Judge(FakePictureHostsOptions options, HttpRequest request, byte[] body)
    {
        string authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith("AWS4-HMAC-SHA256 ", StringComparison.Ordinal))
            return S3Authorization.Judge(options, request, body);
        if (authorization.StartsWith("OSS4-HMAC-SHA256 ", StringComparison.Ordinal))
            return OssAuthorization.Judge(options, request);
        return new ObjectRefusal(403, "AccessDenied", "Access Denied");
    }

    private static void Put(FakePictureHosts hosts, HttpContext http, string key, byte[] body)
    {
        hosts.Take(key.Split('/')[^1], new FakeUpload(http.Request.Host.Host, http.Request.Path + http.Request.QueryString, key, http.Request.ContentType ?? "binary/octet-stream", body));
#pragma warning disable CA5351 // an entity tag is what it is
        http.Response.Headers.ETag = $"\"{Convert.ToHexStringLower(MD5.HashData(body))}\"";
#pragma warning restore CA5351
    }

    private static Task RefuseAsync(HttpContext http, ObjectRefusal refusal)
    {
        http.Response.StatusCode = refusal.Status;
        http.Response.ContentType = "application/xml";
        return http.Response.WriteAsync(
            $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{refusal.Code}</Code><Message>{WebUtility.HtmlEncode(refusal.Message)}</Message>{refusal.Details}<RequestId>0A49CE4060975EAC</RequestId><HostId>pollux</HostId></Error>",
            http.RequestAborted);
    }
}

/// <summary>Why a request is refused.</summary>
internal sealed record ObjectRefusal(int Status, string Code, string Message)
{
    public string Details { get; init; } = "";

    /// <summary>The signature is of another key or of another request. The real answer repeats who signed and what should have been signed.</summary>
    public static ObjectRefusal WrongSignature(string accessKeyName, string accessKey, string toSign) => new(
        403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
    {
        Details = $"<{accessKeyName}>{accessKey}</{accessKeyName}><StringToSign>{WebUtility.HtmlEncode(toSign)}</StringToSign>",
    };

    /// <summary>The clocks differ by more than 15 minutes.</summary>
    public static ObjectRefusal Skewed { get; } = new(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");

    /// <summary>Nobody has this key.</summary>
    public static ObjectRefusal UnknownKey { get; } = new(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
}

/// <summary>The steps that both signatures of version 4 share.</summary>
internal static class VersionFour
{
    /// <summary>How far the clocks may differ.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>SHA-256 in small hexadecimal digits.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The signature of a text under a key that is derived step by step.</summary>
    public static string Sign(string secret, string toSign, params ReadOnlySpan<string> steps)
    {
        byte[] key = Encoding.UTF8.GetBytes(secret);
        foreach (string step in steps) key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(step));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
    }

    /// <summary>Reads <c>name=value</c> pairs behind the algorithm's name.</summary>
    public static Dictionary<string, string> Fields(string authorization)
    {
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        foreach (string pair in authorization[(authorization.IndexOf(' ', StringComparison.Ordinal) + 1)..].Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) fields[pair[..equals]] = pair[(equals + 1)..];
        }

        return fields;
    }

    /// <summary>Whether an instant as <c>20261121T120000Z</c> is near enough to now.</summary>
    public static bool IsTimely(string date, TimeProvider clock) =>
        DateTimeOffset.TryParseExact(date, "yyyyMMdd'T'HHmmss'Z'", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out DateTimeOffset instant)
        && (clock.GetUtcNow() - instant).Duration() <= Window;
}
