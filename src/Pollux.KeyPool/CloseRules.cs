using System.Collections.Immutable;
using static Pollux.KeyPool.FaultEffect;
using static Pollux.KeyPool.FaultOwner;
using static Pollux.KeyPool.RetryScope;

namespace Pollux.KeyPool;

/// <summary>
/// The rows about closed Live connections. A close frame has a code and a sentence and nothing else: codes only tell classes
/// (1007 invalid, 1008 not allowed or not there, 1011 all that is no fault of the client's), and which one a refused key gets has
/// changed (an expired key was reported with 1007, a missing model with 1008, a used up quota with 1011). So the words decide
/// first. They are those of the HTTP errors, cut after 123 bytes, so no row looks for what may stand behind that.
/// </summary>
internal static class CloseRules
{
    /// <summary>All of them; the first that holds rules.</summary>
    public static ImmutableArray<CloseRule> All { get; } =
    [
        // Keys
        When("Live: closed with \"API key expired\"", Key, FaultReason.ApiKeyExpired, AnotherKey, PutOut, static c => c.Says("API key expired")),
        When("Live: closed with \"API key not valid\"", Key, FaultReason.ApiKeyInvalid, AnotherKey, PutOut, static c => c.Says("API key not valid")),
        When("Live: closed with \"reported as leaked\"", Key, FaultReason.KeyLeaked, AnotherKey, PutOut, static c => c.Says("reported as leaked")),
        When("Live: closed with \"Permission denied: Consumer\" (suspended; the words repeat the key)",
            Key, FaultReason.KeySuspended, AnotherKey, PutOut, static c => c.Says("Permission denied: Consumer")),
        When("Live: closed with \"has not been used in project\"", Key, FaultReason.ServiceDisabled, AnotherKey, PutOut, static c => c.Says("has not been used in project")),
        When("Live: closed with \"Requests to this API\" (the words that they are blocked are cut off)",
            Key, FaultReason.KeyRestricted, AnotherKey, PutOut, static c => c.Says("Requests to this API")),
        When("Live: closed with \"project has been denied access\"", Key, FaultReason.ProjectDenied, AnotherKey, PutOut, static c => c.Says("project has been denied access")),
        When("Live: closed with words about billing or prepaid credit", Key, FaultReason.BillingStopped, AnotherKey, StopUntilRecheck,
            static c => c.Says("requires billing") || c.Says("enable billing") || c.Says("prepayment") || c.Says("spending cap")),
        When("Live: closed with \"invalid authentication credentials\", first time", Key, FaultReason.AuthKeyRefused, SameKeyOtherTransport, FaultEffect.None,
            static c => c.Says("invalid authentication credentials") && !c.OtherTransportTried, retryLimit: 1),
        When("Live: closed with \"invalid authentication credentials\", after the other transport was tried", Key, FaultReason.AuthKeyRefused, AnotherKey, PutOut,
            static c => c.Says("invalid authentication credentials")),
        When("Live: closed with \"unregistered callers\": the key did not arrive", Key, FaultReason.CredentialRefused, AnotherKey, CountFailure, static c => c.Says("unregistered callers")),
        When("Live: closed with \"User location is not supported\"", Gateway, FaultReason.LocationUnsupported, RetryScope.None, FaultEffect.None, static c => c.Says("User location is not supported")),

        // Quota and models
        When("Live: closed with \"exceeded your current quota\" (which one is cut off; 60 s)", ProjectModel, FaultReason.QuotaMinute, AnotherKey, CoolDown, static c => c.Says("exceeded your current quota")),
        When("Live: closed with \"resource exhausted\": sessions at once, shared capacity; 5 s", ProjectModel, FaultReason.CapacityExhausted, AnotherKey, CoolDown,
            static c => c.Says("resource has been exhausted") || c.Says("resource exhausted") || c.Says("RESOURCE_EXHAUSTED")),
        When("Live: closed with \"no longer available to new users\"", ProjectModel, FaultReason.ModelNotForKey, AnotherKey, ParkForDay, static c => c.Says("no longer available to new users")),
        When("Live: closed with \"is not found for API version\"", Client, FaultReason.ModelUnknown, RetryScope.None, FaultEffect.None, static c => c.Says("is not found for API version")),
        When("Live: closed with \"session not found\"", Client, FaultReason.ResourceNotFound, RetryScope.None, FaultEffect.None, static c => c.Says("session not found")),

        // The rest by code
        When("Live: closed with 1009, a message too big", Client, FaultReason.PayloadTooLarge, RetryScope.None, FaultEffect.None, static c => c.Code == 1009),
        When("Live: closed with 1002, 1003, 1007 or 1008 and other words", Client, FaultReason.RequestInvalid, RetryScope.None, FaultEffect.None, static c => c.Code is 1002 or 1003 or 1007 or 1008),
        When("Live: closed with words about overload", Model, FaultReason.ModelOverloaded, AfterBackOff, OverloadHint,
            static c => c.Says("overloaded") || c.Says("high demand") || c.Says("currently unavailable")),
        When("Live: closed with \"Deadline expired\"", Upstream, FaultReason.DeadlineExceeded, AfterBackOff, FaultEffect.None, static c => c.Says("Deadline expired"), retryLimit: 2),
        When("Live: closed with 1011 or any other code before the session began", Upstream, FaultReason.UpstreamInternal, AfterBackOff, FaultEffect.None, static _ => true, retryLimit: 2),
    ];

    private static CloseRule When(string condition, FaultOwner owner, FaultReason reason, RetryScope retry, FaultEffect effect, Func<UpstreamClose, bool> holds, int? retryLimit = null) =>
        new(new FaultRule(condition, owner, reason, retry, effect, retryLimit), holds);
}

/// <summary>A row about a closed Live connection.</summary>
internal sealed record CloseRule(FaultRule Row, Func<UpstreamClose, bool> Holds);
