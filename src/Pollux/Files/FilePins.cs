using System.Buffers;
using System.Text.Json;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>
/// Binds a call that names files to the key that owns them. What is not in the ledger was uploaded elsewhere and goes to whatever
/// key; what is another caller's does not exist. Calls that name no file, which are nearly all, are not looked at.
/// </summary>
internal sealed class FilePins(FileBook book, KeyPool.KeyPool pool, SettingsHolder settings)
{
    /// <summary>Binds <paramref name="call"/>.</summary>
    /// <param name="call">Not sent yet. Addresses of our own in its body become Google's.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="ownHost">The host under which the client reached the gateway.</param>
    /// <returns>Why it cannot be sent; <see langword="null"/>: it can.</returns>
    public GatewayError? Pin(UpstreamCall call, string caller, string ownHost)
    {
        if (call.FileUris is not { } uris)
            return null;

        RemoteResource? first = null;
        HashSet<string>? ours = null;
        foreach (string uri in uris)
        {
            if (!FileNames.TryRead(uri, out string? name))
                continue;
            if (ownHost.Length > 0 && Uri.TryCreate(uri, UriKind.Absolute, out Uri? address) && address.Authority.Equals(ownHost, StringComparison.OrdinalIgnoreCase))
                (ours ??= new(StringComparer.Ordinal)).Add(uri);
            switch (book.Find(name, caller, out RemoteResource? file))
            {
                case ResourceClaim.Foreign:
                    return new GatewayError(404, GatewayErrorKind.NotFound, FileNames.NotThere(name));
                case ResourceClaim.Own when first is null:
                    first = file;
                    break;
                case ResourceClaim.Own when !SharesProject(first!.Credential, file!.Credential):
                    return Apart(first, file);
            }
        }

        if (first is not null)
            call.OwnedBy = new ResourceOwner(first.Credential, first.Name);
        if (ours is not null)
            Rewrite(call, ours);
        return null;
    }

    /// <summary>Google's files belong to a project, so keys that are declared to be of one can reach each other's.</summary>
    private bool SharesProject(CredentialId one, CredentialId other) =>
        one == other || (pool.Find(one)?.ProjectGroup is { } project && project == pool.Find(other)?.ProjectGroup);

    private GatewayError Apart(RemoteResource one, RemoteResource other)
    {
        string where = settings.Current.Server.PublicMode
            ? $"{one.Name} and {other.Name} live with different keys"
            : $"{one.Name} lives with the key {pool.Find(one.Credential)?.Label ?? "(removed)"}, {other.Name} with {pool.Find(other.Credential)?.Label ?? "(removed)"}";
        return new GatewayError(400, GatewayErrorKind.InvalidRequest, $"The files of this request cannot be used together: {where}, and a key reaches only its own. Send one of them inline, or upload both again until they meet.", Code: "files_of_different_keys");
    }

    private static void Rewrite(UpstreamCall call, HashSet<string> ours)
    {
        call.Body = Rewritten(call.Body, ours);
        if (call.ReplaceSignatures is { } replace)
            call.ReplaceSignatures = () => Rewritten(replace(), ours);
    }

    private static ReadOnlyMemory<byte> Rewritten(ReadOnlyMemory<byte> body, HashSet<string> ours)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + 256);
        var reader = new Utf8JsonReader(body.Span);
        int copied = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !(reader.ValueTextEquals("fileUri"u8) || reader.ValueTextEquals("file_uri"u8)))
                continue;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || !ours.Contains(reader.GetString()!) || !FileNames.TryRead(reader.GetString()!, out string? name))
                continue;
            output.Write(body.Span[copied..(int)reader.TokenStartIndex]);
            output.Write(System.Text.Encoding.ASCII.GetBytes($"\"{FileNames.GoogleBase}{name}\""));
            copied = (int)reader.BytesConsumed;
        }

        output.Write(body.Span[copied..]);
        return output.WrittenMemory;
    }
}
