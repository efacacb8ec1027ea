using System.Collections.Concurrent;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Serving;

/// <summary>Knows the keys and decides whether a request may come in.</summary>
internal sealed class KeyGate(FakeProject defaultProject)
{
    private readonly ConcurrentDictionary<string, FakeKey> _keys = new(StringComparer.Ordinal);

    public FakeKey Add(string key, FakeProject? project) =>
        _keys.GetOrAdd(key, static (key, project) => new FakeKey(key, project), project ?? defaultProject);

    /// <summary>On Google's own OpenAI endpoint the key is the Bearer token.</summary>
    public static string? BearerOf(IReadOnlyDictionary<string, string> headers) =>
        headers.GetValueOrDefault("Authorization") is { } text && text.StartsWith("Bearer ", StringComparison.Ordinal) ? text["Bearer ".Length..] : null;

    /// <summary>The key's string from header or query, in that order.</summary>
    public static string? KeyOf(IReadOnlyDictionary<string, string> headers, IReadOnlyDictionary<string, string> query) =>
        headers.GetValueOrDefault("x-goog-api-key") ?? query.GetValueOrDefault("key");

    /// <summary>The key, or why it may not come in.</summary>
    public (FakeKey? Key, GoogleError? Refusal) Check(ReceivedRequest request)
    {
        if (request.Key is not { Length: > 0 } text)
        {
            // The native routes read a Bearer token as OAuth, which an API key is not.
            return (null, request.Headers.ContainsKey("Authorization") ? KeyErrors.AuthKeyRefused() : KeyErrors.NoIdentity());
        }

        if (!_keys.TryGetValue(text, out FakeKey? key))
            return (null, text.StartsWith("AQ.", StringComparison.Ordinal) ? KeyErrors.AuthKeyRefused() : KeyErrors.Invalid(text));
        GoogleError? refusal = key.State switch
        {
            FakeKeyState.Valid => null,
            FakeKeyState.Invalid => KeyErrors.Invalid(text),
            FakeKeyState.Expired => KeyErrors.Expired(),
            FakeKeyState.Leaked => KeyErrors.Leaked(),
            FakeKeyState.Suspended => KeyErrors.Suspended(text, key.Project.Number),
            FakeKeyState.ServiceDisabled => KeyErrors.ServiceDisabled(key.Project.Number),
            FakeKeyState.Denied => KeyErrors.ProjectDenied(),
            FakeKeyState.BillingDisabled => KeyErrors.BillingDisabled(key.Project.Number),
            FakeKeyState.Blocked => KeyErrors.Blocked(key.Project.Number),
            FakeKeyState.RefusesAuthKey => KeyErrors.AuthKeyRefused(),
            _ => throw new InvalidOperationException($"No answer for a key that is {key.State}."),
        };
        return refusal is null ? (key, null) : (null, refusal);
    }
}
