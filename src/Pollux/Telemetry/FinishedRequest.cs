using System.Collections;
using System.Globalization;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Telemetry;

/// <summary>
/// The log line of a request, for logs of text: one string, made once for all places that logs go to. Not a generated log
/// message, because that is taken apart into properties whether anybody reads them or not, which cost a small request a
/// twentieth of its processor time.
/// </summary>
internal class FinishedRequest(RequestRecord record, int status, long firstMilliseconds, long totalMilliseconds)
{
    /// <summary>Makes the text.</summary>
    public static readonly Func<FinishedRequest, Exception?, string> Text = static (line, _) => line.ToString();

    /// <summary>Whose request.</summary>
    protected RequestRecord Record => record;

    /// <summary>The HTTP status told, 499 for a client that went away.</summary>
    protected int Status => status;

    /// <summary>Milliseconds of waiting for a key.</summary>
    protected long WaitMilliseconds => (long)record.Waited.TotalMilliseconds;

    /// <summary>Milliseconds to the first meaningful part, -1 when none came.</summary>
    protected long FirstMilliseconds => firstMilliseconds;

    /// <summary>Milliseconds to the end.</summary>
    protected long TotalMilliseconds => totalMilliseconds;

    /// <summary>Whether the answer was streamed.</summary>
    protected string Mode => record.Live is not null ? "live" : record.Stream ? "stream" : "unary";

    /// <summary>What translation lost.</summary>
    protected string Losses => record.Losses ?? "-";

    /// <inheritdoc/>
    public override string ToString()
    {
        GeminiUsage usage = record.Usage;
        return string.Create(
            CultureInfo.InvariantCulture,
            stackalloc char[512],
            $"{record.Id} {Status} caller={record.Caller} dialect={record.Dialect} model={record.Model} {Mode} key={record.KeyLabel} attempts={record.Attempts} owner={record.FaultOwner} reason={record.FaultReason} wait_ms={WaitMilliseconds} first_ms={FirstMilliseconds} total_ms={TotalMilliseconds} prompt={usage.Prompt} cached={usage.Cached} answer={usage.Candidates} thoughts={usage.Thoughts} losses={Losses}{Rarities}");
    }

    /// <summary>What few requests have: lost attempts, another model, an answer shared or out of the cache, a Live session.</summary>
    private string? Rarities
    {
        get
        {
            if (record is { LostAttempts: 0, ServedModel: null, Shared: false, Cached: false, Live: null })
                return null;
            string hedged = record.LostAttempts > 0 ? string.Create(CultureInfo.InvariantCulture, $" hedged={record.LostAttempts}") : "";
            string served = record.ServedModel is { } model ? $" served={model}" : "";
            string live = record.Live is { } traffic ? string.Create(CultureInfo.InvariantCulture, $" bytes_in={traffic.BytesIn} bytes_out={traffic.BytesOut} close={traffic.CloseCode}") : "";
            return $"{hedged}{served}{(record.Shared ? " shared=1" : "")}{(record.Cached ? " cache=hit" : "")}{live}";
        }
    }
}

/// <summary>The same line for logs that keep its values apart (<c>LOG_FORMAT=json</c>).</summary>
internal sealed class FinishedRequestValues(RequestRecord record, int status, long firstMilliseconds, long totalMilliseconds)
    : FinishedRequest(record, status, firstMilliseconds, totalMilliseconds), IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly GeminiUsage _usage = record.Usage;

    /// <inheritdoc/>
    public int Count => 25;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("RequestId", Record.Id),
        1 => new("Status", Status),
        2 => new("Caller", Record.Caller),
        3 => new("Dialect", Record.Dialect),
        4 => new("Model", Record.Model),
        5 => new("Mode", Mode),
        6 => new("Key", Record.KeyLabel),
        7 => new("Attempts", Record.Attempts),
        8 => new("Owner", Record.FaultOwner),
        9 => new("Reason", Record.FaultReason),
        10 => new("WaitMs", WaitMilliseconds),
        11 => new("FirstMs", FirstMilliseconds),
        12 => new("TotalMs", TotalMilliseconds),
        13 => new("PromptTokens", _usage.Prompt),
        14 => new("CachedTokens", _usage.Cached),
        15 => new("CandidatesTokens", _usage.Candidates),
        16 => new("ThoughtsTokens", _usage.Thoughts),
        17 => new("Losses", Losses),
        18 => new("LostAttempts", Record.LostAttempts),
        19 => new("ServedModel", Record.ServedModel ?? "-"),
        20 => new("Shared", Record.Shared ? 1 : 0),
        21 => new("Cache", Record.Cached ? "hit" : "-"),
        22 => new("BytesIn", Record.Live?.BytesIn ?? 0L),
        23 => new("BytesOut", Record.Live?.BytesOut ?? 0L),
        24 => new("CloseCode", Record.Live?.CloseCode ?? 0),
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "The line has fewer values."),
    };

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
            yield return this[index];
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
