using Pollux.Access;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Affinity;

/// <summary>Finds the one key that owns all that a request names.</summary>
internal sealed class ResourceOwners(AffinityLedger ledger, KeyPool.KeyPool pool, SettingsHolder settings)
{
    private const string Files = "files/";

    /// <summary>Takes in one more name.</summary>
    /// <param name="first">The first owned resource of the request; its key is the one to ask.</param>
    /// <param name="name">A name at the upstream, such as <c>cachedContents/abc</c>; one that is not known binds nothing.</param>
    /// <param name="caller">Who asks.</param>
    /// <returns>Why the request cannot be served; <see langword="null"/>: so far it can.</returns>
    public GatewayError? Add(ref RemoteResource? first, string name, string caller)
    {
        switch (ledger.Find(name, caller, out RemoteResource? found))
        {
            case ResourceClaim.Foreign:
                return NotThere(name);
            case ResourceClaim.Own when first is null:
                first = found;
                return null;
            case ResourceClaim.Own when !SharesProject(first.Credential, found!.Credential):
                return Apart(first, found);
            default:
                return null;
        }
    }

    /// <summary>What Google says of a resource that is not there or not yours, so that nobody can tell one from the other.</summary>
    public static GatewayError NotThere(string name) => new(404, GatewayErrorKind.NotFound,
        name.StartsWith(Files, StringComparison.Ordinal) ? $"You do not have permission to access the File {name[Files.Length..]} or it may not exist." : "Requested entity was not found.");

    /// <summary>Resources belong to a project, so keys that are declared to be of one can reach each other's.</summary>
    public bool SharesProject(CredentialId one, CredentialId other) =>
        one == other || (pool.Find(one)?.ProjectGroup is { } project && project == pool.Find(other)?.ProjectGroup);

    private GatewayError Apart(RemoteResource one, RemoteResource other)
    {
        string where = settings.Current.Server.PublicMode
            ? $"{one.Name} and {other.Name} live with different keys"
            : $"{one.Name} lives with the key {pool.Find(one.Credential)?.Label ?? "(removed)"}, {other.Name} with {pool.Find(other.Credential)?.Label ?? "(removed)"}";
        return one.Kind == ResourceKind.File && other.Kind == ResourceKind.File
            ? new(400, GatewayErrorKind.InvalidRequest, $"The files of this request cannot be used together: {where}, and a key reaches only its own. Send one of them inline, or upload both again until they meet.", Code: "files_of_different_keys")
            : new(400, GatewayErrorKind.InvalidRequest, $"What this request names cannot be used together: {where}, and a key reaches only its own. Make one of them anew in a request that names the other.", Code: "resources_of_different_keys");
    }
}
