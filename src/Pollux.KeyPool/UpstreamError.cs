using System.Text;
using System.Text.Json;

namespace Pollux.KeyPool;

/// <summary>
/// An error answer, read: what the rules of <see cref="FaultAttribution"/> look at. Reading never fails; a body that is
/// not Google's envelope leaves <see cref="IsEnvelope"/> false and whatever text it had as the message.
/// </summary>
internal sealed class UpstreamError
{
    private const int MaxBodyBytes = 1 << 20;
    private const int MaxDepth = 32;
    private const int MaxMessageLength = 2000;
    private const int MaxDetails = 100;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowTrailingCommas = true };

    private readonly List<string> _reasons = [];
    private readonly List<string> _fields = [];
    private readonly List<QuotaViolation> _violations = [];
    private string _message = "";
    private string _debug = "";
    private int _code;

    private UpstreamError(in UpstreamFailure failure) => Failure = failure;

    /// <summary>What was read.</summary>
    public UpstreamFailure Failure { get; }

    /// <summary>The body held an error object: Google's, or xAI's with a bare string.</summary>
    public bool IsEnvelope { get; private set; }

    /// <summary>The body is an HTML page: a front end or a proxy spoke, not the API.</summary>
    public bool IsHtml { get; private set; }

    /// <summary>The HTTP status; when the answer had begun well, the code inside the error object.</summary>
    public int Status => Failure.HttpStatus >= 400 || _code < 400 ? Failure.HttpStatus : _code;

    /// <summary>Google's canonical word.</summary>
    public string? GoogleStatus { get; private set; }

    /// <summary>The code in words that others than Google give; OpenAI's type where it has no code.</summary>
    public string Code { get; private set; } = "";

    /// <summary>Google's message, not scrubbed; empty if there is none.</summary>
    public string Message => _message;

    /// <summary>No <c>ErrorInfo</c> told a reason: the text is all there is.</summary>
    public bool HasNoReason => _reasons.Count == 0;

    /// <summary>The exceeded quotas of a 429.</summary>
    public IReadOnlyList<QuotaViolation> Violations => _violations;

    /// <summary>The delay of <c>RetryInfo</c>, else the one in the message.</summary>
    public TimeSpan? RetryDelay { get; private set; }

    /// <summary>The project that <c>ErrorInfo</c> names as the consumer.</summary>
    public string? Project { get; private set; }

    /// <summary>The resource that <c>ErrorInfo</c> names.</summary>
    public string Resource { get; private set; } = "";

    public static UpstreamError Read(in UpstreamFailure failure)
    {
        var error = new UpstreamError(failure);
        var body = failure.Body.Length > MaxBodyBytes ? failure.Body[..MaxBodyBytes] : failure.Body;
        var text = Trim(body.Span);
        if (text.IsEmpty)
        {
            error.RetryDelay = failure.RetryAfter;
            return error;
        }

        error.IsHtml = text[0] == '<' || failure.ContentType?.Contains("html", StringComparison.OrdinalIgnoreCase) == true;
        if (error.IsHtml || !error.TryReadJson(body))
            error._message = error.IsHtml ? "" : Encoding.UTF8.GetString(text[..Math.Min(text.Length, 200)]);
        error.RetryDelay ??= failure.RetryAfter ?? RetryDelays.FromMessage(error._message);
        return error;
    }

    /// <summary>An <c>ErrorInfo</c> gave this reason.</summary>
    public bool Has(string reason) => _reasons.Contains(reason, StringComparer.OrdinalIgnoreCase);

    /// <summary>An <c>ErrorInfo</c> gave a reason of this form.</summary>
    public bool HasReason(Predicate<string> form) => _reasons.Exists(form);

    /// <summary>The message, or the debug text Google sometimes adds, holds these words.</summary>
    public bool Says(string words) =>
        _message.Contains(words, StringComparison.OrdinalIgnoreCase) || _debug.Contains(words, StringComparison.OrdinalIgnoreCase);

    /// <summary>A field violation points into a field whose path holds these words.</summary>
    public bool PointsAt(string words) => _fields.Exists(field => field.Contains(words, StringComparison.OrdinalIgnoreCase));

    private bool TryReadJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(WithoutFrame(body), Options);
            return TryReadRoot(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false; // cut short, too deep, not JSON, or strings that are not text
        }
    }

    private bool TryReadRoot(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in root.EnumerateArray()) // Google's OpenAI endpoint, and streams without alt=sse
            {
                if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("error", out _))
                    return TryReadRoot(item);
            }
            return false;
        }
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("error", out var error))
            return false;

        IsEnvelope = true;
        if (error.ValueKind == JsonValueKind.String)
        {
            _message = Text(error); // xAI's form
            Code = Cut(Text(root, "code"), 200);
            return true;
        }
        if (error.ValueKind != JsonValueKind.Object)
            return true;

        _message = Text(error, "message");
        GoogleStatus = Text(error, "status") is { Length: > 0 } status ? Cut(status, 100) : null;
        Code = Cut(Text(error, "code") is { Length: > 0 } word ? word : Text(error, "type"), 200);
        if (error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var number))
            _code = number;
        if (error.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Array)
        {
            foreach (var detail in details.EnumerateArray().Take(MaxDetails))
                ReadDetail(detail);
        }
        return true;
    }

    private void ReadDetail(JsonElement detail)
    {
        if (detail.ValueKind != JsonValueKind.Object)
            return;
        // The type name alone decides; proxies are known to change what precedes it.
        var type = Text(detail, "@type");
        switch (type[(type.LastIndexOf('.') + 1)..])
        {
            case "ErrorInfo": ReadErrorInfo(detail); break;
            case "QuotaFailure": ReadViolations(detail, ReadQuotaViolation); break;
            case "BadRequest": ReadViolations(detail, static (error, violation) => error._fields.Add(Text(violation, "field"))); break;
            case "RetryInfo": RetryDelay = RetryDelays.Parse(Text(detail, "retryDelay")); break;
            case "DebugInfo": _debug = Text(detail, "detail"); break;
        }
    }

    private void ReadErrorInfo(JsonElement detail)
    {
        if (Text(detail, "reason") is { Length: > 0 } reason)
            _reasons.Add(reason);
        if (!detail.TryGetProperty("metadata", out var metadata) || metadata.ValueKind != JsonValueKind.Object)
            return;
        if (Text(metadata, "consumer") is { Length: > 0 } consumer && consumer.StartsWith("projects/", StringComparison.Ordinal))
            Project = Cut(consumer["projects/".Length..], 100);
        Resource = Text(metadata, "resource");
        if (Text(metadata, "quota_limit") is { Length: > 0 } quota) // the older form of a quota failure
            _violations.Add(new QuotaViolation(quota, TextOrNull(metadata, "quota_metric"), null, Integer(metadata, "quota_limit_value")));
    }

    private void ReadViolations(JsonElement detail, Action<UpstreamError, JsonElement> read)
    {
        var name = detail.TryGetProperty("violations", out var violations) || detail.TryGetProperty("fieldViolations", out violations);
        if (!name || violations.ValueKind != JsonValueKind.Array)
            return;
        foreach (var violation in violations.EnumerateArray().Take(MaxDetails))
        {
            if (violation.ValueKind == JsonValueKind.Object)
                read(this, violation);
        }
    }

    private static void ReadQuotaViolation(UpstreamError error, JsonElement violation)
    {
        var model = violation.TryGetProperty("quotaDimensions", out var dimensions) && dimensions.ValueKind == JsonValueKind.Object
            ? TextOrNull(dimensions, "model")
            : null;
        error._violations.Add(new QuotaViolation(Text(violation, "quotaId"), TextOrNull(violation, "quotaMetric"), model, Integer(violation, "quotaValue")));
    }

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Text(value) : "";

    private static string? TextOrNull(JsonElement parent, string name) => Text(parent, name) is { Length: > 0 } text ? text : null;

    private static string Text(JsonElement value) => Cut(value.GetString() ?? "", MaxMessageLength * 2);

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    private static long? Integer(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind switch // int64 is a string in proto JSON, a number from some proxies
        {
            JsonValueKind.String => long.TryParse(value.GetString(), out var parsed) ? parsed : null,
            JsonValueKind.Number => value.TryGetInt64(out var number) ? number : null,
            _ => null,
        };
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> body) =>
        (body.StartsWith("\uFEFF"u8) ? body[3..] : body).Trim(" \t\r\n"u8);

    // A byte order mark, and the "data:" that some proxies put before an error in a stream, are not JSON.
    private static ReadOnlyMemory<byte> WithoutFrame(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8))
            body = body[3..];
        body = body.TrimStart(" \t\r\n"u8);
        return body.Span.StartsWith("data:"u8) ? body["data:".Length..] : body;
    }
}
