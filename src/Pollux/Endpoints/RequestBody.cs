using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Pollux.Access;
using Pollux.Buffers;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>A client's whole request body in one buffer. Dispose it when nothing refers to it any more.</summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>The body itself, and what is sent upstream, which is about as large.</summary>
    private const int Copies = 2;

    /// <summary>Who holds a share of the budget must send at least so fast, else a few slow clients would keep out all others.</summary>
    private static readonly MinDataRate LeastRate = new(bytesPerSecond: 16 * 1024, gracePeriod: TimeSpan.FromSeconds(10));

    private readonly BodyShare? _share;
    private readonly List<IDisposable> _belongings = [];
    private PooledBuffer? _buffer;
    private bool _isKept;

    private RequestBody(PooledBuffer buffer, BodyShare? share)
    {
        _buffer = buffer;
        _share = share;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => (_buffer ?? throw new ObjectDisposedException(nameof(RequestBody))).Written;

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

    /// <summary>Reads the body of <paramref name="http"/>. A large one first waits for its share of the budget.</summary>
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

        BodyShare? share = null;
        PooledBuffer? buffer = null;
        try
        {
            if (http.Request.ContentLength is >= PooledBuffer.LargeBytes and var announced && (share = await TakeShareAsync(http, announced * Copies, aborted)) is null)
                return (null, Busy());

            buffer = new PooledBuffer((int)Math.Max(http.Request.ContentLength ?? 4096, 256));
            PipeReader reader = http.Request.BodyReader;
            while (true)
            {
                ReadResult read = await reader.ReadAsync(aborted);
                long length = buffer.Length + read.Buffer.Length;
                GatewayError? refusal = length > maxBytes ? TooLarge(maxBytes) : null;
                if (refusal is null && share is null && length >= PooledBuffer.LargeBytes) // nobody announced how large it is, and a share is taken once: who holds one waits for no other
                    refusal = (share = await TakeShareAsync(http, maxBytes * Copies, aborted)) is null ? Busy() : null;
                if (refusal is not null)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    return (null, refusal);
                }

                foreach (ReadOnlyMemory<byte> piece in read.Buffer)
                    buffer.Write(piece.Span);
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            if (buffer.Length == 0)
                return (null, new GatewayError(400, GatewayErrorKind.InvalidRequest, "The request has no body; a JSON object is expected."));

            share?.ShrinkTo((long)buffer.Length * Copies);
            var body = new RequestBody(buffer, share);
            (buffer, share) = (null, null);
            return (body, null);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException fault)
        {
            return (null, fault.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? TooLarge(maxBytes)
                : new GatewayError(fault.StatusCode, GatewayErrorKind.InvalidRequest, "The request body did not arrive whole."));
        }
        finally
        {
            buffer?.Dispose();
            share?.Dispose();
        }
    }

    /// <summary>What a client is told for whose large body there is no room.</summary>
    public static GatewayError Busy() => new(
        503, GatewayErrorKind.Busy, "Too many large requests are under way in this gateway (LARGE_BODY_BUDGET_MB). Come back in a moment.", RetryAfter: TimeSpan.FromSeconds(5), Code: "gateway_busy");

    /// <summary>Takes over <paramref name="belonging"/>, which what is sent is made of: it goes when the body goes.</summary>
    public void Own(IDisposable belonging)
    {
        lock (_belongings)
            _belongings.Add(belonging);
    }

    /// <summary>Puts a JSON value in the place of one that is at least as long; blanks fill what is left.</summary>
    /// <param name="start">Where the old one stands.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="value">The new one.</param>
    public void Replace(int start, int length, ReadOnlySpan<byte> value)
    {
        Span<byte> place = System.Runtime.InteropServices.MemoryMarshal.AsMemory(Bytes).Span.Slice(start, length); // nobody else knows the buffer yet
        value.CopyTo(place);
        place[value.Length..].Fill((byte)' ');
    }

    /// <summary>A buffer that goes when the body goes.</summary>
    public PooledBuffer NewBuffer(int firstBytes)
    {
        var buffer = new PooledBuffer(firstBytes);
        Own(buffer);
        return buffer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReadBy = null;
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer && !_isKept)
        {
            buffer.Dispose();
            lock (_belongings)
            {
                foreach (IDisposable belonging in _belongings)
                    belonging.Dispose();
                _belongings.Clear();
            }
        }

        _share?.Dispose();
    }

    /// <summary>Takes a share of the budget for what a request's body needs; from then on its client must not be too slow.</summary>
    /// <param name="http">The request.</param>
    /// <param name="bytes">How many bytes in all: the body, and what is made of it.</param>
    /// <param name="aborted">The client went away.</param>
    /// <returns><see langword="null"/>: there was none in time (<see cref="Busy"/>).</returns>
    public static ValueTask<BodyShare?> TakeShareAsync(HttpContext http, long bytes, CancellationToken aborted)
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = LeastRate;
        return http.RequestServices.GetRequiredService<BodyBudget>().TakeAsync(bytes, aborted);
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
