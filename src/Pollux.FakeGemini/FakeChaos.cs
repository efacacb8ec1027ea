using System.Diagnostics.CodeAnalysis;

namespace Pollux.FakeGemini;

/// <summary>Faults by chance, for <see cref="FakeScript.Chaos"/>.</summary>
public static class FakeChaos
{
    private static readonly FakeReply[] AnyCall =
    [
        FakeReply.Overloaded(),
        FakeReply.InternalError(),
        FakeReply.QuotaMinute(),
        FakeReply.SharedCapacityExhausted(),
        FakeReply.HtmlError(),
        FakeReply.Reset(),
        FakeReply.NoContent("OTHER"),
        FakeReply.NoCandidates(),
        FakeReply.MalformedFunctionCall(),
    ];

    private static readonly FakeReply[] Streams =
    [
        FakeReply.Default.ResetAfter(1),
        FakeReply.Default.BareErrorAfter(1),
        FakeReply.Default.DataErrorAfter(1),
        FakeReply.Default.EndedAfter(1),
    ];

    /// <summary>Breaks a share of the calls, each time in another way; the same seed breaks the same calls in the same order.</summary>
    /// <param name="rate">Share of calls to break, 0 to 1.</param>
    /// <param name="random">The chance; only this function may use it afterwards.</param>
    [SuppressMessage("Security", "CA5394", Justification = "Chance that can be replayed is the purpose.")]
    public static Func<ReceivedRequest, FakeReply?> Seeded(double rate, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, 1);
        Lock guard = new();
        return request =>
        {
            if (request.Action is not ("generateContent" or "streamGenerateContent")) return null;
            lock (guard)
            {
                if (random.NextDouble() >= rate) return null;
                bool streams = request.Action == "streamGenerateContent";
                int index = random.Next(streams ? AnyCall.Length + Streams.Length : AnyCall.Length);
                return index < AnyCall.Length ? AnyCall[index] : Streams[index - AnyCall.Length];
            }
        };
    }
}
