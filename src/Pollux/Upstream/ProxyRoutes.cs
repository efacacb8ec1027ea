using System.Net;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Upstream;

/// <summary>
/// Which outbound proxy a request takes (<c>PROXIES</c>). Each key has its own order of all proxies, by rendezvous hashing, and takes
/// the first that works: one more proxy takes over its share of the keys and moves no other. A request never goes around them.
/// Thread-safe.
/// </summary>
internal sealed partial class ProxyRoutes : IDisposable
{
    /// <summary>Proxies that are asked for one attempt; each may cost CONNECT_TIMEOUT.</summary>
    public const int MaxTries = 4;

    private readonly ProxyRoute[] _routes;
    private readonly bool _byKey;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private long _draws;

    public ProxyRoutes(DispatchSettings settings, Func<IWebProxy, HttpMessageInvoker> make, TimeProvider clock, ILogger logger)
    {
        _routes = [.. settings.Proxies.Select(proxy => new ProxyRoute(proxy, make))];
        (_byKey, _clock, _logger) = (settings.ProxyByKey, clock, logger);
    }

    /// <summary>What the order of a request follows from: the same for all requests with one key, or another each time.</summary>
    public ulong Draw(Credential credential) =>
        _byKey ? StableHash.Of(credential.Secret.Reveal()) : StableHash.Mix((ulong)Interlocked.Increment(ref _draws), ulong.MaxValue);

    /// <summary>The first proxy in this order that may be asked.</summary>
    /// <returns><see langword="null"/>: none may.</returns>
    public ProxyRoute? Pick(ulong draw)
    {
        long now = _clock.GetUtcNow().UtcTicks;
        ulong below = ulong.MaxValue;
        while (true)
        {
            ProxyRoute? best = null;
            ulong highest = 0;
            foreach (ProxyRoute route in _routes)
            {
                ulong score = StableHash.Mix(draw, route.Seed);
                if (score < below && (best is null || score > highest))
                    (best, highest) = (route, score);
            }

            if (best is null || best.TryEnter(now))
                return best;
            below = highest;
        }
    }

    /// <summary>Notes that a proxy led nowhere.</summary>
    /// <param name="route">Which.</param>
    /// <param name="words">Why, in .NET's words.</param>
    public void Failed(ProxyRoute route, string words)
    {
        if (route.Failed(_clock.GetUtcNow().UtcTicks) is { } pause)
            LeftOut(_logger, route.Proxy, route.Proxy.Redact(words), (int)pause.TotalSeconds);
    }

    /// <summary>Notes that a proxy led to an answer.</summary>
    public void Worked(ProxyRoute route)
    {
        if (route.Worked())
            WorksAgain(_logger, route.Proxy);
    }

    /// <summary>What to say when no proxy led anywhere.</summary>
    public ProxiesDownException Down()
    {
        long now = _clock.GetUtcNow().UtcTicks, soonest = long.MaxValue;
        int down = 0;
        foreach (ProxyRoute route in _routes)
        {
            if (!route.IsLeftOut)
                continue;
            down++;
            soonest = Math.Min(soonest, route.TriedAgainAt);
        }

        var after = TimeSpan.FromTicks(down == _routes.Length ? Math.Max(soonest - now, TimeSpan.TicksPerSecond) : TimeSpan.TicksPerSecond);
        return new ProxiesDownException(
            $"{down} of the {_routes.Length} outbound proxies of this gateway (PROXIES) cannot be used at present; the next one is tried in {Math.Ceiling(after.TotalSeconds):F0} s. Requests do not go around them.",
            after);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ProxyRoute route in _routes)
            route.Dispose();
    }

    [LoggerMessage(EventId = 3100, Level = LogLevel.Warning, Message = "The outbound proxy {Proxy} cannot be used: {Words} It is left out for {Seconds} s, and its keys go by others.")]
    private static partial void LeftOut(ILogger logger, OutboundProxy proxy, string words, int seconds);

    [LoggerMessage(EventId = 3101, Level = LogLevel.Information, Message = "The outbound proxy {Proxy} works again.")]
    private static partial void WorksAgain(ILogger logger, OutboundProxy proxy);
}
