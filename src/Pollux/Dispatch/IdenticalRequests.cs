using System.Security.Cryptography;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>What a client sent, as far as two requests must agree in it to be the same.</summary>
/// <param name="Caller">The caller's id: nobody gets an answer that was made for another.</param>
/// <param name="Dialect">The dialect of the route.</param>
/// <param name="Body">The client's bytes.</param>
internal readonly record struct AskedBody(string Caller, string Dialect, ReadOnlyMemory<byte> Body);

/// <summary>
/// <c>SHARE_IDENTICAL_REQUESTS</c>: requests of one caller for one whole answer, with the same bytes and running at the same
/// time, are served by one call. It lives as long as anybody waits for it, whoever asked first. Each gets a copy of its own;
/// the costs stand in the record of the one who waited longest, so that sums count them once. Without the setting every
/// request goes its own way. Thread-safe: one lock around the table and those who wait.
/// </summary>
internal sealed class IdenticalRequests(Dispatcher dispatcher, SettingsHolder settings, TimeProvider clock, ILogger<IdenticalRequests> logger) : IAsyncDisposable
{
    /// <summary>Beyond as many different ones at once requests are sent by themselves.</summary>
    private const int MaxRunning = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<Identity, SharedCall> _running = [];
    private readonly LostAttempts _left = new(clock, logger);

