using System.Numerics;
using Pollux.Dispatch;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Replies;

/// <summary>
/// One call whose answer may be kept. With <c>KEEP_ABANDONED</c> it has a lifetime of its own, so that its client can leave
/// without ending it. Who is left with the answer at the end, the client's flow or this, closes it, which settles the lease.
/// </summary>
internal sealed class KeptCall(
    ReplyKey key, ReplyStore store, AbandonedCalls abandoned, IdenticalRequests requests, ReplySettings settings, RequestLifetime client, TimeProvider clock) : IStreamWitness
{
    private readonly CancellationTokenSource _giveUp = new(); // only for a lifetime of its own
    private ReplyRecorder? _recorder;
    private RequestLifetime? _own;
    private UpstreamCall? _sent;
    private string _requestId = "-";
    private bool _ended;

    /// <summary>Sends it.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<Dispatched> SendAsync(AskedBody asked, UpstreamCall call, RequestRecord record, TimeSpan? patience)
    {
        (_requestId, _sent) = (record.Id, call);
        if (!settings.KeepAbandoned || call.Body.Length > AbandonedCalls.MaxBodyBytes)
            return Witnessed(await requests.SendAsync(asked, call, record, client, patience));

        _own = new RequestLifetime(client.Total, clock, _giveUp.Token);
        var made = new RequestRecord
        {
            Id = record.Id,
            StartedAt = record.StartedAt,
            Caller = record.Caller,
            Model = record.Model,
            Attempts = record.Attempts,
            LostAttempts = record.LostAttempts,
            Waited = record.Waited,
            DispatchedAt = record.DispatchedAt,
        };
        Task<Dispatched> sending = requests.SendAsync(asked, call, made, _own, patience);
        try
        {
            Dispatched result = await sending.WaitAsync(client.Token);
            if (result.Stream is { } stream)
                stream.Reader = client;
            else
                Dispose();
            return Witnessed(result);
        }
        catch (OperationCanceledException) when (client.Token.IsCancellationRequested)
        {
            call.IsStillRead = true; // the client's buffers are not given back
            abandoned.Take(FinishAsync(sending), _giveUp, _requestId, goesOn: client.ClientGone);
            if (client.ClientGone)
                throw;
            return Dispatcher.TimedOut(made);
        }
        catch
        {
            Dispose();
            throw;
        }
        finally
        {
            Tell(made, record);
        }
    }

    /// <inheritdoc/>
    public void Saw(UpstreamStream stream, StreamStep step)
    {
        _recorder!.Take(stream, step);
        _ended |= step == StreamStep.End;
        if (_ended && !settings.SingleUse)
            Keep(stream);
    }

    /// <inheritdoc/>
    public bool TakesOver(UpstreamExchange exchange)
    {
        if (client.ClientGone && _ended)
            Keep(exchange.Stream); // whole, but nobody had it
        if (_own is null || _ended || !client.ClientGone || !_recorder!.IsHopeful)
        {
            _giveUp.Cancel(); // ends a read that is under way
            return false;
        }

        exchange.Reader = null;
        _sent!.IsStillRead = true; // an upstream may answer before it has read to the end
        abandoned.Take(ReadOnAsync(exchange), _giveUp, _requestId, goesOn: true);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _recorder?.Dispose();
        _own?.Dispose();
        _giveUp.Dispose();
    }

    private Dispatched Witnessed(Dispatched result)
    {
        if (result.Stream is { } stream && (_own is not null || !settings.SingleUse))
        {
            _recorder = new ReplyRecorder(store);
            stream.Witness = this;
        }
        else if (result.Whole is { } whole)
        {
            if (!settings.SingleUse)
                Keep(whole);
            else
                whole.Leaving = left =>
                {
                    if (client.ClientGone)
                        Keep(left);
                };
        }

        return result;
    }

    /// <summary>Waits, for nobody, for an answer that had not begun when its client left.</summary>
    private async Task<bool> FinishAsync(Task<Dispatched> sending)
    {
        Dispatched result;
        try
        {
            result = await sending;
        }
        catch
        {
            Dispose();
            throw;
        }

        if (result.Stream is { } stream)
        {
            Witnessed(result);
            return await ReadOnAsync(stream);
        }

        using WholeAnswer? whole = result.Whole;
        Dispose();
        return whole is not null && Keep(whole);
    }

    private async Task<bool> ReadOnAsync(UpstreamExchange exchange)
    {
        try
        {
            while (_recorder!.IsHopeful && await exchange.NextAsync() is StreamStep.Event or StreamStep.Framing)
            {
                // the recorder takes it down
            }

            return _ended && Keep(exchange.Stream);
        }
        finally
        {
            if (!_ended)
                await _giveUp.CancelAsync();
            await exchange.CloseAsync();
        }
    }

    private bool Keep(UpstreamStream stream)
    {
        if (_recorder!.Whole(stream) is not { } reply)
            return false;
        store.Put(key, reply);
        return true;
    }

    private bool Keep(WholeAnswer whole)
    {
        ulong ended = 0;
        int candidates = whole.Answer.Candidates.Length;
        if (candidates == 0 || !StoredReply.IsGood(whole.Answer, ref ended) || BitOperations.PopCount(ended) != candidates || whole.Body.Length > settings.MaxBytes)
            return false;
        store.Put(key, new StoredReply([whole.Body.ToArray()], whole.Headers));
        return true;
    }

    private static void Tell(RequestRecord made, RequestRecord record)
    {
        (record.KeyLabel, record.FaultOwner, record.FaultReason, record.FirstPartAt) = (made.KeyLabel, made.FaultOwner, made.FaultReason, made.FirstPartAt);
        (record.Attempts, record.LostAttempts, record.Waited, record.DispatchedAt) = (made.Attempts, made.LostAttempts, made.Waited, made.DispatchedAt);
        (record.Usage, record.Shared) = (made.Usage, made.Shared);
    }
}
