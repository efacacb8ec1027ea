using System.Net;
using Pollux.Settings;

namespace Pollux.Upstream;

/// <summary>One outbound proxy with its own connections, and whether it may be asked now. Thread-safe.</summary>
/// <param name="proxy">Which.</param>
/// <param name="make">Makes the connections; asked when the first request goes this way.</param>
internal sealed class ProxyRoute(OutboundProxy proxy, Func<IWebProxy, HttpMessageInvoker> make) : IWebProxy, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private const int MaxDoublings = 10;

    private readonly Lock _lock = new();
    private HttpMessageInvoker? _invoker;
    private bool _isTried; // a request asks it although it is left out
    private int _failures; // in a row; 0: it works
    private long _triedAgainAt; // UTC ticks; meaningful after a failure

    /// <summary>The proxy.</summary>
    public OutboundProxy Proxy => proxy;

    /// <summary>Its part in the choice: equal over restarts.</summary>
    public ulong Seed { get; } = StableHash.Of(proxy.Identity);

    /// <summary>Its connections.</summary>
    public HttpMessageInvoker Invoker
    {
        get
        {
            if (Volatile.Read(ref _invoker) is { } made)
                return made;
            lock (_lock)
                return _invoker ??= make(this);
        }
    }

    /// <summary>Whether it has failed and did not work since.</summary>
    public bool IsLeftOut => Volatile.Read(ref _failures) > 0;

    /// <summary>When it is tried again, UTC ticks; meaningful while it is left out.</summary>
    public long TriedAgainAt => Volatile.Read(ref _triedAgainAt);

    /// <summary>
    /// Takes the right to ask it. One that is left out is asked by one request alone when its pause is over; the others go on
    /// passing it over until that one has an answer.
    /// </summary>
    public bool TryEnter(long now)
    {
        if (!IsLeftOut)
            return true;
        lock (_lock)
        {
            if (_failures == 0)
                return true;
            if (now < _triedAgainAt)
                return false;
            _triedAgainAt = now + Pause().Ticks; // should that request never end
            return _isTried = true;
        }
    }

    /// <summary>It could not be used.</summary>
    /// <returns>How long it is left out; <see langword="null"/>: others found out before, and their pause holds.</returns>
    public TimeSpan? Failed(long now)
    {
        lock (_lock)
        {
            if (_failures > 0 && !_isTried)
                return null;
            TimeSpan pause = Pause();
            _triedAgainAt = now + pause.Ticks;
            _isTried = false;
            _failures++;
            return pause;
        }
    }

    /// <summary>It led to an answer.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Worked()
    {
        if (!IsLeftOut)
            return false;
        lock (_lock)
        {
            bool news = _failures > 0;
            _failures = 0;
            _isTried = false;
            return news;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            _invoker?.Dispose();
    }

    /// <summary>The proxy, whatever the destination: no address of the upstream, a local one neither, is reached without it.</summary>
    Uri IWebProxy.GetProxy(Uri destination) => proxy.Address;

    /// <inheritdoc/>
    bool IWebProxy.IsBypassed(Uri host) => false;

    ICredentials? IWebProxy.Credentials
    {
        get => proxy.Credentials;
        set => throw new NotSupportedException();
    }

    private TimeSpan Pause()
    {
        double seconds = FirstPause.TotalSeconds * Math.Pow(2, Math.Min(_failures, MaxDoublings));
        return TimeSpan.FromSeconds(Math.Min(seconds, LongestPause.TotalSeconds));
    }
}
