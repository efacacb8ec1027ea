using Pollux.Dispatch;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Replies;

/// <summary>
/// <c>ENABLE_RESPONSE_CACHE</c>: answers a call out of what was answered before, and keeps whole good answers. With
/// <c>CACHE_SINGLE_USE</c> an answer is used once, and to reach the client it was made for is its use: what is kept then are
/// answers that nobody received. With <c>KEEP_ABANDONED</c> a call goes on for that when its client has left. Without the first
/// setting every call goes its way as if this did not stand in it.
/// </summary>
internal sealed class KeptReplies(IdenticalRequests requests, ReplyStore store, AbandonedCalls abandoned, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Serves <paramref name="call"/>.</summary>
    /// <param name="asked">What the client sent.</param>
    /// <param name="call">What that became.</param>
    /// <param name="record">Learns what it took.</param>
    /// <param name="lifetime">How long this client waits.</param>
    /// <param name="patience">As for <see cref="Dispatcher.SendAsync"/>.</param>
    /// <exception cref="OperationCanceledException">This client went away.</exception>
    public Task<Dispatched> SendAsync(in AskedBody asked, UpstreamCall call, RequestRecord record, RequestLifetime lifetime, TimeSpan? patience = null)
    {
        ReplySettings replies = settings.Current.Replies;
        if (!replies.Enabled || call is not { IsGeneration: true, Fingerprint: { } fingerprint })
            return requests.SendAsync(asked, call, record, lifetime, patience);

        ReplyKey key = ReplyKey.Of(replies.SharedByCallers ? null : asked.Caller, asked.Dialect, fingerprint);
        if (store.TryTake(key, out StoredReply? reply) && ReplyForms.TryGive(reply, call, lifetime, clock, out Dispatched? given))
        {
            record.Cached = true;
            record.FirstPartAt = clock.GetTimestamp();
            return Task.FromResult(given);
        }

        return new KeptCall(key, store, abandoned, requests, replies, lifetime, clock).SendAsync(asked, call, record, patience);
    }
}
