namespace Pollux.Upstream;

/// <summary>Which Live method is connected to, and how.</summary>
/// <param name="Path">Below <c>BASE_URL</c>, such as <c>ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent</c>.</param>
/// <param name="Query">Without credentials and without a leading question mark; may be empty.</param>
/// <param name="Token">The ephemeral token that stands for the key; <see langword="null"/>: the key itself is sent.</param>
/// <param name="Ping">How often the upstream hears of us while nothing is said; zero = never.</param>
/// <param name="Headers">Headers of the client that Google understands.</param>
internal sealed record LiveAddress(string Path, string Query, string? Token, TimeSpan Ping, IReadOnlyList<KeyValuePair<string, string>> Headers);
