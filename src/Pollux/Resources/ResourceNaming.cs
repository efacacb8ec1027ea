using Pollux.Affinity;

namespace Pollux.Resources;

/// <summary>What the collections of Google's resources have in common, and where they differ.</summary>
internal static class ResourceNaming
{
    /// <summary>Google says no end for these; the ledger forgets what was unused longest when it is full.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromDays(3650);

    /// <summary>What a name stands for.</summary>
    public static ResourceKind KindOf(ResourcePath path) => path.Segments.Contains("operations") ? ResourceKind.Operation : path.Segments[0] switch
    {
        "cachedContents" => ResourceKind.CachedContent,
        "batches" => ResourceKind.Batch,
        "fileSearchStores" => ResourceKind.FileSearchStore,
        "interactions" => ResourceKind.Interaction,
        "tunedModels" => ResourceKind.TunedModel,
        "files" => ResourceKind.File,
        _ => ResourceKind.Other,
    };

    /// <summary>
    /// How long a name is kept where no answer says: an hour for a cache (Google's default), 48 hours for a file, 30 minutes for a token, 30 days
    /// for what runs, 60 for an interaction, which Google keeps 55 days.
    /// </summary>
    public static TimeSpan LifeOf(ResourcePath path) => path.Segments.Contains("operations") ? TimeSpan.FromDays(30) : path.Segments[0] switch
    {
        "cachedContents" => TimeSpan.FromHours(1),
        "files" => TimeSpan.FromHours(48),
        "auth_tokens" => TimeSpan.FromMinutes(30),
        "batches" => TimeSpan.FromDays(30),
        "interactions" => TimeSpan.FromDays(60),
        _ => Long,
    };

    /// <summary>The member of a list's answer that holds the things listed.</summary>
    public static string MemberOf(ResourcePath list) => list.Segments[^1] == "batches" ? "operations" : list.Segments[^1];

    /// <summary>A name in full, of one that may be the bare id.</summary>
    public static string Named(string collection, string text) => text.StartsWith(collection, StringComparison.Ordinal) ? text : collection + text;
}
