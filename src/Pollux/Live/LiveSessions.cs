using System.Collections.Concurrent;
using System.Net.WebSockets;
using Pollux.Settings;

namespace Pollux.Live;

/// <summary>
/// All sessions: how many there may be, which of them sleep, and their end when the gateway stops. One timer looks after all.
/// Thread-safe.
/// </summary>
internal sealed class LiveSessions : IDisposable
{
    private static readonly CloseWords Stops = new(WebSocketCloseStatus.EndpointUnavailable, "The gateway stops. Connect again, and take the session up by its handle.");

    private readonly ConcurrentDictionary<LiveSession, bool> _running = new();
    private readonly SettingsHolder _settings;
    private readonly CancellationTokenRegistration _stop;
    private readonly ITimer? _timer;
    private int _count;

    public LiveSessions(SettingsHolder settings, IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        _settings = settings;
        Stopping = lifetime.ApplicationStopping;
        _stop = Stopping.UnsafeRegister(static all => ((LiveSessions)all!).EndAll(), this);
        TimeSpan idle = settings.Current.Live.IdleTimeout;
        if (idle > TimeSpan.Zero)
        {
            TimeSpan period = TimeSpan.FromSeconds(Math.Clamp(idle.TotalSeconds / 8, 0.25, 30));
            _timer = clock.CreateTimer(static all => ((LiveSessions)all!).EndIdle(), this, period, period);
        }
    }

    /// <summary>The gateway stops: no session begins any more.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Sessions that are open or being opened.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>What a client is told whose session the gateway's stop ends.</summary>
    public static CloseWords StopWords => Stops;

    /// <summary>Takes a place.</summary>
    /// <returns>Whether there was one (<c>LIVE_MAX_SESSIONS</c>).</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= _settings.Current.Live.MaxSessions)
            return true;
        Leave();
        return false;
    }

    /// <summary>Gives the place back.</summary>
    public void Leave() => Interlocked.Decrement(ref _count);

    /// <summary>Looks after a session while it runs.</summary>
    public async Task RunAsync(LiveSession session)
    {
        _running.TryAdd(session, true);
        try
        {
            if (Stopping.IsCancellationRequested)
                session.End(Stops);
            await session.RunAsync();
        }
        finally
        {
            _running.TryRemove(session, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _timer?.Dispose();
    }

    private void EndAll()
    {
        foreach ((LiveSession session, _) in _running)
            session.End(Stops);
    }

    private void EndIdle()
    {
        TimeSpan most = _settings.Current.Live.IdleTimeout;
        foreach ((LiveSession session, _) in _running)
        {
            if (session.Silence >= most)
                session.End(new CloseWords(WebSocketCloseStatus.NormalClosure, "Neither side said anything for as long as LIVE_IDLE_SECONDS allows."));
        }
    }
}
