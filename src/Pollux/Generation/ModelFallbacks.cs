using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// <c>MODEL_FALLBACKS</c>: serves a request by a stand-in when no key has quota for the model asked for. Who has a stand-in
/// waits for a key only shortly; if no model of the chain has one then, the model asked for is worth the whole patience.
/// </summary>
internal sealed class ModelFallbacks(ModelNames models, SettingsHolder settings)
{
    /// <summary>Long enough for a new key to prove itself and for a minute that is about to end; short for a person.</summary>
    private static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(1);

    /// <summary>How long a request for <paramref name="model"/> waits for a key before a stand-in is asked.</summary>
    /// <returns><see langword="null"/> when it has none: as long as any request.</returns>
    public TimeSpan? PatienceFor(string model)
    {
        IReadOnlyDictionary<string, string> fallbacks = settings.Current.Generation.Fallbacks;
        return fallbacks.Count > 0 && fallbacks.ContainsKey(model) ? ShortPatience : null;
    }

    /// <summary>Asks the stand-ins one after another, then once more for the model itself.</summary>
    /// <param name="asked">The model whose pool is dry.</param>
    /// <param name="call">The call for it.</param>
    /// <param name="dry">What became of that.</param>
    /// <param name="record">Learns who served.</param>
    /// <param name="prepare">Makes the call for a stand-in; <see langword="null"/> where the request cannot be put to it.</param>
    /// <param name="send">Sends a call with a bound for waiting.</param>
    /// <returns>The stand-in that answered, or <see langword="null"/> for the model asked for, and the result.</returns>
    public async Task<(ResolvedModel? StandIn, Dispatched Result)> ServeAsync(
        ResolvedModel asked, UpstreamCall call, Dispatched dry, RequestRecord record,
        Func<ResolvedModel, Task<UpstreamCall?>> prepare, Func<UpstreamCall, TimeSpan?, Task<Dispatched>> send)
    {
        (string owner, string reason, string? losses) = (record.FaultOwner, record.FaultReason, record.Losses);
        foreach (ResolvedModel standIn in ChainOf(asked))
        {
            if (await prepare(standIn) is not { } other)
                continue;
            Dispatched result = await send(other, ShortPatience);
            if (result.Failure is null)
            {
                (record.FaultOwner, record.FaultReason, record.ServedModel) = ("-", "-", standIn.Name);
                return (standIn, result);
            }

            if (result.Failure.Fault?.Reason == FaultReason.PromptBlocked)
                return (standIn, result); // its verdict about the prompt; to ask yet another would be asking until one does not mind
        }

        record.Losses = losses;
        Dispatched last = settings.Current.Pool.MaxQueueTime > ShortPatience ? await send(call, null) : dry;
        (record.FaultOwner, record.FaultReason) = last.Failure is null ? ("-", "-") : last == dry ? (owner, reason) : (record.FaultOwner, record.FaultReason);
        return (null, last);
    }

    /// <summary>A stand-in may have one itself. What the client's ending asked for holds for all of them.</summary>
    private List<ResolvedModel> ChainOf(ResolvedModel asked)
    {
        IReadOnlyDictionary<string, string> fallbacks = settings.Current.Generation.Fallbacks;
        var chain = new List<ResolvedModel>();
        string name = asked.Name;
        while (fallbacks.TryGetValue(name, out string? next) && models.Resolve(next) is { } found)
        {
            if (found.Name == asked.Name || chain.Exists(known => known.Name == found.Name))
                break; // a circle that only an alias closes
            chain.Add((found.HasWishes ? found : found with { Thinking = asked.Thinking, Search = asked.Search, Pictures = asked.Pictures && ImageModels.Paints(found.Capabilities) }) with { Kinds = asked.Kinds, MustPay = asked.MustPay, PretendsStream = found.PretendsStream || asked.PretendsStream });
            name = found.Name;
        }

        return chain;
    }
}
