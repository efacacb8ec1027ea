using System.Net.Sockets;
using System.Net.WebSockets;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Live;

/// <summary>What a session asks of the upstream.</summary>
/// <param name="Address">Which method.</param>
/// <param name="Setup">The first message.</param>
/// <param name="SetupType">Text or binary, as it came.</param>
/// <param name="Call">The same as a call, by which keys are chosen and attempts counted.</param>
internal sealed record LiveAsk(LiveAddress Address, ReadOnlyMemory<byte> Setup, WebSocketMessageType SetupType, UpstreamCall Call);

/// <summary>A session that the upstream has begun. Whoever ends it settles the lease and disposes the socket.</summary>
/// <param name="Socket">The connection.</param>
/// <param name="Lease">The key.</param>
/// <param name="Resting">Holds the beginning of the upstream's first message; the buffer that its direction goes on with.</param>
/// <param name="First">What of it was read.</param>
internal sealed record LiveLink(WebSocket Socket, Lease Lease, byte[] Resting, ValueWebSocketReceiveResult First);

/// <summary>Why no session began.</summary>
/// <param name="Failure">As of any call.</param>
/// <param name="Closed">The code that the upstream closed with, if that was the last word.</param>
internal sealed record LiveRefusal(DispatchFailure Failure, WebSocketCloseStatus? Closed);

