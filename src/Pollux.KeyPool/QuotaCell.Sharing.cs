namespace Pollux.KeyPool;

// What is thought of others that use the same project: suspicion, representation, and the pace at which one is asked meanwhile.
internal sealed partial class QuotaCell
{
    /// <summary>Refusals come back faster than this, so a step without one was good.</summary>
    private const long PaceTicks = 250 * TimeSpan.TicksPerMillisecond;

    private const int LargestPace = 64; // from here on its own count bounds it

    /// <summary>Refusals so close to each other are one event; UTC ticks.</summary>
    public const long SameBurst = 20 * TimeSpan.TicksPerSecond;

    private const long NextMinute = 150 * TimeSpan.TicksPerSecond;

    private long _pacedSince; // when the present step of its pace began, UTC ticks
    private int _paced;       // requests of that step
    private long _excusedAt;  // the last refusal that another one seemed to explain, UTC ticks

    /// <summary>It may be stretched, or tried although it is suspected, from then on.</summary>
    public long NextTrialAt { get; set; }

    /// <summary>How often it was refused earlier than its own count explains; doubles the time to the next trial.</summary>
    public int Suspicions { get; set; }

    /// <summary>The limit whose refusal made it suspect.</summary>
    public QuotaKind SuspectedFor { get; set; }

    /// <summary>The number of its suspicions when it was tried before its time because its project seemed to rest; once each is enough.</summary>
    public int RestTrialOf { get; set; }

    /// <summary>It seems to share its quota with another one.</summary>
    public bool IsSuspect { get; set; }

    /// <summary>When it became suspect last; UTC ticks.</summary>
    public long SuspectedAt { get; set; }

    /// <summary>The one that serves its project in its place, as far as counts tell.</summary>
    public QuotaCell? RepresentedBy { get; set; }

    /// <summary>
    /// It came into use, or back into use, a moment ago: until then whatever is missing elsewhere is put down to it. UTC ticks.
    /// </summary>
    public long ProbationUntil { get; set; }

    /// <summary>It stands among those that may be tried before their time.</summary>
    public bool IsInLine { get; set; }

    /// <summary>
    /// Requests it may be sent per step while it is unknown what others use of its project; 0 = as many as fit. Grows with each
    /// step that goes without a refusal.
    /// </summary>
    public int Pace { get; private set; }

    /// <summary>There were signs that it shares its project with another one.</summary>
    public bool HasSigns { get; set; }

    /// <summary>
    /// It was refused earlier than its own count explains, so others use its project: another key of the same project, or a
    /// program beside this gateway. How much is left comes out by asking: one request, then two, then four.
    /// </summary>
    public void Slow() => (Pace, _paced, _pacedSince) = (1, 0, 0);

    /// <summary>When its pace allows the next request; UTC ticks, 0 = now.</summary>
    public long PacedUntil(long now) => Pace > 0 && _paced >= Pace && now < _pacedSince + PaceTicks ? _pacedSince + PaceTicks : 0;

    private void Step(long now)
    {
        if (now >= _pacedSince + PaceTicks)
        {
            Pace = _paced == 0 ? Pace : Pace * 2;
            (_pacedSince, _paced) = (now, 0);
            if (Pace > LargestPace)
                Pace = 0;
        }

        _paced++;
    }

    /// <summary>When Google, counting trailing minutes, lets another request in if this one's were all that count; UTC ticks, 0 = at once.</summary>
    /// <param name="kind">The limit of a minute that was hit.</param>
    /// <param name="tokens">Input tokens that may stay counted.</param>
    public long FirstFreeAt(QuotaKind kind, long tokens) => kind == QuotaKind.InputTokensPerMinute
        ? _minute.FreeAt(long.MaxValue, Math.Max(0, tokens), TimeSpan.TicksPerMinute)
        : _minute.FreeAt(Math.Max(0, _minute.Requests - 1), long.MaxValue, TimeSpan.TicksPerMinute);

    /// <summary>
    /// Another one seems to explain a refusal. Among many keys one is found by chance each time, so that counts once: whoever is
    /// refused in the next minute too shares its project with one that is still in use.
    /// </summary>
    /// <returns>Whether it was excused a minute ago already.</returns>
    public bool IsExcusedAgain(long now)
    {
        long since = now - _excusedAt;
        if (since >= SameBurst)
            _excusedAt = now;
        return since is >= SameBurst and <= NextMinute;
    }
}
