using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.KeyPool;

namespace Pollux.Live;

/// <summary>
/// Ephemeral tokens that were made through this gateway, in the affinity ledger: which key made each, and for whom. Browsers open
/// sessions with them and with nothing else. How often a token may be used is counted by Google.
/// </summary>
internal sealed class LiveTokens(AffinityLedger ledger, TimeProvider clock) : IEphemeralTokens
{
    /// <summary>How long a token holds where nothing else was asked for (Google's guide to ephemeral tokens: 30 minutes).</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(30);

    /// <inheritdoc/>
    public Caller? CallerOf(HttpRequest request) =>
        IEphemeralTokens.PresentedBy(request) is { } name && TryFind(name, out RemoteResource? token) ? new Caller(token.Owner, "token of " + Part(token, 1)) : null;

    /// <summary>A token by its name.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out RemoteResource? token) => ledger.TryFindToken(name, out token);

    /// <summary>The model that a token is bound to; <see langword="null"/>: any.</summary>
    public static string? ModelOf(RemoteResource token) => Part(token, 0) is { Length: > 0 } model ? model : null;

    /// <summary>Learns a token from the upstream's answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="asked">The request, which says how long it holds.</param>
    /// <param name="model">The upstream's name of the model it is bound to, or empty.</param>
    /// <param name="key">Who made it.</param>
    /// <param name="caller">For whom.</param>
    /// <returns>Whether there is one that can be used.</returns>
    public bool Learn(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> asked, string model, CredentialId key, Caller caller)
    {
        (string? name, DateTimeOffset? told) = Read(answer);
        if (name?.StartsWith(IEphemeralTokens.Prefix, StringComparison.Ordinal) != true)
            return false;
        DateTimeOffset expires = told ?? Read(asked).Expires ?? clock.GetUtcNow() + Life;
        return ledger.Remember(new RemoteResource(name, ResourceKind.AuthToken, key, caller.Id, expires) { Payload = Encoding.UTF8.GetBytes(model + "\n" + caller.Label) });
    }

    private static string Part(RemoteResource token, int part)
    {
        string[] parts = Encoding.UTF8.GetString(token.Payload.Span).Split('\n', 2);
        return parts.Length > part ? parts[part] : "";
    }

    private static (string? Name, DateTimeOffset? Expires) Read(ReadOnlySpan<byte> json)
    {
        (string? Name, DateTimeOffset? Expires) found = default;
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isName = reader.ValueTextEquals("name"u8);
                bool isExpiry = reader.ValueTextEquals("expireTime"u8) || reader.ValueTextEquals("expire_time"u8);
                reader.Read();
                if (isName && reader.TokenType == JsonTokenType.String)
                    found.Name = reader.GetString();
                else if (isExpiry && reader.TokenType == JsonTokenType.String && DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at))
                    found.Expires = at;
                else
                    reader.Skip();
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // what was read before holds; the upstream judges the rest
        }

        return found;
    }
}
