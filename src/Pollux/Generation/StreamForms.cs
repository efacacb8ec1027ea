using Microsoft.Extensions.Primitives;
using Pollux.Dispatch;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>In which form a client that asked for a stream gets it: as it comes, smoothed, or out of a whole answer.</summary>
internal static class StreamForms
{
    /// <summary>The header with which a client asks for a pretended stream (<c>1</c>), or for a true one (<c>0</c>).</summary>
    public const string Header = "x-pollux-fake-stream";

    /// <summary>Whether the upstream is asked for a whole answer. The header counts most, then the suffix of the name, then the setting.</summary>
    /// <param name="header">The request's <see cref="Header"/>; what is no yes and no no is passed over.</param>
    /// <param name="model">The model asked; <see langword="null"/> where nothing is known of it.</param>
    /// <param name="settings">The settings.</param>
    public static bool IsPretended(StringValues header, ResolvedModel? model, StreamSettings settings) =>
        header is [{ } text] && SettingValue.TryBoolean(text.Trim(), out bool wanted) ? wanted : model is { PretendsStream: true } || settings.Pretended;

    /// <summary>How long the client hears nothing before it gets a sign of life.</summary>
    public static TimeSpan KeepAliveOf(UpstreamCall call, PolluxSettings settings) =>
        call.PretendedForm is null ? settings.Dispatch.KeepAlive : settings.Streams.PretendedKeepAlive;

    /// <summary>The events that the client gets of an answer.</summary>
    /// <param name="result">What the upstream gave: a stream, or a whole answer for a pretended one. Owned by the events.</param>
    /// <param name="call">What was asked.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="lifetime">How long the client waits.</param>
    /// <param name="clock">Measures pauses.</param>
    /// <param name="aborted">The client went away.</param>
    public static IAnswerEvents EventsOf(
        Dispatched result, UpstreamCall call, StreamSettings settings, RequestLifetime lifetime, TimeProvider clock, CancellationToken aborted)
    {
        if (result.Whole is { } whole)
            return new PretendedEvents(whole, call.ClientForm, settings, lifetime, clock);
        return settings.Pacing is { } pacing ? new PacedEvents(result.Stream!, call.ClientForm, pacing, clock, aborted) : result.Stream!;
    }
}
