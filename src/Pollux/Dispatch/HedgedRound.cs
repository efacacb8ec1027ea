using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>A failed attempt of a round.</summary>
/// <param name="Fault">Why.</param>
/// <param name="Body">The upstream's error body, unscrubbed.</param>
/// <param name="Credential">The key it was made with.</param>
internal readonly record struct FailedAttempt(Fault Fault, ReadOnlyMemory<byte> Body, Credential Credential);

/// <summary>The attempt that won a round. Who takes it over settles the lease.</summary>
/// <param name="Result">A whole answer or a committed stream.</param>
/// <param name="Lease">Not settled yet.</param>
/// <param name="Conditions">How the attempt was made.</param>
/// <param name="Cancellation">What a stream hangs on; disposed with it.</param>
internal sealed record RoundWinner(AttemptResult Result, Lease Lease, AttemptConditions Conditions, CancellationTokenSource Cancellation);

/// <summary>
/// One round of attempts at once, each with a key of its own. The first that brings an answer wins; the others are cancelled
/// at once and settled as lost, and nobody waits for their end. Only the key of the first was waited for: further ones take
/// part when a key is free at that moment. A fault that no other key can cure ends the round. Belongs to one request.
/// </summary>
internal sealed class HedgedRound(
    Attempt attempt, LeaseDesk desk, LostAttempts lost, UpstreamCall call, DispatchRun run, DispatchSettings settings, RequestRecord record, TimeProvider clock, ILogger logger)
{
    private readonly List<Racer> _running = [];
    private readonly List<FailedAttempt> _failed = [];

    /// <summary>What failed, when nobody won.</summary>
    public IReadOnlyList<FailedAttempt> Failed => _failed;

    /// <summary>Runs the round.</summary>
    /// <param name="first">The lease of its first attempt.</param>
    /// <param name="gone">Nobody waits any more.</param>
    /// <returns><see langword="null"/> when all attempts failed, or one in a way that ends the request.</returns>
    /// <exception cref="OperationCanceledException">Because of <paramref name="gone"/>.</exception>
    public async Task<RoundWinner?> RunAsync(Lease first, CancellationToken gone)
    {
        int width = run.Width;
        Start(first, gone);
        while (_running.Count < width && StartAnother(gone))
        {
            // until all take part, or no key is free
        }

        using var over = new CancellationTokenSource();
        Task? silence = run.SecondAfter is var after && after > TimeSpan.Zero ? Task.Delay(after, clock, over.Token) : null;
        try
        {
            while (_running.Count > 0)
            {
                Task ended = await Task.WhenAny(silence is null ? [.. _running.Select(static racer => racer.Answer)] : [.. _running.Select(static racer => racer.Answer), silence]);
                if (ended == silence)
                {
                    silence = null;
                    StartAnother(gone);
                    continue;
                }

                Racer racer = _running.Find(racer => racer.Answer == ended)!;
                _running.Remove(racer);
                if (await TakeInAsync(racer, gone) is { } winner)
                    return winner;
                if (_failed is [.., { Fault.Retry: RetryScope.None }])
                    return null;
            }

            return null;
        }
        finally
        {
            await over.CancelAsync();
            await LeaveRunningAsync(gone);
        }
    }

    private bool StartAnother(CancellationToken gone)
    {
        if (gone.IsCancellationRequested)
            return false;
        LeaseRequest request = run.NextLease();
        var taken = new AttemptedCredentials();
        foreach (CredentialId id in request.Exclude is null ? default : request.Exclude.All)
            taken.Add(id);
        foreach (Racer racer in _running)
            taken.Add(racer.Lease.Credential.Id);
        foreach (FailedAttempt failed in _failed)
            taken.Add(failed.Credential.Id);
        if (!desk.TryLease(request with { Exclude = taken }, out Lease? lease))
            return false;
        Start(lease, gone);
        return true;
    }

    private void Start(Lease lease, CancellationToken gone)
    {
        record.Attempts++;
        record.KeyLabel = lease.Credential.Label;
        AttemptConditions conditions = run.ConditionsFor(lease.Credential);
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(gone);
        _running.Add(new Racer(lease, conditions, cancellation, attempt.RunAsync(call, run.Body, lease.Credential, conditions, settings, cancellation.Token)));
    }

    private async Task<RoundWinner?> TakeInAsync(Racer racer, CancellationToken gone)
    {
        AttemptResult result;
        try
        {
            result = await racer.Answer;
        }
        catch (Exception fault)
        {
            racer.Lease.Settle(new AttemptReport(fault is OperationCanceledException && gone.IsCancellationRequested ? AttemptOutcome.Cancelled : AttemptOutcome.Abandoned));
            racer.Cancellation.Dispose();
            throw;
        }

        record.KeyLabel = racer.Lease.Credential.Label;
        if (result.Fault is not { } failed)
            return new RoundWinner(result, racer.Lease, racer.Conditions, racer.Cancellation);

        racer.Cancellation.Dispose();
        racer.Lease.Settle(AttemptReport.Failure(failed));
        Dispatcher.AttemptFailed(logger, record.Id, record.Attempts, record.KeyLabel, call.Model, failed.Owner, failed.Reason, failed.HttpStatus, failed.Message);
        _failed.Add(new FailedAttempt(failed, result.Body, racer.Lease.Credential));
        return null;
    }

    /// <summary>Cancels who still runs. What they used is the upstream's cost and no part of the answer's.</summary>
    private async Task LeaveRunningAsync(CancellationToken gone)
    {
        AttemptOutcome outcome = gone.IsCancellationRequested ? AttemptOutcome.Cancelled : AttemptOutcome.LostHedge;
        foreach (Racer racer in _running)
        {
            if (outcome == AttemptOutcome.LostHedge)
                record.LostAttempts++;
            await racer.Cancellation.CancelAsync();
            if (!racer.Answer.IsCompleted)
                call.IsStillRead = true;
            await lost.TakeAsync(EndAsync(racer, outcome));
        }

        _running.Clear();
    }

    private static async Task EndAsync(Racer racer, AttemptOutcome outcome)
    {
        try
        {
            AttemptResult result = await racer.Answer;
            TokenUsage usage = Attempt.ToTokenUsage(result.Whole?.Answer.Usage ?? result.Stream?.Usage ?? default);
            bool refused = result.Fault is { HttpStatus: > 0 }; // without a status it is but the connection that was closed
            racer.Lease.Settle(refused ? AttemptReport.Failure(result.Fault!) : new AttemptReport(outcome, null, usage));
            result.Whole?.Dispose();
            if (result.Stream is { } stream)
                await stream.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            racer.Lease.Settle(new AttemptReport(outcome));
        }
        finally
        {
            racer.Lease.Dispose();
            racer.Cancellation.Dispose();
        }
    }

    private sealed record Racer(Lease Lease, AttemptConditions Conditions, CancellationTokenSource Cancellation, Task<AttemptResult> Answer);
}
