using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Vertex;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>
/// What one call has learned from its attempts so far: which keys to leave out, what to change about the request, and
/// whether another attempt is due. Belongs to one request.
/// </summary>
/// <param name="call">What is asked.</param>
/// <param name="settings">The bounds.</param>
/// <param name="random">Spreads the pauses.</param>
/// <param name="requestId">Told with what happens to a key.</param>
/// <param name="spent">Attempts that the request made for another model: they count, but one is always left.</param>
internal sealed class DispatchRun(UpstreamCall call, DispatchSettings settings, Random random, string requestId, int spent = 0)
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
    private readonly CredentialKinds _kinds = KindsOf(call);
    private AttemptedCredentials? _renewed; // service accounts whose token was made anew
    private int _attempts = Math.Min(spent, settings.MaxAttempts - 1);
    private int _width = call.IsGeneration && call.OwnedBy is null ? settings.Hedging.Width : 1; // a call that does something must not do it twice
    private int _granted = int.MaxValue; // further attempts that the bounds of the last faults leave
    private int _emptyAnswers;
    private int _quotaRetries;
    private int _upstreamRetries;
    private int _pauses;
    private Fault? _lastFault;
    private ReadOnlyMemory<byte> _lastBody;
    private Credential? _lastCredential;

    /// <summary>The body to send.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; } = call.Body;

    /// <summary>The key to ask first if it can serve.</summary>
    public CredentialId? Preferred { get; init; }

    /// <summary>How many keys the next round asks at once, at least 1. What is tried again with one key is tried alone.</summary>
    public int Width => _sameKey is not null || _width == 1 ? 1 : Math.Clamp(Math.Min(_width, _granted), 1, settings.MaxAttempts - _attempts);

    /// <summary>The silence after which the single attempt of the next round gets a second one beside it; zero = never.</summary>
    public TimeSpan SecondAfter =>
        settings.Hedging is { MaxWidth: > 1, After: var after } && after > TimeSpan.Zero
        && call.IsGeneration && _sameKey is null && Width == 1 && _granted > 1 && settings.MaxAttempts - _attempts > 1
            ? after
            : TimeSpan.Zero;

    /// <summary>Whether the next round may have more than one attempt.</summary>
    public bool IsRace => Width > 1 || SecondAfter > TimeSpan.Zero;

    /// <summary>The lease to ask for next.</summary>
    public LeaseRequest NextLease() => call.OwnedBy is { } owner
        ? new(call.Model, call.EstimatedPromptTokens) { Required = owner.Credential, RequestId = requestId, IsFree = call.IsFree }
        : new(call.Model, call.EstimatedPromptTokens, _sameKey ?? Preferred, _sameKey is null ? _avoided ?? _excluded : null) { Paid = call.Paid, RequestId = requestId, IsFree = call.IsFree, Kinds = _kinds };

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
        new(_sameKey == credential.Id && _transport is { } other ? other : credential.Transport, _sameKey == credential.Id && _transport is not null, _signaturesReplaced, _renewed?.Contains(credential.Id) == true);

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
        _granted = int.MaxValue;
        Widen(IsWorthMore(fault));
        return TakeIn(fault, body, credential, elapsed, out pause);
    }

    /// <summary>Takes in a round of which every attempt failed, or one in a way that nothing can cure.</summary>
    /// <param name="round">Its failures, at least one.</param>
    /// <param name="elapsed">Since the request began.</param>
    /// <param name="pause">How long to wait before the next round.</param>
    /// <returns>Whether another round is due.</returns>
    public bool Again(IReadOnlyList<FailedAttempt> round, TimeSpan elapsed, out TimeSpan pause)
    {
        pause = TimeSpan.Zero;
        _granted = int.MaxValue;
        if (round is [.., { Fault.Retry: RetryScope.None } last])
            return TakeIn(last.Fault, last.Body, last.Credential, elapsed, out _); // it is what the client hears

        int pauses = _pauses;
        bool paused = false, widens = false;
        FailedAttempt? same = null;
        foreach (FailedAttempt failed in round)
        {
            widens |= IsWorthMore(failed.Fault);
            if (failed.Fault.Retry is RetryScope.SameKeyAgain or RetryScope.SameKeyOtherTransport or RetryScope.SameKeyWithoutSignatures)
            {
                if (same is not null)
                    _attempts++; // one of them is tried again; the others are only spent
                same = failed;
                continue;
            }

            _pauses = pauses; // one round, one pause
            if (!TakeIn(failed.Fault, failed.Body, failed.Credential, elapsed, out TimeSpan wish))
                return false;
            paused |= _pauses > pauses;
            pause = wish > pause ? wish : pause;
        }

        _pauses = paused ? pauses + 1 : pauses;
        Widen(widens);
        if (same is not { } again)
            return true;
        bool due = TakeIn(again.Fault, again.Body, again.Credential, elapsed, out _);
        pause = TimeSpan.Zero;
        return due;
    }

    /// <summary>
    /// Whether a failure makes the next round wider. A refused quota does not: the next key is as good as the first, and
    /// asking two would only use up more. Nor does an empty answer, which costs its tokens.
    /// </summary>
    private static bool IsWorthMore(Fault fault) =>
        fault.Retry is RetryScope.AnotherKey or RetryScope.AfterBackOff
        && (fault.Owner is FaultOwner.Key or FaultOwner.Upstream || fault.Reason == FaultReason.ModelOverloaded);

    private void Widen(bool more)
    {
        if (call is { IsGeneration: true, OwnedBy: null })
            _width = Math.Min(_width + (more ? settings.Hedging.Growth : 0), settings.Hedging.MaxWidth);
    }

    private bool TakeIn(Fault fault, ReadOnlyMemory<byte> body, Credential credential, TimeSpan elapsed, out TimeSpan pause)
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
                (_renewed ??= new()).Add(credential.Id);
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

            case RetryScope.AnotherKey when call.OwnedBy is not null:
                _transport = null;
                if (!MayAskOwnerAgain(fault))
                    return false;
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

    /// <summary>
    /// Whether the one key that can serve is asked again where another would be: not when it is dead; when its quota was refused,
    /// since the pool knows when it is back; when the network failed, unless the call may have done something already.
    /// </summary>
    private bool MayAskOwnerAgain(Fault fault) => fault.Owner switch
    {
        FaultOwner.Key => false,
        FaultOwner.ProjectModel => fault.Reason is not (FaultReason.NotEntitled or FaultReason.ModelNotForKey),
        _ when fault.Reason == FaultReason.ResourceOfOtherProject => false, // it is the only one that could know it
        _ => call.IsGeneration || call.Method == HttpMethod.Get || call.Method == HttpMethod.Delete || fault.Reason is FaultReason.ConnectTimeout or FaultReason.ConnectFailed or FaultReason.ProxyFailed,
    };

    /// <summary>The call names something else now: it is sent again, to the same key.</summary>
    public void TakeMended() => Body = _signaturesReplaced ? call.ReplaceSignatures!() : call.Body;

    /// <summary>The failure when no further attempt is due.</summary>
    public DispatchFailure Failure(LeaseRefusal? refusal, DateTimeOffset now)
    {
        TimeSpan? retryAfter = refusal?.EarliestAt - now ?? _lastFault?.RetryAfter;
        return new DispatchFailure(_lastFault, refusal, ScrubbedBody(), retryAfter < TimeSpan.Zero ? TimeSpan.Zero : retryAfter) { OwnedResource = call.OwnedBy?.Resource };
    }

    /// <summary>Where both could serve, what belongs to the Gemini API is left to it.</summary>
    private static CredentialKinds KindsOf(UpstreamCall call) =>
        call.Kinds.HasFlag(CredentialKinds.GeminiApiKey) && call.Kinds != CredentialKinds.GeminiApiKey
        && (call.IsOpenAI || !VertexPath.TryRead(call.Path, out _) || VertexRequest.NeedsGeminiApi(call.Body.Span))
            ? CredentialKinds.None
            : call.Kinds;

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
        if (fault.HttpStatus >= 500 && ++_upstreamRetries > (settings.UpstreamRetries ?? int.MaxValue))
            return false;

        int left = fault.RetryLimit - failures + 1 ?? int.MaxValue;
        if (fault.Reason is FaultReason.EmptyAnswer or FaultReason.MalformedFunctionCall)
            left = Math.Min(left, settings.MaxEmptyAnswers - _emptyAnswers);
        if (fault.HttpStatus >= 500 && settings.UpstreamRetries is { } retries)
            left = Math.Min(left, retries - _upstreamRetries + 1);
        _granted = Math.Min(_granted, left);
        return true;
    }

    private ReadOnlyMemory<byte> ScrubbedBody() =>
        _lastBody.IsEmpty || _lastCredential is null ? default : SecretScrubber.ScrubUtf8(_lastBody, _lastCredential.Secret);
}