/// <summary>
/// Begins sessions: lease, connect, send the setup, wait for the upstream's first message. Until that came nothing but the setup was
/// exchanged, so whatever fails before may be tried with another key, and the client does not see it.
/// </summary>
internal sealed partial class LiveConnector(
    KeyPool.KeyPool pool, LeaseDesk desk, StickyKeys sticky, GeminiUpstream upstream, SettingsHolder settings, TimeProvider clock, Random random, ILogger<LiveConnector> logger)
{
    /// <summary>Begins a session.</summary>
    /// <exception cref="OperationCanceledException">The client went away, or the gateway stops.</exception>
    public async Task<(LiveLink? Link, LiveRefusal? Refusal)> ConnectAsync(LiveAsk ask, RequestRecord record, CancellationToken gone)
    {
        DispatchSettings dispatch = settings.Current.Dispatch;
        var run = new DispatchRun(ask.Call, dispatch, random, record.Id) { Preferred = sticky.Of(record.Caller) };
        long started = record.DispatchedAt = clock.GetTimestamp();
        WebSocketCloseStatus? closed = null;
        while (true)
        {
            LeaseOutcome outcome = await desk.LeaseAsync(run.NextLease(), record.Caller, record.Attempts > 0, gone);
            record.Waited += outcome.Waited;
            if (outcome.Lease is null && outcome.Refusal.Reason == LeaseRefusalReason.AllExcluded && run.StopAvoiding())
                continue;
            if (outcome.Lease is not { } lease)
                return (null, Refuse(record, run.Failure(outcome.Refusal, clock.GetUtcNow()), closed));

            AttemptConditions conditions = run.ConditionsFor(lease.Credential);
            record.Attempts++;
            record.KeyLabel = lease.Credential.Label;
            (LiveLink? link, Fault? fault, closed) = await TryAsync(ask, lease, conditions, dispatch.SilenceTimeout, gone);
            if (link is not null)
            {
                record.FirstPartAt = clock.GetTimestamp();
                DispatchRun.Remember(lease, conditions, pool);
                if (ask.Call.OwnedBy is null)
                    sticky.Remember(record.Caller, lease.Credential.Id);
                return (link, null);
            }

            lease.Settle(AttemptReport.Failure(fault!));
            AttemptFailed(logger, record.Id, record.Attempts, record.KeyLabel, ask.Call.Model, fault!.Owner, fault.Reason, (int?)closed ?? 0, fault.Message);
            if (!run.Again(fault, default, lease.Credential, clock.GetElapsedTime(started), out TimeSpan pause))
                return (null, Refuse(record, run.Failure(null, clock.GetUtcNow()), closed));
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, clock, gone);
        }
    }

    private async Task<(LiveLink? Link, Fault? Fault, WebSocketCloseStatus? Closed)> TryAsync(LiveAsk ask, Lease lease, AttemptConditions conditions, TimeSpan silence, CancellationToken gone)
    {
        using var cancellation = new AttemptCancellation(silence, clock, gone);
        WebSocket? socket = null;
        try
        {
            socket = await upstream.ConnectAsync(ask.Address, lease.Credential, conditions.Transport, cancellation.Token);
            cancellation.Heard();
            await socket.SendAsync(ask.Setup, ask.SetupType, endOfMessage: true, cancellation.Token);
            byte[] resting = new byte[LivePump.RestingBytes];
            ValueWebSocketReceiveResult first = await socket.ReceiveAsync(resting.AsMemory(), cancellation.Token);
            if (first.MessageType == WebSocketMessageType.Close)
            {
                var words = CloseWords.Of(socket);
                await words.SendAsync(socket, cancellation.Token);
                Fault refused = FaultAttribution.FromClose(new UpstreamClose { Code = (int)words.Code, Reason = words.Text, Secret = lease.Credential.Secret, OtherTransportTried = conditions.OtherTransportTried });
                return (null, OfToken(refused, ask), words.Code);
            }

            var link = new LiveLink(socket, lease, resting, first);
            socket = null;
            return (link, null, null);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            lease.Settle(new AttemptReport(AttemptOutcome.Cancelled));
            throw;
        }
        catch (OperationCanceledException fault)
        {
            return (null, FaultAttribution.FromTransport(fault.InnerException is TimeoutException ? TransportFault.ConnectTimeout : TransportFault.Silence), null);
        }
        catch (ProxiesDownException fault)
        {
            return (null, FaultAttribution.FromTransport(TransportFault.ProxyFailed) with { Message = fault.Message, RetryAfter = fault.RetryAfter }, null);
        }
        catch (HttpRequestException fault) when (fault.StatusCode is { } status)
        {
            var failure = new UpstreamFailure { HttpStatus = (int)status, Model = ask.Call.Model, Kind = lease.Credential.Kind, Secret = lease.Credential.Secret, OtherTransportTried = conditions.OtherTransportTried };
            return (null, OfToken(FaultAttribution.Classify(failure), ask), null);
        }
        catch (Exception fault) when (fault is HttpRequestException or WebSocketException or IOException or SocketException)
        {
            return (null, FaultAttribution.FromTransport(Attempt.Kind(fault)), null);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <summary>Where an ephemeral token travels instead of the key, a refusal is the token's and says nothing about the key.</summary>
    private static Fault OfToken(Fault fault, LiveAsk ask) => ask.Address.Token is null || fault.Owner != FaultOwner.Key
        ? fault
        : fault with { Owner = FaultOwner.Client, Retry = RetryScope.None, Effect = FaultEffect.None };

    private static LiveRefusal Refuse(RequestRecord record, DispatchFailure failure, WebSocketCloseStatus? closed)
    {
        (record.FaultOwner, record.FaultReason) = failure.PoolState is { } state
            ? (state is LeaseRefusalReason.CoolingDown or LeaseRefusalReason.NotEntitled or LeaseRefusalReason.QueueFull ? nameof(FaultOwner.ProjectModel) : nameof(FaultOwner.Key), state.ToString())
            : ($"{failure.Fault?.Owner}", $"{failure.Fault?.Reason}");
        return new LiveRefusal(failure, closed);
    }

    [LoggerMessage(EventId = 8000, Level = LogLevel.Debug, Message = "{RequestId} attempt {Attempt} with {Key} to open a Live session of {Model} failed: {Owner} {Reason} (close code {Code}): {Words}")]
    private static partial void AttemptFailed(ILogger logger, string requestId, int attempt, string key, string model, FaultOwner owner, FaultReason reason, int code, string words);
}
