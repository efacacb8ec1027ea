namespace Pollux.Access;

/// <summary>
/// Who may call, as configured: values already parsed, faults in them already reported. A wrong value here stops the start,
/// because a rule that silently falls away opens a door.
/// </summary>
internal sealed record AccessOptions
{
    /// <summary><c>PASSWORD</c>: client credentials, made by <see cref="PasswordRules.Values"/>. Default none: see <see cref="AccessModel"/>.</summary>
    public IReadOnlyList<string> Passwords { get; init; } = [];

    /// <summary><c>ALLOWED_TOKENS</c>: client credentials. Default none.</summary>
    public IReadOnlyList<string> AllowedTokens { get; init; } = [];

    /// <summary><c>AUTH_TOKEN</c>: an administrator's token that is a client credential too. Default none.</summary>
    public string? AuthToken { get; init; }

    /// <summary><c>WHITELIST_IPS</c>: addresses and networks that need no credential on model routes. Default none.</summary>
    public AddressSet WhitelistIps { get; init; } = AddressSet.Empty;

    /// <summary><c>BLACKLIST_IPS</c>: addresses and networks that are refused before all else. Default none.</summary>
    public AddressSet BlacklistIps { get; init; } = AddressSet.Empty;

    /// <summary><c>TRUSTED_PROXIES</c>: addresses and networks whose <c>X-Forwarded-For</c> and <c>Forwarded</c> are believed. Default none.</summary>
    public AddressSet TrustedProxies { get; init; } = AddressSet.Empty;

    /// <summary><c>MAX_REQUESTS_PER_MINUTE</c>: requests per client address and minute over all model routes. Default 60; 0 or less = no limit.</summary>
    public int MaxRequestsPerMinute { get; init; } = 60;

    /// <summary><c>MAX_REQUESTS_PER_DAY_PER_IP</c>: requests per client address and 24 hours over all model routes. Default 600; 0 or less = no limit.</summary>
    public int MaxRequestsPerDayPerIp { get; init; } = 600;

    /// <summary><c>WHITELIST_USER_AGENT</c>: programs that may call, by the beginning of their name or a pattern with <c>*</c>, in any case. Default none = all.</summary>
    public IReadOnlyList<string> WhitelistUserAgents { get; init; } = [];

    /// <summary><c>ALLOWED_ORIGINS</c>: web pages that may call model routes with credentials; <c>*</c> = all, without. Default <c>*</c>.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary><c>XAI_CALLER_KEYS</c>: callers may bring a key of xAI along on xAI's routes. Default yes.</summary>
    public bool XaiCallerKeys { get; init; } = true;
}
