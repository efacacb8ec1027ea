using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Telemetry;

/// <summary>
/// What is known about one client request, filled while it is served and written as one log line at its end. Holds labels
/// only, never a secret. One per request; only the request's own flow writes to it.
/// </summary>
internal sealed class RequestRecord
{
    private const int LongestModel = 200;

    /// <summary>The id in the answer's <c>x-request-id</c> header.</summary>
    public required string Id { get; init; }

    /// <summary>When the request came, in ticks of the clock.</summary>
    public required long StartedAt { get; init; }

    /// <summary>The label of who asked, or <c>-</c>.</summary>
    public string Caller { get; set; } = "-";

    /// <summary>The dialect of the route.</summary>
    public string Dialect { get; set; } = "-";

    /// <summary>The kinds of credentials that the route allows; <see cref="CredentialKinds.None"/>: the route leaves that open.</summary>
    public CredentialKinds Side { get; set; }

    /// <summary>
    /// The model as asked. It is the client's text in our log: what could end the line or look like another value of it
    /// becomes <c>_</c>, and what no name is as long as is cut.
    /// </summary>
    public string Model { get; set => field = Printable(value); } = "-";

    /// <summary>Whether the answer streams.</summary>
    public bool Stream { get; set; }

    /// <summary>The label of the credential of the last attempt, or <c>-</c>.</summary>
    public string KeyLabel { get; set; } = "-";

    /// <summary>How long it waited for a key to be free.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>How many attempts were made.</summary>
    public int Attempts { get; set; }

    /// <summary>
    /// How many of the attempts were cancelled because another one answered first. What they used is a cost of the gateway's
    /// keys and no part of <see cref="Usage"/>.
    /// </summary>
    public int LostAttempts { get; set; }

    /// <summary>When the first attempt was due, in ticks of the clock; 0 before.</summary>
    public long DispatchedAt { get; set; }

    /// <summary>The model that answered in place of the one asked for, or <see langword="null"/>.</summary>
    public string? ServedModel { get; set; }

    /// <summary>Whether the answer was made for an identical request, whose line tells what it cost.</summary>
    public bool Shared { get; set; }

    /// <summary>Whether the answer came out of the response cache, so that it cost nothing.</summary>
    public bool Cached { get; set; }

    /// <summary>Who is to blame for the failure the client saw, or <c>-</c>.</summary>
    public string FaultOwner { get; set; } = "-";

    /// <summary>The reason of that failure, or <c>-</c>.</summary>
    public string FaultReason { get; set; } = "-";

    /// <summary>Ticks of the clock when the first meaningful part arrived; 0 when none did.</summary>
    public long FirstPartAt { get; set; }

    /// <summary>Token counts of the answer; none of one that was <see cref="Cached"/>.</summary>
    public GeminiUsage Usage { get; set => field = Cached ? default : value; }

    /// <summary>What a Live session carried; <see langword="null"/> for every other request.</summary>
    public LiveTraffic? Live { get; set; }

    /// <summary>What translation lost or changed, in header form; <see langword="null"/> when nothing.</summary>
    public string? Losses { get; set; }

    private static string Printable(string text)
    {
        if (text.Length is > 0 and <= LongestModel && !text.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return text;
        return text.Length == 0
            ? "-"
            : string.Create(Math.Min(text.Length, LongestModel), text, static (span, source) =>
            {
                for (int i = 0; i < span.Length; i++)
                    span[i] = char.IsControl(source[i]) || char.IsWhiteSpace(source[i]) || char.IsSurrogate(source[i]) ? '_' : source[i];
            });
    }
}
