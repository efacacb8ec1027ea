using System.Net.WebSockets;
using System.Text;
using Pollux.KeyPool;

namespace Pollux.Live;

/// <summary>A close frame: a code and a few words.</summary>
/// <param name="Code">The code.</param>
/// <param name="Text">The words; at most 123 bytes of them are sent (RFC 6455, 5.5).</param>
internal readonly record struct CloseWords(WebSocketCloseStatus Code, string? Text)
{
    private const int MaxBytes = 123;

    /// <summary>The other side of a session whose one side went away: there is nobody any more.</summary>
    public static CloseWords Gone { get; } = new(WebSocketCloseStatus.EndpointUnavailable, "The other side is gone.");

    /// <summary>What a closed socket was closed with.</summary>
    public static CloseWords Of(WebSocket socket) => new(socket.CloseStatus ?? WebSocketCloseStatus.Empty, socket.CloseStatusDescription);

    /// <summary>The same without secrets and projects, for a client.</summary>
    public CloseWords Scrubbed(SecretText secret) =>
        Text is { Length: > 0 } text ? this with { Text = SecretScrubber.ScrubProjects(SecretScrubber.Scrub(text, secret)) } : this;

    /// <summary>Sends them; says nothing if that is not possible any more.</summary>
    public async Task SendAsync(WebSocket socket, CancellationToken aborted)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            return;
        try
        {
            await socket.CloseOutputAsync(Code, Code == WebSocketCloseStatus.Empty ? null : Cut(Text), aborted);
        }
        catch (Exception fault) when (LivePump.IsBroken(fault))
        {
            // it is closed, in its own way
        }
    }

    private static string? Cut(string? text)
    {
        if (text is null || Encoding.UTF8.GetByteCount(text) <= MaxBytes)
            return text;
        int bytes = 0, length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > MaxBytes - 3)
                break;
            length += rune.Utf16SequenceLength;
        }

        return string.Concat(text.AsSpan(0, length), "…");
    }
}
