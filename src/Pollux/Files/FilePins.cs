using System.Buffers;
using System.Text.Json;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>
/// Binds a call that names files, a cache, stores or a tuned model to the key that owns them. What is not in the ledger was made
/// elsewhere and goes to whatever key; what is another caller's does not exist. Calls that name nothing, which are nearly all, are not looked at.
/// </summary>
internal sealed class FilePins(ResourceOwners owners)
{
    /// <summary>Binds <paramref name="call"/>.</summary>
    /// <param name="call">Not sent yet. Addresses of our own in its body become Google's.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="ownHost">The host under which the client reached the gateway.</param>
    /// <returns>Why it cannot be sent; <see langword="null"/>: it can.</returns>
    public GatewayError? Pin(UpstreamCall call, string caller, string ownHost)
    {
        if (call.FileUris is null && call.ResourceNames is null)
            return null;

        RemoteResource? first = null;
        HashSet<string>? ours = null;
        foreach (string uri in call.FileUris ?? [])
        {
            if (!FileNames.TryRead(uri, out string? name))
                continue;
            if (ownHost.Length > 0 && Uri.TryCreate(uri, UriKind.Absolute, out Uri? address) && address.Authority.Equals(ownHost, StringComparison.OrdinalIgnoreCase))
                (ours ??= new(StringComparer.Ordinal)).Add(uri);
            if (owners.Add(ref first, name, caller) is { } refusal)
                return refusal;
        }

        foreach (string name in call.ResourceNames ?? [])
        {
            if (owners.Add(ref first, name, caller) is { } refusal)
                return refusal;
        }

        if (first is not null)
            call.OwnedBy = new ResourceOwner(first.Credential, first.Name);
        if (ours is not null)
            Rewrite(call, ours);
        return null;
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
