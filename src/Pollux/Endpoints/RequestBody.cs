using System.Buffers;
using System.IO.Pipelines;
using Pollux.Access;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>A client's whole request body in one pooled buffer. Dispose it when nothing refers to it any more.</summary>
internal sealed class RequestBody : IDisposable
{
    private byte[]? _buffer;
    private readonly int _length;
    private bool _isKept;

    private RequestBody(byte[] buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => (_buffer ?? throw new ObjectDisposedException(nameof(RequestBody))).AsMemory(0, _length);

    /// <summary>The call that is made of it. If something cancelled may still read it at the end, the buffer is not given back.</summary>
    public UpstreamCall? ReadBy
    {
        get;
        set
        {
            _isKept |= field is { IsStillRead: true };
            field = value;
        }
    }

    /// <summary>Reads the body of <paramref name="http"/>.</summary>
    /// <param name="http">The request.</param>
    /// <param name="maxBytes">The bound (<c>MAX_BODY_MB</c>).</param>
    /// <param name="aborted">The client went away.</param>
    /// <returns>The body, or why it is refused.</returns>
    public static async ValueTask<(RequestBody? Body, GatewayError? Refusal)> ReadJsonAsync(HttpContext http, long maxBytes, CancellationToken aborted)
    {
        if (!IsJson(http.Request.ContentType))
            return (null, new GatewayError(415, GatewayErrorKind.UnsupportedMediaType, "The Content-Type must be application/json."));

        if (http.Request.Headers.ContentEncoding.Count > 0)
            return (null, new GatewayError(415, GatewayErrorKind.UnsupportedMediaType, "Compressed request bodies are not taken; send the JSON as it is, without Content-Encoding."));

        if (http.Request.ContentLength > maxBytes)
            return (null, TooLarge(maxBytes));

        PipeReader reader = http.Request.BodyReader;
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(http.Request.ContentLength ?? 4096, 256));
        int length = 0;
        try
        {
            while (true)
            {
                ReadResult read = await reader.ReadAsync(aborted);
                int more = (int)Math.Min(read.Buffer.Length, int.MaxValue);
                if (length + (long)more > maxBytes)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    ArrayPool<byte>.Shared.Return(buffer);
                    return (null, TooLarge(maxBytes));
                }

                if (length + more > buffer.Length)
                    buffer = Grow(buffer, length, length + more);
                read.Buffer.CopyTo(buffer.AsSpan(length));
                length += more;
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        catch (BadHttpRequestException fault)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return (null, fault.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? TooLarge(maxBytes)
                : new GatewayError(fault.StatusCode, GatewayErrorKind.InvalidRequest, "The request body did not arrive whole."));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        if (length > 0)
            return (new RequestBody(buffer, length), null);

        ArrayPool<byte>.Shared.Return(buffer);
        return (null, new GatewayError(400, GatewayErrorKind.InvalidRequest, "The request has no body; a JSON object is expected."));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReadBy = null;
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer && !_isKept)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private static byte[] Grow(byte[] buffer, int length, int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max((long)buffer.Length * 2, needed), Array.MaxLength));
        Buffer.BlockCopy(buffer, 0, larger, 0, length);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    /// <summary>A missing content type is taken as JSON: many hand-written clients leave it out.</summary>
    private static bool IsJson(string? contentType) =>
        string.IsNullOrEmpty(contentType)
        || contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
        || contentType.StartsWith("text/json", StringComparison.OrdinalIgnoreCase)
        || (contentType.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && contentType.Contains("+json", StringComparison.OrdinalIgnoreCase));

    private static GatewayError TooLarge(long maxBytes) =>
        new(413, GatewayErrorKind.TooLarge, $"The request body is larger than {maxBytes / (1024 * 1024)} MB, the bound of this gateway (MAX_BODY_MB).");
}
