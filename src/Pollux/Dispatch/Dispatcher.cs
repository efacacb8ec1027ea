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
    KeyPool.KeyPool pool, LeaseDesk desk, GeminiUpstream upstream, SettingsHolder settings, TimeProvider clock, Random random, ILogger<Dispatcher> logger)
{
    private readonly Attempt _attempt = new(upstream, clock);

    /// <summary>Serves <paramref name="call"/>.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<Dispatched> SendAsync(UpstreamCall call, RequestRecord record, RequestLifetime lifetime)
    {
        DispatchSettings dispatch = settings.Current.Dispatch;
        var run = new DispatchRun(call, dispatch, random);
        long started = clock.GetTimestamp();
        try
        {
            while (true)
            {
                LeaseOutcome outcome = await desk.LeaseAsync(run.NextLease(), record.Caller, record.Attempts > 0, lifetime.Token);
                if (outcome.Waited > TimeSpan.Zero)
                    record.Waited += outcome.Waited;
                if (outcome.Lease is null && outcome.Refusal.Reason == LeaseRefusalReason.AllExcluded && run.StopAvoiding())
                    continue;
                if (outcome.Lease is not { } lease)
                    return Fail(record, run.Failure(outcome.Refusal, clock.GetUtcNow()));

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
                    return Succeed(result, lease, record, lifetime);
                }

                lease.Settle(AttemptReport.Failure(failed));
                AttemptFailed(logger, record.Id, record.Attempts, record.KeyLabel, call.Model, failed.Owner, failed.Reason, failed.HttpStatus, failed.Message);
                if (!run.Again(failed, result.Body, lease.Credential, clock.GetElapsedTime(started), out TimeSpan pause))
                    return Fail(record, run.Failure(null, clock.GetUtcNow()));

                if (pause > TimeSpan.Zero)
                    await Task.Delay(pause, clock, lifetime.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.TimedOut)
        {
            return Fail(record, new DispatchFailure(FaultAttribution.FromTransport(TransportFault.TotalTimeout), null, default, null));
        }
    }

    private static Dispatched Succeed(in AttemptResult result, Lease lease, RequestRecord record, RequestLifetime lifetime)
    {
        if (result.Stream is { } stream)
            return new UpstreamExchange(stream, lease, lifetime);

        GeminiUsage usage = result.Whole!.Answer.Usage;
        record.Usage = usage;
        lease.Settle(AttemptReport.Success(Attempt.ToTokenUsage(usage)));
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

    [LoggerMessage(EventId = 3000, Level = LogLevel.Debug, Message = "{RequestId} attempt {Attempt} with {Key} for {Model} failed: {Owner} {Reason} (HTTP {Status}): {Words}")]
    private static partial void AttemptFailed(
        ILogger logger, string requestId, int attempt, string key, string model, FaultOwner owner, FaultReason reason, int status, string words);
}
