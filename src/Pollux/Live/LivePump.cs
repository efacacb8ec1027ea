using System.Buffers;
using System.Net.WebSockets;

namespace Pollux.Live;

/// <summary>How one direction of a session ended.</summary>
internal enum PumpEnd
{
    /// <summary>The source said goodbye; its code and words stand in its socket.</summary>
    Closed,

    /// <summary>The source broke off.</summary>
    SourceBroken,

    /// <summary>The target took no more.</summary>
    TargetBroken,

    /// <summary>A message was larger than allowed.</summary>
    TooLarge,
}

/// <summary>
/// Carries one direction of a session, message by message. It reads on only when the other side took what was read, so a slow
/// side holds back the other. While nothing is said it holds half a kilobyte; a larger message gets a pooled buffer
/// until its end, and goes on in pieces.
/// </summary>
/// <param name="from">Where messages come from.</param>
/// <param name="to">Where they go.</param>
/// <param name="maxBytes">The largest message.</param>
/// <param name="peek">Looks at them; <see langword="null"/>: nobody does.</param>
/// <param name="writing">Held from the first piece of a message to its last; <see langword="null"/>: nobody else writes to the target.</param>
/// <param name="moved">Told how many bytes went on, with each piece.</param>
internal sealed class LivePump(WebSocket from, WebSocket to, long maxBytes, LivePeek? peek, SemaphoreSlim? writing, Action<int> moved)
{
    /// <summary>Bytes held while nothing is said: most messages that are not sound or pictures fit.</summary>
    public const int RestingBytes = 512;

    private const int PieceBytes = 16 * 1024;

    /// <summary>Whether an exception means that a socket is of no use any more.</summary>
    public static bool IsBroken(Exception fault) =>
        fault is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    /// <summary>Carries until an end is reached.</summary>
    /// <param name="resting">The buffer of <see cref="RestingBytes"/> that is read into first.</param>
    /// <param name="first">What was read into it already; <see langword="null"/>: nothing.</param>
    /// <param name="aborted">Breaks both sockets off.</param>
    public async Task<PumpEnd> RunAsync(byte[] resting, ValueWebSocketReceiveResult? first, CancellationToken aborted)
    {
        while (true)
        {
            ValueWebSocketReceiveResult read;
            try
            {
                read = first ?? await from.ReceiveAsync(resting.AsMemory(), aborted);
                first = null;
            }
            catch (Exception fault) when (IsBroken(fault))
            {
                return PumpEnd.SourceBroken;
            }

            if (read.MessageType == WebSocketMessageType.Close)
                return PumpEnd.Closed;
            if (await CarryAsync(resting, read, aborted) is { } end)
                return end;
        }
    }

    private async ValueTask<PumpEnd?> CarryAsync(byte[] resting, ValueWebSocketReceiveResult read, CancellationToken aborted)
    {
        if (writing is not null && !await EnterAsync(writing, aborted))
            return PumpEnd.TargetBroken;
        try
        {
            if (!read.EndOfMessage)
                return await CarryLongAsync(resting, read, aborted);
            peek?.Whole(resting.AsSpan(0, read.Count));
            return await SendAsync(resting.AsMemory(0, read.Count), read.MessageType, true, aborted) ? null : PumpEnd.TargetBroken;
        }
        finally
        {
            writing?.Release();
        }
    }

    private async ValueTask<PumpEnd?> CarryLongAsync(byte[] resting, ValueWebSocketReceiveResult read, CancellationToken aborted)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            int filled = read.Count;
            long all = filled;
            bool isWhole = true;
            resting.AsSpan(0, filled).CopyTo(piece);
            while (true)
            {
                try
                {
                    read = await from.ReceiveAsync(piece.AsMemory(filled), aborted);
                }
                catch (Exception fault) when (IsBroken(fault))
                {
                    return PumpEnd.SourceBroken;
                }

                if (read.MessageType == WebSocketMessageType.Close)
                    return PumpEnd.Closed; // in the middle of a message: it stays without an end
                filled += read.Count;
                if ((all += read.Count) > maxBytes)
                    return PumpEnd.TooLarge;
                if (!read.EndOfMessage && filled < piece.Length)
                    continue;
                if (read.EndOfMessage && isWhole)
                    peek?.Whole(piece.AsSpan(0, filled));
                else if (read.EndOfMessage)
                    peek?.Tail(piece.AsSpan(0, filled));
                if (!await SendAsync(piece.AsMemory(0, filled), read.MessageType, read.EndOfMessage, aborted))
                    return PumpEnd.TargetBroken;
                if (read.EndOfMessage)
                    return null;
                (filled, isWhole) = (0, false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> piece, WebSocketMessageType type, bool isEnd, CancellationToken aborted)
    {
        try
        {
            await to.SendAsync(piece, type, isEnd, aborted);
        }
        catch (Exception fault) when (IsBroken(fault))
        {
            return false;
        }

        moved(piece.Length);
        return true;
    }

    private static async ValueTask<bool> EnterAsync(SemaphoreSlim writing, CancellationToken aborted)
    {
        try
        {
            await writing.WaitAsync(aborted);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
