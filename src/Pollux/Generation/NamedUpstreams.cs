using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>A model of a further upstream.</summary>
/// <param name="Upstream">The upstream.</param>
/// <param name="Model">Its own name for the model.</param>
/// <param name="Kinds">The kind of its keys.</param>
internal sealed record NamedModel(FurtherUpstream Upstream, string Model, CredentialKinds Kinds);

/// <summary>
/// Finds models of further upstreams (<c>UPSTREAMS</c>). <c>name/model</c> is that upstream's. A plain name is Google's where Google
/// has it, by its own name, an alias or an ending; else it is the first upstream's that offers it.
/// </summary>
internal sealed class NamedUpstreams(ModelNames names, ModelDirectory directory, SettingsHolder settings)
{
    /// <summary>Whether there is any.</summary>
    public bool Any => settings.Current.Others.Further.Count > 0;

    /// <summary>Finds the model behind a name.</summary>
    /// <param name="asked">As the client wrote it.</param>
    /// <param name="side">The kinds that the route forces; none: any. A route that forces a side of Google's has no others.</param>
    /// <param name="caller">The label of who asks: whose aliases hold.</param>
    /// <returns><see langword="null"/>: it is none of theirs, or hidden.</returns>
    public NamedModel? Find(string asked, CredentialKinds side, string caller = "")
    {
        IReadOnlyList<FurtherUpstream> further = settings.Current.Others.Further;
        if (further.Count == 0 || side != CredentialKinds.None)
            return null;
        for (int i = 0; i < further.Count; i++)
        {
            FurtherUpstream upstream = further[i];
            if (asked.Length > upstream.Name.Length && asked[upstream.Name.Length] == '/' && asked.StartsWith(upstream.Name, StringComparison.Ordinal))
                return Of(upstream, i, asked[(upstream.Name.Length + 1)..]);
        }

        for (int i = 0; i < further.Count; i++)
        {
            if (Of(further[i], i, asked) is { } model)
                return settings.Current.Generation.BlockedModels.Contains(asked) || IsGoogles(asked, caller) ? null : model;
        }

        return null;
    }

    /// <summary>Their names for a list of models: the full ones, and the plain ones that are not in the list yet.</summary>
    /// <param name="listed">What is listed already.</param>
    public IReadOnlyList<(string Name, string Owner)> Names(IReadOnlyCollection<string> listed)
    {
        var full = new List<(string, string)>();
        var plain = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (FurtherUpstream upstream in settings.Current.Others.Further)
        {
            foreach (string model in upstream.Models)
            {
                if (IsHidden(upstream, model))
                    continue;
                full.Add((upstream.NameOf(model), upstream.Name));
                if (!listed.Contains(model) && Find(model, CredentialKinds.None) is not null)
                    plain.TryAdd(model, upstream.Name);
            }
        }

        foreach ((string name, string owner) in plain)
            full.Add((name, owner));
        return full;
    }

    private NamedModel? Of(FurtherUpstream upstream, int index, string model) =>
        upstream.Models.Contains(model) && !IsHidden(upstream, model) ? new NamedModel(upstream, model, PoolSections.KindsOf(index + 1)) : null;

    /// <summary>Hidden by the full name: it says which upstream is meant.</summary>
    private bool IsHidden(FurtherUpstream upstream, string model) => ModelNames.IsHidden(settings.Current.Generation, upstream.NameOf(model));

    /// <summary>An alias by name counts, one by pattern does not: the name that is offered says more. While nobody knows Google's list, what looks like Google's is.</summary>
    private bool IsGoogles(string asked, string caller) => directory.Current is { } list
        ? names.Resolve(asked, CredentialKinds.None, caller, withPatterns: false) is not null || ImageModels.IsChat(asked, list, settings.Current.Generation)
        : settings.Current.Generation.Aliases.Find(asked, caller, withPatterns: false) is not null || asked.StartsWith("gemini-", StringComparison.Ordinal) || asked.StartsWith("models/", StringComparison.Ordinal);
}
