using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Live;

/// <summary>
/// A session between a client and the upstream that has begun: two directions, until one side closes, breaks off or is told to end.
/// </summary>
internal sealed class LiveSession : IDisposable
{
    /// <summary>How long the other side has to answer a close. True time, whatever the gateway's clock says: it is the peers'.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private static readonly byte[] GoAway = Encoding.UTF8.GetBytes("""{"goAway":{"timeLeft":"0s"}}""");

    private readonly WebSocket _client;
    private readonly LiveLink _link;
    private readonly LivePeek _peek;
    private readonly LiveSettings _settings;
    private readonly RequestRecord _record;
    private readonly LiveTraffic _traffic;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _aborted = new();
    private readonly TaskCompletionSource<CloseWords> _order = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _movedAt;

    /// <param name="client">The client's socket; it stays the caller's.</param>
    /// <param name="link">The upstream's side; owned.</param>
    /// <param name="peek">Looks at what the upstream says.</param>
    /// <param name="settings">The bounds.</param>
    /// <param name="record">Learns how it ended.</param>
    /// <param name="traffic">The same record's counts.</param>
    /// <param name="clock">Measures silence.</param>
    public LiveSession(WebSocket client, LiveLink link, LivePeek peek, LiveSettings settings, RequestRecord record, LiveTraffic traffic, TimeProvider clock)
    {
        (_client, _link, _peek, _settings, _record, _traffic, _clock) = (client, link, peek, settings, record, traffic, clock);
        _movedAt = clock.GetTimestamp();
    }

    /// <summary>How long neither side has said anything.</summary>
    public TimeSpan Silence => _clock.GetElapsedTime(Volatile.Read(ref _movedAt));

    /// <summary>Tells the session to end.</summary>
    public void End(CloseWords words) => _order.TrySetResult(words);

