namespace Pollux.KeyPool;

/// <summary>
/// The name people see for a credential: its masked secret and its number, for example <c>AIza…x7Qf#3</c>.
/// Eight characters of a long secret help an operator to find it in Google's console and help nobody to use it.
/// </summary>
public static class KeyLabel
{
    private const int ShownAtEachEnd = 4;
    private const int ShortestMaskedInParts = 20;

    /// <summary>The masked form of a secret; a short one is hidden whole, since its ends would be most of it.</summary>
    public static string Mask(string secret) =>
        secret.Length < ShortestMaskedInParts ? "…" : string.Concat(secret.AsSpan(0, ShownAtEachEnd), "…", secret.AsSpan(secret.Length - ShownAtEachEnd));

    /// <summary>The label of a credential.</summary>
    /// <param name="secret">What is masked when <paramref name="name"/> is absent.</param>
    /// <param name="name">A name that is no secret, such as a service account's mail address.</param>
    /// <param name="id">Tells two alike ones apart.</param>
    public static string For(string secret, string? name, CredentialId id) =>
        $"{(string.IsNullOrWhiteSpace(name) ? Mask(secret) : name)}#{id.Value}";
}
