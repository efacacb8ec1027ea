using Pollux.Access;
using Pollux.Affinity;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>
/// Binds a call that names files, a cache, stores or a tuned model to the key that owns them. What is not in the ledger was made
/// elsewhere and goes to whatever key; what is another caller's does not exist. Calls that name nothing, which are nearly all, are not looked
/// at. Files of several keys are brought together first, where that can be.
/// </summary>
internal sealed class FilePins(ResourceOwners owners, FileBook book, FileReunion reunion, FileTwins twins)
{
    /// <summary>Binds <paramref name="call"/>.</summary>
    /// <param name="call">Not sent yet. Addresses of our own in its body become Google's, and those of files that were brought to another key the ones they have there.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="ownHost">The host under which the client reached the gateway.</param>
    /// <param name="record">The request.</param>
    /// <param name="cancellation">The client went away.</param>
    /// <returns>Why it cannot be sent; <see langword="null"/>: it can.</returns>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public ValueTask<GatewayError?> PinAsync(UpstreamCall call, string caller, string ownHost, RequestRecord record, CancellationToken cancellation)
    {
        if (call.FileUris is null && call.ResourceNames is null)
            return default;

        RemoteResource? first = null;
        GatewayError? apart = null;
        Dictionary<string, string>? ours = null;
        foreach (string uri in call.FileUris ?? [])
        {
            if (!FileNames.TryRead(uri, out string? name))
                continue;
            if (ownHost.Length > 0 && Uri.TryCreate(uri, UriKind.Absolute, out Uri? address) && address.Authority.Equals(ownHost, StringComparison.OrdinalIgnoreCase))
                (ours ??= new(StringComparer.Ordinal))[uri] = name;
            if (Add(name) is { } refusal)
                return new(refusal);
        }

        foreach (string name in call.ResourceNames ?? [])
        {
            if (Add(name) is { } refusal)
                return new(refusal);
        }

        if (apart is not null)
            return MeetAsync(call, caller, apart, ours, record, cancellation);
        if (first is not null)
            call.OwnedBy = new ResourceOwner(first.Credential, first.Name);
        if (ours is not null)
            FileUriRewriting.Apply(call, ours);
        return default;

        GatewayError? Add(string name)
        {
            if (owners.Add(ref first, name, caller) is not { } refusal)
                return null;
            if (refusal.Kind == GatewayErrorKind.NotFound)
                return refusal; // before anything is done about the others
            apart ??= refusal;
            return null;
        }
    }

    private async ValueTask<GatewayError?> MeetAsync(UpstreamCall call, string caller, GatewayError apart, Dictionary<string, string>? ours, RequestRecord record, CancellationToken cancellation)
    {
        var files = new List<RemoteResource>();
        var uris = new Dictionary<string, string>(ours ?? [], StringComparer.Ordinal);
        foreach (string uri in call.FileUris ?? [])
        {
            if (!FileNames.TryRead(uri, out string? name) || book.Find(name, caller) is not { } file)
                continue;
            uris[uri] = name;
            if (!files.Exists(known => known.Name == name))
                files.Add(file);
        }

        var others = new List<RemoteResource>();
        foreach (string name in call.ResourceNames ?? [])
        {
            if (book.Find(name, caller, out RemoteResource? other) == ResourceClaim.Own)
                others.Add(other!);
        }

        if (files.Count == 0 || await reunion.TryAsync(new ScatteredFiles(files, others, call.Model), record, cancellation) is not { } met)
            return apart;
        var names = new Dictionary<string, string>(uris.Count, StringComparer.Ordinal);
        foreach ((string uri, string name) in uris)
            names[uri] = met.Twins.GetValueOrDefault(name, name);
        call.OwnedBy = new ResourceOwner(met.Key, files[0].Name);
        FileUriRewriting.Apply(call, names);
        if (met.Twins.Count > 0)
            call.Mend = new TwinMending(twins, call, files, met, apart, record).TryAsync;
        return null;
    }
}
