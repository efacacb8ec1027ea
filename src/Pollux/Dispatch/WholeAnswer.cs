using System.Buffers;
using Pollux.Buffers;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Dispatch;

/// <summary>A complete body of the upstream. Dispose it when it is written.</summary>
/// <param name="buffer">Holds it; owned.</param>
/// <param name="share">Its share of the room for large answers, if it is one; owned.</param>
internal sealed class WholeAnswer(PooledBuffer buffer, BodyShare? share = null) : IDisposable
{
    private PooledBuffer? _buffer = buffer;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => (_buffer ?? throw new ObjectDisposedException(nameof(WholeAnswer))).Written;

    /// <summary>The body as an answer of generation; empty for other calls.</summary>
    public Answer Answer { get; } = new();

    /// <summary>Token counts that stand elsewhere than in <see cref="Answer"/>.</summary>
    public GeminiUsage? Usage { get; init; }

    /// <summary>The content type of the upstream's answer.</summary>
    public string ContentType { get; init; } = "application/json; charset=UTF-8";

    /// <summary>Headers of the upstream that are worth handing on.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The key that it came with; <see langword="null"/> for one that was kept.</summary>
    public CredentialId? ServedBy { get; set; }

    /// <summary>Where the upstream wants the bytes of a file (<c>X-Goog-Upload-URL</c>): a capability, never to be handed on.</summary>
    public string? UploadUrl { get; init; }

    /// <summary>The size that the pieces of that file are multiples of, as the upstream wrote it.</summary>
    public string? UploadGranularity { get; init; }

    /// <summary>Told before the buffer goes back, if anybody wants to know.</summary>
    public Action<WholeAnswer>? Leaving { get; set; }

    /// <summary>An answer out of bytes that are copied.</summary>
    public static WholeAnswer Of(ReadOnlySpan<byte> body, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var bytes = new PooledBuffer(Math.Max(body.Length, 1));
        bytes.Write(body);
        return new WholeAnswer(bytes) { Headers = headers };
    }

    /// <summary>The same answer of generation in a buffer of its own.</summary>
    public WholeAnswer Copy()
    {
        var bytes = new PooledBuffer(Math.Max(Body.Length, 1));
        bytes.Write(Body.Span);
        var copy = new WholeAnswer(bytes) { ContentType = ContentType, Headers = Headers };
        AnswerReader.TryRead(copy.Body, copy.Answer); // it was read once before
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer is not null)
            Leaving?.Invoke(this);
        Interlocked.Exchange(ref _buffer, null)?.Dispose();
        share?.Dispose();
    }
}
