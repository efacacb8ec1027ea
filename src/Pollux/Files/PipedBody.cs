using System.Buffers;
using System.Net;

namespace Pollux.Files;

/// <summary>
/// A client's body on its way to the upstream, piece by piece: what is not sent yet is not read, so a slow upstream slows the
/// client, and no more than one piece is held.
/// </summary>
/// <param name="source">The client's body.</param>
/// <param name="length">Its length, if the client told; else the upstream gets it in chunks.</param>
/// <param name="most">The largest body in bytes.</param>
internal sealed class PipedBody(Stream source, long? length, long most) : HttpContent
{
    private const int PieceBytes = 64 * 1024;

    private long _sent;

    /// <summary>Is told after each piece.</summary>
    public Action? Moved { get; set; }

    /// <summary>Gets each piece, too, while the upstream does; <see langword="null"/>: nothing is kept.</summary>
    public CopyDraft? Copy { get; set; }

    /// <summary>Whether anything of it was read: it cannot be sent again then.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>Whether the client sent more than it may.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>Whether it was the client's side that failed: it went away, or was too slow.</summary>
    public bool ClientFailed { get; private set; }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (IsBegun)
            throw new IOException("The body was sent before.");
        IsBegun = true;
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (await ReadAsync(piece, cancellationToken) is > 0 and var read)
            {
                if ((_sent += read) > most)
                {
                    IsTooLarge = true;
                    throw new IOException("The body is larger than it may be.");
                }

                Task copying = Copy?.WriteAsync(piece.AsMemory(0, read)) ?? Task.CompletedTask;
                try
                {
                    await stream.WriteAsync(piece.AsMemory(0, read), cancellationToken);
                }
                finally
                {
                    await copying; // it reads the piece
                }

                Moved?.Invoke();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long computed)
    {
        computed = length ?? 0;
        return length is not null;
    }

    private async ValueTask<int> ReadAsync(byte[] piece, CancellationToken cancellation)
    {
        try
        {
            return await source.ReadAsync(piece, cancellation);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            ClientFailed = true;
            throw new IOException("The client's body broke off.", fault);
        }
    }
}
