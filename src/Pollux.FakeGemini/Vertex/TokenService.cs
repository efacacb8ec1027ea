using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini.Vertex;

/// <summary>
/// Google's token service for service accounts (RFC 7523): it takes an assertion signed by the account's own key, made for this
/// service and scope, and dated within the last hour by its own clock, and gives a token that ends by that clock.
/// </summary>
internal sealed class TokenService(TimeProvider time, Func<Uri> address)
{
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";
    private const string GrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private const string Audience = "https://oauth2.googleapis.com/token"; // Google's library writes it wherever it asks
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, FakeServiceAccount> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (FakeServiceAccount Account, DateTimeOffset Ends)> _tokens = new(StringComparer.Ordinal);
    private int _given;

    /// <summary>How long tokens live.</summary>
    public TimeSpan Life { get; set; } = TimeSpan.FromSeconds(3599);

    public void Add(FakeServiceAccount account) => _accounts[account.ClientEmail] = account;

    /// <summary>No token given so far is good any more.</summary>
    public void RevokeAll() => _tokens.Clear();

    /// <summary>Whose token it is; null when it is none, or ended.</summary>
    public FakeServiceAccount? AccountOf(string token) =>
        _tokens.TryGetValue(token, out var known) && known.Ends > time.GetUtcNow() ? known.Account : null;

    /// <summary>The account that an assertion names, proved or not: for rules of a script.</summary>
    public static string? Claimed(ReadOnlyMemory<byte> form) => Claims(Assertion(form))?.Payload["iss"]?.GetValue<string>();

    /// <summary>A token, or the refusal.</summary>
    public ReplyPlan Give(ReadOnlyMemory<byte> form)
    {
        if (Field(form, "grant_type") != GrantType) return Refuse("unsupported_grant_type", $"Invalid grant_type: {Field(form, "grant_type")}");
        string assertion = Assertion(form);
        if (Claims(assertion) is not { } claims) return Refuse("invalid_grant", "Bad Request");
        if (!_accounts.TryGetValue(Text(claims.Payload, "iss"), out FakeServiceAccount? account) || account.State == FakeAccountState.Gone)
            return Refuse("invalid_grant", "Invalid grant: account not found");
        if (Text(claims.Header, "alg") != "RS256" || Text(claims.Header, "kid") != account.PrivateKeyId || !IsSigned(assertion, account))
            return Refuse("invalid_grant", "Invalid JWT Signature.");
        if (Text(claims.Payload, "aud") is var audience && audience != Audience && audience != address() + "token") return Refuse("invalid_grant", "Invalid JWT: Failed audience check.");
        if (!Text(claims.Payload, "scope").Split(' ').Contains(Scope)) return Refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset issued = DateTimeOffset.FromUnixTimeSeconds(Number(claims.Payload, "iat"));
        DateTimeOffset ends = DateTimeOffset.FromUnixTimeSeconds(Number(claims.Payload, "exp"));
        if (issued > now + Skew || ends < now - Skew || ends - issued > Longest || ends <= issued)
            return Refuse("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.");

        string token = $"ya29.fake-CANARYxyzzy-access-token-{Interlocked.Increment(ref _given):D6}";
        _tokens[token] = (account, now + Life);
        return Plan(200, new JsonObject { ["access_token"] = token, ["expires_in"] = (int)Life.TotalSeconds, ["token_type"] = "Bearer" });
    }

    private static bool IsSigned(string assertion, FakeServiceAccount account)
    {
        int dot = assertion.LastIndexOf('.');
        return account.Verifies(Encoding.ASCII.GetBytes(assertion[..dot]), Base64Url.DecodeFromChars(assertion.AsSpan(dot + 1)));
    }

    private static (JsonObject Header, JsonObject Payload)? Claims(string assertion)
    {
        try
        {
            return assertion.Split('.') is [{ } header, { } payload, { Length: > 0 }]
                && JsonNode.Parse(Base64Url.DecodeFromChars(header)) is JsonObject head && JsonNode.Parse(Base64Url.DecodeFromChars(payload)) is JsonObject body
                ? (head, body)
                : null;
        }
        catch (Exception fault) when (fault is JsonException or FormatException)
        {
            return null;
        }
    }

    private static string Assertion(ReadOnlyMemory<byte> form) => Field(form, "assertion");

    private static string Field(ReadOnlyMemory<byte> form, string name)
    {
        foreach (string pair in Encoding.UTF8.GetString(form.Span).Split('&'))
        {
            int equals = pair.IndexOf('=');
            if (equals > 0 && pair[..equals] == name) return Uri.UnescapeDataString(pair[(equals + 1)..].Replace('+', ' '));
        }

        return "";
    }

    private static string Text(JsonObject claims, string name) => claims[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private static long Number(JsonObject claims, string name) => claims[name] is JsonValue value && value.TryGetValue(out long number) ? number : 0;

    private static ReplyPlan Refuse(string error, string description) => Plan(400, new JsonObject { ["error"] = error, ["error_description"] = description });

    private static ReplyPlan Plan(int status, JsonObject body) => new(status, "application/json; charset=utf-8", [Encoding.UTF8.GetBytes(body.ToJsonString())]);
}
