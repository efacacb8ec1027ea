namespace Pollux.Access;

/// <summary>
/// The rules of access, resolved and immutable: what a change of settings replaces as a whole and a request reads once.
/// Without any configured client credential, <see cref="PasswordRules.Default"/> is good on direct connections from this machine, and a generated password everywhere.
/// </summary>
internal sealed class AccessModel
{
    private const string DefaultLabel = "default password";
    private const string GeneratedLabel = "generated password";

    private AccessModel(AccessOptions options, IReadOnlyList<ClientSecret> secrets)
    {
        Options = options;
        Credentials = new ClientCredentials(secrets);
        UserAgents = new UserAgentRules(options.WhitelistUserAgents);
        Cors = new CorsRules(options.AllowedOrigins);
        WeakCredentials = [.. secrets.Where(static secret => !secret.LoopbackOnly && PasswordRules.IsWeak(secret.Secret)).Select(static secret => secret.Label)];
    }

    /// <summary>What it was made from.</summary>
    public AccessOptions Options { get; }

    /// <summary>The secrets that make a caller.</summary>
    public ClientCredentials Credentials { get; }

    /// <summary>Which programs may call.</summary>
    public UserAgentRules UserAgents { get; }

    /// <summary>Which web pages may call.</summary>
    public CorsRules Cors { get; }

    /// <summary>Where easily guessed credentials came from: told at start and shown in the console.</summary>
    public IReadOnlyList<string> WeakCredentials { get; }

    /// <summary>No client credential is configured, so a password must be generated. Samples count as none.</summary>
    public static bool NeedsGeneratedPassword(AccessOptions options) => Configured(options).Count == 0;

    /// <summary>Resolves the settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="generated">The generated password, where one is needed; <see langword="null"/>: only this machine gets in.</param>
    public static AccessModel From(AccessOptions options, GeneratedPassword? generated = null)
    {
        var secrets = Configured(options);
        if (secrets.Count > 0)
            return new AccessModel(options, secrets);
        secrets.Add(new ClientSecret(PasswordRules.Default, DefaultLabel, LoopbackOnly: true));
        if (generated is not null)
            secrets.Add(new ClientSecret(generated.Value, GeneratedLabel));
        return new AccessModel(options, secrets);
    }

    /// <summary>The labels of the callers that the settings make.</summary>
    public static IReadOnlyList<string> Labels(AccessOptions options)
    {
        var secrets = Configured(options);
        return secrets.Count > 0 ? [.. secrets.DistinctBy(static secret => secret.Secret, StringComparer.Ordinal).Select(static secret => secret.Label)] : [DefaultLabel, GeneratedLabel];
    }

    /// <summary>The label of the caller whom a setting names: by label, by credential, or by address (<c>address 10.0.0.5</c>).</summary>
    /// <returns><see langword="null"/>: there is no such caller.</returns>
    public static string? LabelOf(AccessOptions options, string name)
    {
        if (Labels(options).Contains(name) || (name.StartsWith("address ", StringComparison.Ordinal) && System.Net.IPAddress.TryParse(name.AsSpan("address ".Length), out _)))
            return name;
        foreach (var secret in Configured(options))
        {
            if (secret.Secret == name)
                return secret.Label;
        }
        return null;
    }

    private static List<ClientSecret> Configured(AccessOptions options)
    {
        List<ClientSecret> secrets = [];
        AddAll(secrets, options.Passwords, "PASSWORD");
        AddAll(secrets, options.AllowedTokens, "ALLOWED_TOKENS");
        AddAll(secrets, options.AuthToken is null ? [] : [options.AuthToken], "AUTH_TOKEN");
        return secrets;
    }

    private static void AddAll(List<ClientSecret> secrets, IReadOnlyList<string> values, string setting)
    {
        for (var i = 0; i < values.Count; i++)
        {
            var value = values[i].Trim();
            if (value.Length > 0 && !PasswordRules.IsSample(value))
                secrets.Add(new ClientSecret(value, values.Count == 1 ? setting : $"{setting}#{i + 1}"));
        }
    }
}
