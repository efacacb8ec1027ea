using Pollux.Buffers;

namespace Pollux.Dispatch;

/// <summary>
/// Room for large answers, over all requests: an answer that turns out to be large is read on when it has its share. Requests have
/// a budget of their own (<see cref="BodyBudget"/>), since who holds a share of one must not wait behind others for the same.
/// Thread-safe.
/// </summary>
/// <param name="bytes">All there is (<c>LARGE_BODY_BUDGET_MB</c>).</param>
/// <param name="patience">How long an answer waits (<c>LARGE_BODY_WAIT_SECONDS</c>).</param>
/// <param name="clock">Measures it.</param>
internal sealed class AnswerRoom(long bytes, TimeSpan patience, TimeProvider clock)
{
    /// <summary>The answer, and a picture out of it while that is stored.</summary>
    private const int Copies = 2;

    private readonly BodyBudget _budget = new(bytes, patience, clock);

    /// <summary>How many answers wait.</summary>
    public int Waiting => _budget.Waiting;

    /// <summary>Bytes that no answer has.</summary>
    public long Free => _budget.Free;

    /// <summary>Takes the share of an answer. The upstream waits meanwhile, and that is no silence of its own.</summary>
    /// <param name="size">How large the answer may become, in bytes.</param>
    /// <param name="waits">Whether it waits; not where others of its request hold theirs until it is there.</param>
    /// <param name="attempt">Ends the waiting with the request.</param>
    /// <returns>To be disposed of with the answer.</returns>
    /// <exception cref="NoRoomException">There was none in time.</exception>
    /// <exception cref="OperationCanceledException">The request ended.</exception>
    public async ValueTask<BodyShare> TakeAsync(long size, bool waits, AttemptCancellation attempt)
    {
        if (!waits)
            return _budget.Overdraw(size * Copies);
        attempt.Suspend();
        BodyShare? share = await _budget.TakeAsync(size * Copies, attempt.Token);
        attempt.Resume();
        return share ?? throw new NoRoomException();
    }

    /// <summary>Says how large the answer has become, or is after all.</summary>
    public static void Fit(BodyShare share, long size)
    {
        share.GrowTo(size * Copies);
        share.ShrinkTo(size * Copies);
    }
}

/// <summary>A large answer got no room in this gateway.</summary>
internal sealed class NoRoomException() : Exception("There was no room for a large answer.");