    /// <summary>Carries until the end.</summary>
    public async Task RunAsync()
    {
        var up = new LivePump(_client, _link.Socket, _settings.MaxMessageBytes, null, null, MovedUp);
        var down = new LivePump(_link.Socket, _client, _settings.MaxMessageBytes, _peek, _writing, MovedDown);
        Task<PumpEnd> upward = up.RunAsync(new byte[LivePump.RestingBytes], null, _aborted.Token);
        Task<PumpEnd> downward = down.RunAsync(_link.Resting, _link.First, _aborted.Token);
        Fault? fault = null;
        try
        {
            Task ended = await Task.WhenAny(upward, downward, _order.Task);
            fault = await EndAsync(ended, upward, downward);
        }
        finally
        {
            try
            {
                await _aborted.CancelAsync(); // whatever still waits breaks off
                await Task.WhenAll(upward, downward);
            }
            finally // whatever happened, the key is free again
            {
                _record.Usage = _peek.Usage;
                _peek.Ended();
                Settle(fault);
                _link.Socket.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writing.Dispose();
        _aborted.Dispose();
    }

    private async Task<Fault?> EndAsync(Task ended, Task<PumpEnd> upward, Task<PumpEnd> downward)
    {
        if (ended == upward && await upward == PumpEnd.TargetBroken)
            ended = await IsOverAsync(downward) ? downward : ended; // the upstream's own end says why
        if (ended == downward && await downward == PumpEnd.TargetBroken)
            ended = await IsOverAsync(upward) ? upward : ended;

        if (ended == _order.Task)
            return await OrderedAsync(await _order.Task, upward);
        if (ended == upward)
        {
            return await upward switch
            {
                PumpEnd.Closed => await ClientClosedAsync(downward),
                PumpEnd.TooLarge => await TooLargeAsync(WebSocketCloseStatus.MessageTooBig, "A message", upward),
                PumpEnd.TargetBroken => await UpstreamBrokenAsync(upward),
                _ => await ClientGoneAsync(downward),
            };
        }

        return await downward switch
        {
            PumpEnd.Closed => await UpstreamClosedAsync(upward),
            PumpEnd.TooLarge => await TooLargeAsync(WebSocketCloseStatus.InternalServerError, "A message of the upstream", upward),
            PumpEnd.TargetBroken => await ClientGoneAsync(downward),
            _ => await UpstreamBrokenAsync(upward),
        };
    }

    private async Task<Fault?> ClientClosedAsync(Task<PumpEnd> downward)
    {
        var words = CloseWords.Of(_client);
        _traffic.CloseCode = (int)words.Code;
        await words.SendAsync(_link.Socket, _aborted.Token);
        await IsOverAsync(downward); // what the upstream still has to say, and its own goodbye
        await CloseClientAsync(words);
        return null;
    }

    private async Task<Fault?> UpstreamClosedAsync(Task<PumpEnd> upward)
    {
        var words = CloseWords.Of(_link.Socket);
        Fault? fault = words.Code is WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.EndpointUnavailable or WebSocketCloseStatus.Empty
            ? null
            : FaultAttribution.FromClose(new UpstreamClose { Code = (int)words.Code, Reason = words.Text, Secret = _link.Lease.Credential.Secret, OtherTransportTried = true });
        (_record.FaultOwner, _record.FaultReason) = fault is null ? (_record.FaultOwner, _record.FaultReason) : (fault.Owner.ToString(), fault.Reason.ToString());
        await words.SendAsync(_link.Socket, _aborted.Token); // the same back, as the protocol wants it
        await SayGoodbyeAsync(words.Scrubbed(_link.Lease.Credential.Secret), upward);
        return fault;
    }

    private async Task<Fault?> UpstreamBrokenAsync(Task<PumpEnd> upward)
    {
        Fault fault = FaultAttribution.FromTransport(TransportFault.Reset);
        (_record.FaultOwner, _record.FaultReason) = (fault.Owner.ToString(), fault.Reason.ToString());
        await SayGoodbyeAsync(new CloseWords(WebSocketCloseStatus.InternalServerError, "The connection to Google broke off. Open a new session, or take this one up again by its handle."), upward);
        return null;
    }

    private async Task<Fault?> ClientGoneAsync(Task<PumpEnd> downward)
    {
        _traffic.CloseCode = 1006; // RFC 6455, 7.1.5: broken off without a close frame
        await CloseWords.Gone.SendAsync(_link.Socket, _aborted.Token);
        await IsOverAsync(downward);
        return null;
    }

    private async Task<Fault?> TooLargeAsync(WebSocketCloseStatus code, string what, Task<PumpEnd> upward)
    {
        (_record.FaultOwner, _record.FaultReason) = (nameof(FaultOwner.Client), nameof(FaultReason.PayloadTooLarge));
        await CloseWords.Gone.SendAsync(_link.Socket, _aborted.Token);
        await SayGoodbyeAsync(new CloseWords(code, string.Create(CultureInfo.InvariantCulture, $"{what} is larger than {_settings.MaxMessageBytes / (1024 * 1024)} MB (LIVE_MAX_MESSAGE_MB).")), upward);
        return null;
    }

    private async Task<Fault?> OrderedAsync(CloseWords words, Task<PumpEnd> upward)
    {
        if (words.Code == WebSocketCloseStatus.EndpointUnavailable && await _writing.WaitAsync(TimeSpan.FromMilliseconds(500), CancellationToken.None)) // never inside another message
        {
            try
            {
                await _client.SendAsync(GoAway, WebSocketMessageType.Binary, endOfMessage: true, _aborted.Token); // as Google does before it closes: clients know what to do
            }
            catch (Exception fault) when (LivePump.IsBroken(fault))
            {
                // then it is gone already
            }
            finally
            {
                _writing.Release();
            }
        }

        await CloseWords.Gone.SendAsync(_link.Socket, _aborted.Token);
        await SayGoodbyeAsync(words, upward);
        return null;
    }

    /// <summary>Closes the client's side and waits until it has read that: else the words could be lost with the connection.</summary>
    private async Task SayGoodbyeAsync(CloseWords words, Task<PumpEnd> upward)
    {
        await CloseClientAsync(words);
        if (await IsOverAsync(upward) && await upward is PumpEnd.TargetBroken or PumpEnd.TooLarge)
            await DrainAsync(_client);
    }

    private async Task CloseClientAsync(CloseWords words)
    {
        if (_traffic.CloseCode == 0)
            _traffic.CloseCode = (int)words.Code;
        Task close = words.SendAsync(_client, _aborted.Token); // waits for a message that is being written to a client that may not read
        await IsOverAsync(close);
    }

    private static async Task<bool> IsOverAsync(Task task)
    {
        try
        {
            await task.WaitAsync(Farewell, TimeProvider.System);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Reads what still comes until the other side has closed as well.</summary>
    internal static async Task DrainAsync(WebSocket socket)
    {
        using var enough = new CancellationTokenSource(Farewell, TimeProvider.System);
        byte[] waste = new byte[LivePump.RestingBytes];
        try
        {
            while ((await socket.ReceiveAsync(waste.AsMemory(), enough.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception fault) when (LivePump.IsBroken(fault))
        {
            // it need not be polite
        }
    }

    private void Settle(Fault? fault)
    {
        var usage = Dispatch.Attempt.ToTokenUsage(_peek.Usage);
        _link.Lease.Settle(fault is { Owner: FaultOwner.Key or FaultOwner.ProjectModel } ? AttemptReport.Failure(fault, usage) : AttemptReport.Success(usage));
    }

    private void MovedUp(int bytes)
    {
        _traffic.BytesIn += bytes;
        Volatile.Write(ref _movedAt, _clock.GetTimestamp());
    }

    private void MovedDown(int bytes)
    {
        _traffic.BytesOut += bytes;
        Volatile.Write(ref _movedAt, _clock.GetTimestamp());
    }
}
