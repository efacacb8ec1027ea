using System.Collections.Concurrent;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Upstream;

/// <summary>
/// Access tokens of service accounts: fetched when first needed, renewed five minutes before they end while the old one still
/// serves, and by one call at a time for each account, however many wait for it. Thread-safe.
/// </summary>
internal sealed partial class AccessTokens : IDisposable
{
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10); // a token must outlive the way to Google
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30); // between renewals that fail while the old token serves

    private readonly ConcurrentDictionary<CredentialId, Account> _accounts = new(); // as many as the pool ever had
    private readonly TokenClients _clients;
    private readonly TokenClock _tokenClock;
    private readonly TokenHandler _handler;
    private readonly TimeProvider _clock;
    private readonly Uri? _tokenAddress;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();

    /// <param name="settings">Where tokens are had.</param>
    /// <param name="send">Sends a request by the gateway's connections.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">Told of renewals that fail.</param>
    public AccessTokens(VertexSettings settings, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send, TimeProvider clock, ILogger logger)
    {
        _handler = new TokenHandler(send);
        _clients = new TokenClients(_handler);
        _tokenClock = new TokenClock(clock);
        _clock = clock;
        _tokenAddress = settings.TokenAddress;
        _logger = logger;
    }

    /// <summary>A token that is valid now, at once where one is there.</summary>
    /// <exception cref="AccessTokenException">None can be had.</exception>
    /// <exception cref="OperationCanceledException">Because of <paramref name="cancellation"/>; the call goes on for others.</exception>
    public async ValueTask<string> GetAsync(Credential credential, CancellationToken cancellation)
    {
        Account account = _accounts.GetOrAdd(credential.Id, static _ => new Account());
        Task<Token> fetching;
        lock (account)
        {
            DateTimeOffset now = _clock.GetUtcNow();
            if (account.Token is { } known && now < account.EndsAt - Margin)
            {
                if (now >= account.RenewAt && account.Fetching is null)
                    Begin(account, credential);
                return known;
            }

            fetching = account.Fetching ?? Begin(account, credential);
        }

        Token token = await fetching.WaitAsync(cancellation);
        return token.Text ?? throw new AccessTokenException(token.Fault, token.Words);
    }

    /// <summary>The API refused a token: it is not given out again.</summary>
    public void Refused(Credential credential, string token)
    {
        if (!_accounts.TryGetValue(credential.Id, out Account? account))
            return;
        lock (account)
        {
            if (account.Token == token)
                account.Token = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _handler.Dispose();
    }

    private Task<Token> Begin(Account account, Credential credential) =>
        account.Fetching = Task.Run(() => FetchAsync(account, credential), CancellationToken.None); // signing takes a millisecond, and a lock is held

    /// <summary>Never throws: nobody may wait for it.</summary>
    private async Task<Token> FetchAsync(Account account, Credential credential)
    {
        Token token;
        try
        {
            token = await AskAsync(account, credential);
        }
        catch (Exception fault) // whatever Google's library throws; its text may quote what it sent
        {
            token = new Token(null, default, TokenFault.Unavailable, $"({fault.GetType().Name})");
        }

        lock (account)
        {
            DateTimeOffset now = _clock.GetUtcNow();
            account.Fetching = null;
            if (token.Text is not null)
                (account.Token, account.EndsAt, account.RenewAt) = (token.Text, now + token.Life, now + (token.Life > 2 * Ahead ? token.Life - Ahead : token.Life / 2));
            else
                account.RenewAt = now + Again;
        }

        if (token.Text is null)
            NoToken(_logger, credential.Label, token.Fault, token.Words ?? "-");
        return token;
    }

    private async Task<Token> AskAsync(Account account, Credential credential)
    {
        using var late = new CancellationTokenSource(Patience, _clock);
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
            account.Opened ??= ServiceAccount.Open(credential.Secret, _tokenAddress, _clients, _tokenClock);
            if (!await account.Opened.RequestAccessTokenAsync(over.Token) || account.Opened.Token is not { AccessToken.Length: > 0 } token)
                return new Token(null, default, TokenFault.Unavailable, "The token service's answer holds no token.");
            return new Token(token.AccessToken, TimeSpan.FromSeconds(Math.Clamp(token.ExpiresInSeconds ?? 3600, 1, 24 * 3600)), default, null);
        }
        catch (AccessTokenException fault)
        {
            return new Token(null, default, fault.Fault, fault.Words);
        }
        catch (TokenResponseException fault)
        {
            return Refusal(fault);
        }
        catch (OperationCanceledException)
        {
            return new Token(null, default, TokenFault.Unavailable, "It was silent for too long.");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or ProxiesDownException)
        {
            return new Token(null, default, TokenFault.Unavailable, SecretScrubber.Scrub(fault.Message, credential.Secret));
        }
        catch (Exception fault) when (fault is ObjectDisposedException && late.IsCancellationRequested is false)
        {
            return new Token(null, default, TokenFault.Unavailable, "The gateway stops.");
        }
    }

    /// <summary>
    /// What Google's token service says. Only a refusal in its own form (RFC 6749, 5.2) is the account's fault; of those the
    /// one about times is the clock's.
    /// </summary>
    private static Token Refusal(TokenResponseException fault)
    {
        int status = fault.StatusCode is { } told ? (int)told : -1;
        string code = fault.Error?.Error ?? "";
        string words = SecretScrubber.Scrub($"{code}: {fault.Error?.ErrorDescription}".TrimEnd(' ', ':'));
        if (status is not (400 or 401 or 403) || code is not ("invalid_grant" or "invalid_client" or "unauthorized_client" or "invalid_scope" or "access_denied"))
            return new Token(null, default, TokenFault.Unavailable, words.Length > 0 ? $"HTTP {status}, {words}" : $"Its answer ({status}) is not in its own form.");
        bool aboutTime = code == "invalid_grant" && fault.Error?.ErrorDescription?.Contains("iat and exp", StringComparison.OrdinalIgnoreCase) == true;
        return new Token(null, default, aboutTime ? TokenFault.ClockWrong : TokenFault.Refused, words);
    }

    [LoggerMessage(EventId = 3200, Level = LogLevel.Warning, Message = "{Key} has no new access token ({Fault}): {Words}")]
    private static partial void NoToken(ILogger logger, string key, TokenFault fault, string words);

    private readonly record struct Token(string? Text, TimeSpan Life, TokenFault Fault, string? Words);

    /// <summary>One service account; its lock protects it, but for what only the one call that fetches touches.</summary>
    private sealed class Account
    {
        public ServiceAccountCredential? Opened;
        public Task<Token>? Fetching;
        public string? Token;
        public DateTimeOffset EndsAt;
        public DateTimeOffset RenewAt;
    }

    /// <summary>Leads Google's library to the gateway's connections.</summary>
    private sealed class TokenHandler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => send(request, cancellationToken);
    }
}
