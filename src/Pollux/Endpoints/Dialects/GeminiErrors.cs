using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pollux.Access;

namespace Pollux.Endpoints.Dialects;

/// <summary>
/// Tells failures to clients of Gemini's own API, with Google's error object. A 429 speaks for the pool: its RetryInfo is
/// the pool's wait, never one key's daily violation, at which clients give up.
/// </summary>
internal sealed class GeminiErrors : IDialectErrors
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static GeminiErrors Instance { get; } = new();

    /// <summary>Writes the error object.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="code">The code in it: the HTTP status, or 503 inside a stream.</param>
    /// <param name="output">Where to.</param>
    public static void WriteBody(GatewayError error, int code, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, code);
        json.WriteString("message"u8, error.Message);
        json.WriteString("status"u8, Status(code, error.Kind));
        if (error.RetryAfter is { } wait)
        {
            json.WriteStartArray("details"u8);
            json.WriteStartObject();
            json.WriteString("@type"u8, "type.googleapis.com/google.rpc.RetryInfo"u8);
            json.WriteString("retryDelay"u8, $"{ErrorHead.Seconds(wait)}s");
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation)
    {
        ErrorHead.Write(http.Response, error);
        WriteBody(error, error.Status, http.Response.BodyWriter);
        await http.Response.BodyWriter.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public void WriteBody(HttpContext http, GatewayError error, IBufferWriter<byte> output) => WriteBody(error, error.Status, output);

    private static string Status(int code, GatewayErrorKind kind) => code switch
    {
        400 when kind == GatewayErrorKind.ContentBlocked => "FAILED_PRECONDITION",
        400 or 413 or 415 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        405 => "UNIMPLEMENTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        502 or 503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    };
}