    /// <summary>How many wait for a call that is shared, or may be.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _running.Values.Sum(static shared => shared.Waiting.Count);
        }
    }

    /// <summary>Serves <paramref name="call"/>, together with those that are the same.</summary>
    /// <param name="asked">What the client sent.</param>
    /// <param name="call">What that became.</param>
    /// <param name="record">Learns what it took.</param>
    /// <param name="lifetime">How long this client waits.</param>
    /// <param name="patience">As for <see cref="Dispatcher.SendAsync"/>.</param>
    /// <exception cref="OperationCanceledException">This client went away.</exception>
    public Task<Dispatched> SendAsync(in AskedBody asked, UpstreamCall call, RequestRecord record, RequestLifetime lifetime, TimeSpan? patience = null)
    {
        bool shares = settings.Current.Dispatch.ShareIdenticalRequests && call is { Form: AnswerForm.Unary, IsGeneration: true };
        return shares ? ShareAsync(Identity.Of(asked, call), call, record, lifetime, patience) : dispatcher.SendAsync(call, record, lifetime, patience);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _left.DisposeAsync();

    private async Task<Dispatched> ShareAsync(Identity identity, UpstreamCall call, RequestRecord record, RequestLifetime lifetime, TimeSpan? patience)
    {
        SharedCall? shared;
        bool leads;
        lock (_lock)
        {
            leads = !_running.TryGetValue(identity, out shared);
            if (leads && _running.Count < MaxRunning)
                _running.Add(identity, shared = new SharedCall(identity, record));
            shared?.Waiting.Add(record);
        }

        if (shared is null)
            return await dispatcher.SendAsync(call, record, lifetime, patience);

        if (leads)
            _ = ServeAsync(shared, call, patience); // cannot fail: who waits is told through Over
        try
        {
            await shared.Over.Task.WaitAsync(lifetime.Token);
        }
        catch (OperationCanceledException) when (lifetime.Token.IsCancellationRequested)
        {
            if (leads && !shared.Over.Task.IsCompleted)
                call.IsStillRead = true;
            await LeaveAsync(shared, record);
            if (!lifetime.TimedOut)
                throw;
            return Dispatcher.TimedOut(record);
        }

        return Take(shared, record);
    }

    private async Task ServeAsync(SharedCall shared, UpstreamCall call, TimeSpan? patience)
    {
        Dispatched? result = null;
        Exception? fault = null;
        using (var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, shared.Abandoned.Token))
        {
            try
            {
                result = await dispatcher.SendAsync(call, shared.Record, lifetime, patience);
            }
            catch (Exception any)
            {
                fault = any;
            }
        }

        lock (_lock)
        {
            Forget(shared);
            if (shared.Waiting.Count > 0)
                (shared.Payer, shared.Result) = (shared.Waiting[0], result);
            else
                result?.Whole?.Dispose();
        }

        if (fault is null)
            shared.Over.SetResult();
        else
            shared.Over.SetException(fault);
        _ = shared.Over.Task.Exception; // nobody may be there to see it
    }

    private Dispatched Take(SharedCall shared, RequestRecord record)
    {
        Dispatched result = shared.Result!;
        bool last;
        lock (_lock)
        {
            TellCost(shared, record, pays: shared.Payer == record);
            last = shared.Waiting.Count == 1;
            if (last)
                shared.Waiting.Clear();
        }

        if (last || result.Whole is not { } whole)
        {
            if (!last)
                Leave(shared, record, wasTold: true);
            return result;
        }

        WholeAnswer copy = whole.Copy();
        Leave(shared, record, wasTold: true);
        return copy;
    }

    private async Task LeaveAsync(SharedCall shared, RequestRecord record)
    {
        if (!Leave(shared, record, wasTold: false))
            return;
        TellCost(shared, record, pays: true); // nobody else is left to tell it
        await shared.Abandoned.CancelAsync();
        await _left.TakeAsync(shared.Over.Task);
    }

    /// <summary>Gives up a place among those who wait; the last one disposes of what is there.</summary>
    /// <returns>Whether it was the last.</returns>
    private bool Leave(SharedCall shared, RequestRecord record, bool wasTold)
    {
        lock (_lock)
        {
            shared.Waiting.Remove(record);
            if (shared.Waiting.Count > 0)
            {
                if (shared.Payer == record && !wasTold)
                    shared.Payer = shared.Waiting[0];
                return false;
            }

            Forget(shared);
            shared.Result?.Whole?.Dispose();
            return true;
        }
    }

    private void Forget(SharedCall shared)
    {
        if (_running.TryGetValue(shared.Identity, out SharedCall? running) && running == shared)
            _running.Remove(shared.Identity);
    }

    private static void TellCost(SharedCall shared, RequestRecord record, bool pays)
    {
        RequestRecord made = shared.Record;
        (record.KeyLabel, record.FaultOwner, record.FaultReason, record.FirstPartAt) = (made.KeyLabel, made.FaultOwner, made.FaultReason, made.FirstPartAt);
        record.Shared = !pays;
        if (!pays)
            return;
        record.Attempts += made.Attempts;
        record.LostAttempts += made.LostAttempts;
        record.Waited += made.Waited;
        record.Usage = made.Usage;
    }

    private readonly record struct Identity(string Caller, string Dialect, string Path, string Query, string BodyHash)
    {
        public static Identity Of(in AskedBody asked, UpstreamCall call) =>
            new(asked.Caller, asked.Dialect, call.Kinds == KeyPool.CredentialKinds.None ? call.Path : $"{(int)call.Kinds}/{call.Path}", call.Query, Convert.ToHexString(SHA256.HashData(asked.Body.Span)));
    }

    /// <summary>A call that several wait for.</summary>
    private sealed class SharedCall(Identity identity, RequestRecord first)
    {
        public Identity Identity => identity;

        /// <summary>What it took; of nobody who waits, since any of them may leave.</summary>
        public RequestRecord Record { get; } = new() { Id = first.Id, StartedAt = first.StartedAt, Caller = first.Caller, Model = first.Model };

        /// <summary>Who waits, in the order in which they came; under the lock.</summary>
        public List<RequestRecord> Waiting { get; } = [];

        /// <summary>Who tells the costs; under the lock.</summary>
        public RequestRecord? Payer { get; set; }

        /// <summary>Set before <see cref="Over"/>.</summary>
        public Dispatched? Result { get; set; }

        /// <summary>Nobody waits any more.</summary>
        public CancellationTokenSource Abandoned { get; } = new();

        /// <summary>The call is over.</summary>
        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
