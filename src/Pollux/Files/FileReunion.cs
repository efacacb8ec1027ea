using Pollux.Affinity;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Files;

/// <summary>What a request names, once it is clear that no key has all of it.</summary>
/// <param name="Files">The caller's files, each once.</param>
/// <param name="Fixed">What else it names and cannot be moved, such as a cache.</param>
/// <param name="Model">The model that is to answer.</param>
internal sealed record ScatteredFiles(IReadOnlyList<RemoteResource> Files, IReadOnlyList<RemoteResource> Fixed, string Model);

/// <summary>One key that has all files of a request.</summary>
/// <param name="Key">The key.</param>
/// <param name="Twins">The names under which it has those that were uploaded elsewhere, by their own names.</param>
internal sealed record MetFiles(CredentialId Key, IReadOnlyDictionary<string, string> Twins);

/// <summary>Brings files of several keys together at one of them: at the key that lacks the fewest and can serve the model.</summary>
internal sealed partial class FileReunion(FileTwins twins, FileCopies copies, ResourceOwners owners, KeyPool.KeyPool pool, SettingsHolder settings, TimeProvider clock, ILogger<FileReunion> logger)
{
    private const int AtOnce = 4;

    /// <summary>Brings them together.</summary>
    /// <param name="scattered">What the request names.</param>
    /// <param name="record">The request.</param>
    /// <param name="cancellation">The client went away.</param>
    /// <returns><see langword="null"/>: they cannot be, and the log says why.</returns>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<MetFiles?> TryAsync(ScatteredFiles scattered, RequestRecord record, CancellationToken cancellation)
    {
        var known = new Dictionary<string, IReadOnlyList<RemoteResource>>(StringComparer.Ordinal);
        var keys = new List<CredentialId>();
        foreach (RemoteResource file in scattered.Files)
        {
            known[file.Name] = twins.Of(file);
            foreach (CredentialId key in (IEnumerable<CredentialId>)[file.Credential, .. known[file.Name].Select(static twin => twin.Credential)])
            {
                if (!keys.Contains(key))
                    keys.Add(key);
            }
        }

        foreach (RemoteResource other in scattered.Fixed)
        {
            if (!keys.Contains(other.Credential))
                keys.Add(other.Credential);
        }

        CredentialId? best = null;
        int fewest = int.MaxValue;
        bool isFree = false;
        foreach (CredentialId key in keys)
        {
            if (pool.Find(key)?.Health.Status != CredentialStatus.Usable || LacksAt(key, scattered, known) is not { } lacks)
                continue;
            bool serves = !IsRestricted(key, scattered.Model);
            if (best is null || (serves && !isFree) || (serves == isFree && lacks < fewest))
                (best, fewest, isFree) = (key, lacks, serves);
        }

        if (best is not { } chosen)
        {
            if (copies.IsOn)
                Apart(logger, record.Id, string.Join(", ", scattered.Files.Where(file => !copies.Has(file.Name)).Select(static file => file.Name)));
            return null;
        }

        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, cancellation);
        try
        {
            return await MeetAsync(chosen, scattered, known, record, lifetime.Token);
        }
        catch (OperationCanceledException) when (lifetime.TimedOut)
        {
            TooLong(logger, record.Id);
            return null;
        }
    }

    private async Task<MetFiles?> MeetAsync(CredentialId chosen, ScatteredFiles scattered, Dictionary<string, IReadOnlyList<RemoteResource>> known, RequestRecord record, CancellationToken cancellation)
    {
        var met = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (RemoteResource[] some in scattered.Files.Where(file => !owners.SharesProject(file.Credential, chosen)).Chunk(AtOnce))
        {
            string?[] names = await Task.WhenAll(some.Select(file => twins.MakeAsync(file, TwinKey(file, chosen, known), record, cancellation)));
            for (int i = 0; i < some.Length; i++)
            {
                if (names[i] is not { } name)
                    return null;
                met[some[i].Name] = name;
            }
        }

        return new MetFiles(chosen, met);
    }

    /// <summary>A twin may be of another key of the same project.</summary>
    private CredentialId TwinKey(RemoteResource file, CredentialId chosen, Dictionary<string, IReadOnlyList<RemoteResource>> known) =>
        known[file.Name].FirstOrDefault(twin => owners.SharesProject(twin.Credential, chosen))?.Credential ?? chosen;

    /// <summary>How many files a key lacks; <see langword="null"/>: they cannot all be brought there.</summary>
    private int? LacksAt(CredentialId key, ScatteredFiles scattered, Dictionary<string, IReadOnlyList<RemoteResource>> known)
    {
        foreach (RemoteResource other in scattered.Fixed)
        {
            if (!owners.SharesProject(other.Credential, key))
                return null;
        }

        int lacks = 0;
        foreach (RemoteResource file in scattered.Files)
        {
            if (owners.SharesProject(file.Credential, key) || known[file.Name].Any(twin => owners.SharesProject(twin.Credential, key)))
                continue;
            if (!copies.Has(file.Name))
                return null;
            lacks++;
        }

        return lacks;
    }

    private bool IsRestricted(CredentialId key, string model)
    {
        DateTimeOffset now = clock.GetUtcNow();
        return pool.RestrictionsOf(key).Any(restriction => restriction.Until > now && restriction.Model == model);
    }

    [LoggerMessage(EventId = 8120, Level = LogLevel.Information, Message = "{Request} names files of several keys, and no key can get all of them. Without a copy: {Files}.")]
    private static partial void Apart(ILogger logger, string request, string files);

    [LoggerMessage(EventId = 8121, Level = LogLevel.Warning, Message = "{Request} names files of several keys, and TOTAL_TIMEOUT was over before they were uploaded to one.")]
    private static partial void TooLong(ILogger logger, string request);
}
