using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>
/// What one call has learned from its attempts so far: which keys to leave out, what to change about the request, and
/// whether another attempt is due. Belongs to one request.
/// </summary>
internal sealed class DispatchRun(UpstreamCall call, DispatchSettings settings, Random random)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    private AttemptedCredentials? _told; // keys whose quota was used up: the pool keeps them away as long as that is so
    private AttemptedCredentials? _avoided; // these, and those below; only while others are to be had
    private CredentialId? _failedThere;
    private AttemptedCredentials? _excluded; // most requests succeed at once and need neither this nor the counts
    private Dictionary<(FaultReason Reason, CredentialId? Key), int>? _failures;
    private CredentialId? _sameKey;
    private KeyTransport? _transport;
    private bool _signaturesReplaced;
    private int _attempts;
    private int _emptyAnswers;
    private int _quotaRetries;
    private int _upstreamRetries;
    private int _pauses;
    private Fault? _lastFault;
    private ReadOnlyMemory<byte> _lastBody;
    private Credential? _lastCredential;

    /// <summary>The body to send.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; } = call.Body;

    /// <summary>The lease to ask for next.</summary>
    public LeaseRequest NextLease() => new(call.Model, call.EstimatedPromptTokens, _sameKey, _sameKey is null ? _avoided ?? _excluded : null);

    /// <summary>No other key was to be had: those that were only avoided may be asked again.</summary>
    /// <returns>Whether there were any.</returns>
    public bool StopAvoiding()
    {
        if (_avoided is null)
            return false;
        _avoided = null;
        _failedThere = null;
        return true;
    }

    /// <summary>How the next attempt is made with <paramref name="credential"/>.</summary>
    public AttemptConditions ConditionsFor(Credential credential) =>
        new(_sameKey == credential.Id && _transport is { } other ? other : credential.Transport, _sameKey == credential.Id && _transport is not null, _signaturesReplaced);

    /// <summary>Keeps what a success proved: the place where a key may travel.</summary>
    public static void Remember(Lease lease, in AttemptConditions conditions, KeyPool.KeyPool pool)
    {
        if (conditions.OtherTransportTried)
            pool.SetTransport(lease.Credential.Id, conditions.Transport);
    }

    /// <summary>Takes in a failed attempt.</summary>
    /// <param name="fault">Why it failed.</param>
    /// <param name="body">The upstream's error body, unscrubbed.</param>
    /// <param name="credential">The key it was made with.</param>
    /// <param name="elapsed">Since the request began.</param>
    /// <param name="pause">How long to wait before the next attempt.</param>
    /// <returns>Whether another attempt is due.</returns>
    public bool Again(Fault fault, ReadOnlyMemory<byte> body, Credential credential, TimeSpan elapsed, out TimeSpan pause)
    {
        (_lastFault, _lastBody, _lastCredential) = (fault, body, credential);
        pause = TimeSpan.Zero;
        if (!IsWorthAnother(fault, credential, elapsed))
            return false;

        _sameKey = null;
        switch (fault.Retry)
        {
            case RetryScope.SameKeyAgain:
                _sameKey = credential.Id;
                break;

            case RetryScope.SameKeyOtherTransport:
                _sameKey = credential.Id;
                _transport = credential.Transport == KeyTransport.Header ? KeyTransport.Query : KeyTransport.Header;
                break;

            case RetryScope.SameKeyWithoutSignatures:
                if (call.ReplaceSignatures is null)
                    return false;
                _sameKey = credential.Id;
                _signaturesReplaced = true;
                Body = call.ReplaceSignatures();
                break;

            case RetryScope.AnotherKey:
                if (fault.Owner == FaultOwner.ProjectModel)
                {
                    (_told ??= new()).Add(credential.Id);
                }
                else
                {
                    (_excluded ??= new()).Add(credential.Id);
                    _avoided?.Add(credential.Id);
                }

                _transport = null;
                break;

            case RetryScope.AfterBackOff:
                Avoid(credential.Id);
                pause = new BackOff(settings.RetryDelay, LongestPause).Pause(_pauses++, random, fault.RetryAfter);
                if (settings.AttemptBudget > TimeSpan.Zero && elapsed + pause >= settings.AttemptBudget)
                    return false;
                break;
        }

        return true;
    }

    /// <summary>The failure when no further attempt is due.</summary>
    public DispatchFailure Failure(LeaseRefusal? refusal, DateTimeOffset now)
    {
        TimeSpan? retryAfter = refusal?.EarliestAt - now ?? _lastFault?.RetryAfter;
        return new DispatchFailure(_lastFault, refusal, ScrubbedBody(), retryAfter < TimeSpan.Zero ? TimeSpan.Zero : retryAfter);
    }

    /// <summary>Twice in a row with one key: an overload is nobody's in particular, but another key costs nothing.</summary>
    private void Avoid(CredentialId key)
    {
        if (_failedThere == key)
        {
            if (_avoided is null)
            {
                _avoided = new AttemptedCredentials();
                foreach (CredentialId tried in _excluded is null ? default : _excluded.All)
                    _avoided.Add(tried);
            }

            _avoided.Add(key);
        }

        _failedThere = key;
    }

    private bool IsWorthAnother(Fault fault, Credential credential, TimeSpan elapsed)
    {
        // What is tried differently with the same key is tried so with each key.
        CredentialId? key = fault.Retry is RetryScope.SameKeyOtherTransport or RetryScope.SameKeyAgain ? credential.Id : null;
        _failures ??= [];
        int failures = _failures[(fault.Reason, key)] = _failures.GetValueOrDefault((fault.Reason, key)) + 1;
        if (fault.Retry == RetryScope.None || ++_attempts >= settings.MaxAttempts || failures > fault.RetryLimit)
            return false;
        if (settings.AttemptBudget > TimeSpan.Zero && elapsed >= settings.AttemptBudget)
            return false;
        if (fault.Reason is FaultReason.EmptyAnswer or FaultReason.MalformedFunctionCall && ++_emptyAnswers >= settings.MaxEmptyAnswers)
            return false;
        if (fault.Owner == FaultOwner.ProjectModel && _told?.Contains(credential.Id) == true && ++_quotaRetries > settings.QuotaRetries)
            return false;
        return fault.HttpStatus < 500 || ++_upstreamRetries <= (settings.UpstreamRetries ?? int.MaxValue);
    }

    private ReadOnlyMemory<byte> ScrubbedBody() =>
        _lastBody.IsEmpty || _lastCredential is null ? default : SecretScrubber.ScrubUtf8(_lastBody, _lastCredential.Secret);
}
