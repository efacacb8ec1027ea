using System.Security.Cryptography;
using System.Text.Json;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Http;
using Google.Apis.Util;
using Pollux.KeyPool;
using IClientFactory = Google.Apis.Http.IHttpClientFactory;

namespace Pollux.Upstream;

/// <summary>What is needed of a service account's JSON.</summary>
internal static class ServiceAccount
{
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";

    /// <summary>The project in whose name it asks.</summary>
    /// <exception cref="AccessTokenException">The credential cannot be read.</exception>
    public static string ProjectOf(SecretText secret) => Member(secret, "project_id");

    /// <summary>Makes the one that signs and asks for tokens.</summary>
    /// <param name="secret">The account's JSON.</param>
    /// <param name="tokenAddress">Asked instead of the address in the credential.</param>
    /// <param name="clients">Makes the client that asks.</param>
    /// <param name="clock">The clock by which assertions are dated.</param>
    /// <exception cref="AccessTokenException">The credential cannot be used.</exception>
    public static ServiceAccountCredential Open(SecretText secret, Uri? tokenAddress, IClientFactory clients, IClock clock)
    {
        string address = tokenAddress?.AbsoluteUri ?? Member(secret, "token_uri");
        // The assertion proves who we are to whoever is asked, for an hour.
        if (tokenAddress is null && !(Uri.TryCreate(address, UriKind.Absolute, out Uri? told) && told.Scheme == Uri.UriSchemeHttps))
            throw new AccessTokenException(TokenFault.Unusable, "Its token_uri is not an https address.");
        try
        {
            return new ServiceAccountCredential(new ServiceAccountCredential.Initializer(Member(secret, "client_email"), address)
            {
                Scopes = [Scope],
                KeyId = Optional(secret, "private_key_id"),
                ProjectId = ProjectOf(secret),
                Clock = clock,
                HttpClientFactory = clients,
                DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None, // attempts are counted elsewhere
            }.FromPrivateKey(Member(secret, "private_key")));
        }
        catch (Exception fault) when (fault is CryptographicException or FormatException or ArgumentException or InvalidOperationException)
        {
            throw new AccessTokenException(TokenFault.Unusable, "Its private_key cannot be read."); // without the cause: that may quote the key
        }
    }

    private static string Member(SecretText secret, string name) =>
        Optional(secret, name) ?? throw new AccessTokenException(TokenFault.Unusable, $"It has no {name}.");

    private static string? Optional(SecretText secret, string name)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(secret.Utf8);
            return json.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new AccessTokenException(TokenFault.Unusable, "It is not JSON.");
        }
    }
}

/// <summary>Gives Google's library the gateway's connections and clock.</summary>
internal sealed class TokenClients(HttpMessageHandler handler) : IClientFactory
{
    /// <inheritdoc/>
    public ConfigurableHttpClient CreateHttpClient(CreateHttpClientArgs args)
    {
        var client = new ConfigurableHttpClient(new ConfigurableMessageHandler(handler));
        foreach (IConfigurableHttpClientInitializer initializer in args.Initializers)
            initializer.Initialize(client);
        return client;
    }
}

/// <summary>The gateway's clock as Google's library wants it.</summary>
internal sealed class TokenClock(TimeProvider clock) : IClock
{
    /// <inheritdoc/>
    public DateTime Now => clock.GetLocalNow().DateTime;

    /// <inheritdoc/>
    public DateTime UtcNow => clock.GetUtcNow().UtcDateTime;
}
