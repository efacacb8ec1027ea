using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

/// <summary>Whose fault a closed Live connection is: by the words first, which come cut, then by the code.</summary>
public sealed class CloseRulesTests
{
    private const string Key = "AQ.some-key-00000000000000000000000000001";

    [Theory]
    [InlineData(1007, "API key not valid. Please pass a valid API key.", FaultOwner.Key, FaultReason.ApiKeyInvalid, RetryScope.AnotherKey)]
    [InlineData(1007, "API key expired. Please renew the API key.", FaultOwner.Key, FaultReason.ApiKeyExpired, RetryScope.AnotherKey)]
    [InlineData(1008, "Your API key was reported as leaked. Please use another API key.", FaultOwner.Key, FaultReason.KeyLeaked, RetryScope.AnotherKey)]
    [InlineData(1008, "Permission denied: Consumer 'api_key:" + Key + "' has been susp", FaultOwner.Key, FaultReason.KeySuspended, RetryScope.AnotherKey)]
    [InlineData(1008, "Generative Language API has not been used in project 100000000000 before or it is disab", FaultOwner.Key, FaultReason.ServiceDisabled, RetryScope.AnotherKey)]
    [InlineData(1008, "Requests to this API generativelanguage.googleapis.com method google.ai.generativelanguage.v1beta.Gene", FaultOwner.Key, FaultReason.KeyRestricted, RetryScope.AnotherKey)]
    [InlineData(1008, "Your project has been denied access. Please contact support.", FaultOwner.Key, FaultReason.ProjectDenied, RetryScope.AnotherKey)]
    [InlineData(1008, "This API method requires billing to be enabled.", FaultOwner.Key, FaultReason.BillingStopped, RetryScope.AnotherKey)]
    [InlineData(1008, "Request had invalid authentication credentials.", FaultOwner.Key, FaultReason.AuthKeyRefused, RetryScope.SameKeyOtherTransport)]
    [InlineData(1008, "Method doesn't allow unregistered callers (callers without", FaultOwner.Key, FaultReason.CredentialRefused, RetryScope.AnotherKey)]
    [InlineData(1007, "User location is not supported for the API use.", FaultOwner.Gateway, FaultReason.LocationUnsupported, RetryScope.None)]
    [InlineData(1011, "You exceeded your current quota, please check your plan", FaultOwner.ProjectModel, FaultReason.QuotaMinute, RetryScope.AnotherKey)]
    [InlineData(1011, "Resource has been exhausted (e.g. check quota).", FaultOwner.ProjectModel, FaultReason.CapacityExhausted, RetryScope.AnotherKey)]
    [InlineData(1008, "This model models/x is no longer available to new users.", FaultOwner.ProjectModel, FaultReason.ModelNotForKey, RetryScope.AnotherKey)]
    [InlineData(1008, "models/x is not found for API version v1beta, or is not supported for bidiGenerateContent. Call ListMod", FaultOwner.Client, FaultReason.ModelUnknown, RetryScope.None)]
    [InlineData(1008, "BidiGenerateContent session not found", FaultOwner.Client, FaultReason.ResourceNotFound, RetryScope.None)]
    [InlineData(1007, "Request contains an invalid argument.", FaultOwner.Client, FaultReason.RequestInvalid, RetryScope.None)]
    [InlineData(1008, "Operation is not implemented, or supported, or enabled.", FaultOwner.Client, FaultReason.RequestInvalid, RetryScope.None)]
    [InlineData(1009, "", FaultOwner.Client, FaultReason.PayloadTooLarge, RetryScope.None)]
    [InlineData(1011, "The model is overloaded. Please try again later.", FaultOwner.Model, FaultReason.ModelOverloaded, RetryScope.AfterBackOff)]
    [InlineData(1011, "Deadline expired before operation could complete.", FaultOwner.Upstream, FaultReason.DeadlineExceeded, RetryScope.AfterBackOff)]
    [InlineData(1011, "Internal error encountered.", FaultOwner.Upstream, FaultReason.UpstreamInternal, RetryScope.AfterBackOff)]
    [InlineData(1000, null, FaultOwner.Upstream, FaultReason.UpstreamInternal, RetryScope.AfterBackOff)]
    public void Words_and_codes_name_an_owner(int code, string? words, FaultOwner owner, FaultReason reason, RetryScope retry)
    {
        Fault fault = FaultAttribution.FromClose(new UpstreamClose { Code = code, Reason = words, Secret = new SecretText(Key) });

        Assert.Equal((owner, reason, retry), (fault.Owner, fault.Reason, fault.Retry));
        Assert.NotEmpty(fault.Message);
        Assert.DoesNotContain(Key, fault.Message, StringComparison.Ordinal);
        Assert.Equal(owner == FaultOwner.ProjectModel && reason != FaultReason.ModelNotForKey, fault.RetryAfter is not null);
    }

    [Fact]
    public void After_the_other_transport_a_refused_key_is_out() =>
        Assert.Equal(FaultEffect.PutOut, FaultAttribution.FromClose(new UpstreamClose { Code = 1008, Reason = "Request had invalid authentication credentials.", OtherTransportTried = true }).Effect);
}
