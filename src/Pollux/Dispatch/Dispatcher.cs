using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>
/// Serves a call by as many attempts as it takes: lease, send, judge, settle, and again where the fault's owner says that
/// another key or another moment can cure it. Until something meaningful was read nothing of this reaches the client.
/// </summary>
internal sealed partial class Dispatcher(
    KeyPool.KeyPool pool, LeaseDesk desk, StickyKeys sticky, GeminiUpstream upstream, AnswerRoom room, SettingsHolder settings, TimeProvider clock, Random random, ILogger<Dispatcher> logger)
    : IAsyncDisposable
{
    private readonly Attempt _attempt = new(upstream, room, clock);
    private readonly LostAttempts _lost = new(clock, logger);

    /// <summary>Serves <paramref name="call"/>.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="record">Learns what it took.</param>
    /// <param name="lifetime">How long somebody waits for it.</param>
    /// <param name="patience">How long it may wait for a key, at most; <see langword="null"/>: as long as <c>MAX_QUEUE_SECONDS</c> says.</param>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<Dispatched> SendAsync(UpstreamCall call, RequestRecord record, RequestLifetime lifetime, TimeSpan? patience = null)
    {
        if (call.InputTokenLimit > 0 && call.SurePromptTokens > call.InputTokenLimit)
            return Fail(record, new DispatchFailure(FaultAttribution.PromptTooLong(call.EstimatedPromptTokens, call.InputTokenLimit), null, default, null));

        DispatchSettings dispatch = settings.Current.Dispatch;
        if (call.CallersKey is { } own)
            return await SendWithCallersKeyAsync(call, own, record, lifetime);

        var run = new DispatchRun(call, dispatch, random, record.Id, record.Attempts) { Preferred = sticky.Of(record.Caller) ?? call.Preferred };
        long started = record.DispatchedAt == 0 ? record.DispatchedAt = clock.GetTimestamp() : record.DispatchedAt;
        try
        {
            while (true)
            {
                LeaseOutcome outcome = await desk.LeaseAsync(run.NextLease(), record.Caller, record.Attempts > 0, lifetime.Token, patience);
                if (outcome.Waited > TimeSpan.Zero)
                    record.Waited += outcome.Waited;
                if (outcome.Lease is null && outcome.Refusal.Reason == LeaseRefusalReason.AllExcluded && run.StopAvoiding())
                    continue;
                if (outcome.Lease is not { } lease)
                    return Fail(record, run.Failure(outcome.Refusal, clock.GetUtcNow()));

                TimeSpan pause;
                if (run.IsRace)
                {
                    var round = new HedgedRound(_attempt, desk, _lost, call, run, dispatch, record, clock, logger);
                    if (await round.RunAsync(lease, lifetime.Token) is { } winner)
                        return Succeed(call, winner, record, lifetime);
                    if (await MendAsync(call, run, round.Failed[^1].Fault, lifetime.Token) is not { } owned)
                        continue;
                    if (owned != round.Failed[^1].Fault ? !run.Again(owned, default, round.Failed[^1].Credential, clock.GetElapsedTime(started), out pause) : !run.Again(round.Failed, clock.GetElapsedTime(started), out pause))
                        return Fail(record, run.Failure(null, clock.GetUtcNow()));
                    if (pause > TimeSpan.Zero)
                        await Task.Delay(pause, clock, lifetime.Token);
                    continue;
                }

                AttemptConditions conditions = run.ConditionsFor(lease.Credential);
                record.Attempts++;
                record.KeyLabel = lease.Credential.Label;
                AttemptResult result;
                try
                {
                    result = await _attempt.RunAsync(call, run.Body, lease.Credential, conditions, dispatch, lifetime.Token);
                }
                catch (Exception fault)
                {
                    lease.Settle(new AttemptReport(fault is OperationCanceledException ? AttemptOutcome.Cancelled : AttemptOutcome.Abandoned));
                    throw;
                }

                if (result.Fault is not { } failed)
                {
                    record.FirstPartAt = clock.GetTimestamp();
                    DispatchRun.Remember(lease, conditions, pool);
                    NoteLosses(call, lease, record);
                    if (call.OwnedBy is null)
                        sticky.Remember(record.Caller, lease.Credential.Id);
                    return Succeed(result, lease, record, lifetime);
                }

                lease.Settle(AttemptReport.Failure(failed));
                AttemptFailed(logger, record.Id, record.Attempts, record.KeyLabel, call.Model, failed.Owner, failed.Reason, failed.HttpStatus, failed.Message);
                if (await MendAsync(call, run, failed, lifetime.Token) is not { } told)
                    continue;
                if (!run.Again(told, told == failed ? result.Body : default, lease.Credential, clock.GetElapsedTime(started), out pause))
                    return Fail(record, run.Failure(null, clock.GetUtcNow()));

                if (pause > TimeSpan.Zero)
                    await Task.Delay(pause, clock, lifetime.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.TimedOut)
        {
            return TimedOut(record);
        }
    }

    /// <summary>What the gateway put into a request and is not there any more is made anew; how often is its maker's to bound.</summary>
    /// <returns>The fault that stands; <see langword="null"/>: the request is sent again.</returns>
    private static async ValueTask<Fault?> MendAsync(UpstreamCall call, DispatchRun run, Fault fault, CancellationToken cancellation)
    {
        if (call.Mend is not { } mend || fault.Reason is not (FaultReason.ResourceOfOtherProject or FaultReason.ResourceNotFound))
            return fault;
        if (await mend(fault, cancellation) is { } stands)
            return stands;
        run.TakeMended();
        return null;
    }

    /// <summary>One attempt, and what came of it: no other key may stand in for the caller's, and its limits are the caller's to keep.</summary>
    private async Task<Dispatched> SendWithCallersKeyAsync(UpstreamCall call, Credential own, RequestRecord record, RequestLifetime lifetime)
    {
        record.DispatchedAt = clock.GetTimestamp();
        record.Attempts++;
        record.KeyLabel = own.Label;
        try
        {
            var conditions = new AttemptConditions(KeyTransport.Header, OtherTransportTried: true, SignaturesReplaced: false);
            AttemptResult result = await _attempt.RunAsync(call, call.Body, own, conditions, settings.Current.Dispatch, lifetime.Token);
            if (result.Fault is { } failed)
            {
                AttemptFailed(logger, record.Id, record.Attempts, record.KeyLabel, call.Model, failed.Owner, failed.Reason, failed.HttpStatus, failed.Message);
                return Fail(record, new DispatchFailure(failed, null, default, failed.RetryAfter));
            }

            record.FirstPartAt = clock.GetTimestamp();
            return Succeed(result, lease: null, record, lifetime);
        }
        catch (OperationCanceledException) when (lifetime.TimedOut)
        {
            return TimedOut(record);
        }
    }

    /// <summary>The failure of a request whose <c>TOTAL_TIMEOUT</c> is over.</summary>
    public static Dispatched TimedOut(RequestRecord record) =>
        Fail(record, new DispatchFailure(FaultAttribution.FromTransport(TransportFault.TotalTimeout), null, default, null));

    /// <summary>Waits for what was cancelled and has not ended yet.</summary>
    public ValueTask DisposeAsync() => _lost.DisposeAsync();

    [LoggerMessage(EventId = 3000, Level = LogLevel.Debug, Message = "{RequestId} attempt {Attempt} with {Key} for {Model} failed: {Owner} {Reason} (HTTP {Status}): {Words}")]
    internal static partial void AttemptFailed(
        ILogger logger, string requestId, int attempt, string key, string model, FaultOwner owner, FaultReason reason, int status, string words);

    private Dispatched Succeed(UpstreamCall call, RoundWinner winner, RequestRecord record, RequestLifetime lifetime)
    {
        record.FirstPartAt = clock.GetTimestamp();
        DispatchRun.Remember(winner.Lease, winner.Conditions, pool);
        NoteLosses(call, winner.Lease, record);
        Dispatched result = Succeed(winner.Result, winner.Lease, record, lifetime, winner.Cancellation);
        if (result.Stream is null)
            winner.Cancellation.Dispose();
        return result;
    }

    /// <summary>What Vertex AI was not told is lost only where it answered.</summary>
    private static void NoteLosses(UpstreamCall call, Lease lease, RequestRecord record)
    {
        if (call.VertexLosses is { } losses && lease.Credential.Kind is CredentialKind.VertexServiceAccount or CredentialKind.VertexExpressKey)
            record.Losses = record.Losses is { Length: > 0 } others ? $"{others};{losses}" : losses;
    }

    private static Dispatched Succeed(in AttemptResult result, Lease? lease, RequestRecord record, RequestLifetime lifetime, IDisposable? owned = null)
    {
        if (result.Stream is { } stream)
            return new UpstreamExchange(stream, lease, lifetime, owned);

        GeminiUsage usage = result.Whole!.Usage ?? result.Whole.Answer.Usage;
        record.Usage = usage;
        result.Whole.ServedBy = lease?.Credential.Id;
        lease?.Settle(AttemptReport.Success(Attempt.ToTokenUsage(usage)));
        return result.Whole;
    }

    private static Dispatched Fail(RequestRecord record, DispatchFailure failure)
    {
        (record.FaultOwner, record.FaultReason) = failure switch
        {
            { Fault: null or { Owner: FaultOwner.Key }, PoolState: LeaseRefusalReason.CoolingDown or LeaseRefusalReason.NotEntitled or LeaseRefusalReason.QueueFull } => (nameof(FaultOwner.ProjectModel), $"{failure.PoolState}"),
            { Fault: { } fault } => ($"{fault.Owner}", $"{fault.Reason}"),
            _ => (nameof(FaultOwner.Key), $"{failure.PoolState}"),
        };
        return failure;
    }
}
