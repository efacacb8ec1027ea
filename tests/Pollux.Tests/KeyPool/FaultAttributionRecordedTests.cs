using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class FaultAttributionRecordedTests(ITestOutputHelper output)
{
    // Every recorded error answer by name: a new recording fails here until somebody says whose fault it is.
    private static readonly Dictionary<string, (FaultOwner Owner, FaultReason Reason, RetryScope Retry)> Expected = new()
    {
        ["TestModel_TrackingHeaders_verifies_headers_are_set_vertex_enabled.0"] = (FaultOwner.Key, FaultReason.CredentialRefused, RetryScope.AnotherKey),
        ["gemini-google-429-retry-info"] = (FaultOwner.ProjectModel, FaultReason.QuotaMinute, RetryScope.AnotherKey),
        ["TestGoogleAIErrorHandling.0"] = (FaultOwner.Key, FaultReason.CredentialRefused, RetryScope.AnotherKey),
        ["TestGoogle.test_count_tokens_error"] = (FaultOwner.Client, FaultReason.ModelUnknown, RetryScope.None),
        ["TestGoogle.test_embed_error"] = (FaultOwner.Client, FaultReason.ModelUnknown, RetryScope.None),
        ["test_model_name_suggestion_google"] = (FaultOwner.Client, FaultReason.ModelUnknown, RetryScope.None),
        ["googleai-streaming-failure-image-rejected"] = (FaultOwner.Client, FaultReason.RequestInvalid, RetryScope.None),
        ["googleai-unary-failure-api-key"] = (FaultOwner.Key, FaultReason.ApiKeyInvalid, RetryScope.AnotherKey),
        ["googleai-unary-failure-generativelanguage-api-not-enabled"] = (FaultOwner.Key, FaultReason.ServiceDisabled, RetryScope.AnotherKey),
        ["googleai-unary-failure-unknown-model"] = (FaultOwner.Client, FaultReason.ModelUnknown, RetryScope.None),
        ["vertexai-streaming-failure-api-key"] = (FaultOwner.Key, FaultReason.ApiKeyInvalid, RetryScope.AnotherKey),
        ["vertexai-streaming-failure-error-mid-stream"] = (FaultOwner.Upstream, FaultReason.Cancelled, RetryScope.AfterBackOff),
        ["vertexai-streaming-failure-http-error"] = (FaultOwner.Gateway, FaultReason.LocationUnsupported, RetryScope.None),
        ["vertexai-streaming-failure-image-rejected"] = (FaultOwner.Client, FaultReason.RequestInvalid, RetryScope.None),
        ["vertexai-streaming-failure-unknown-model"] = (FaultOwner.Client, FaultReason.ModelUnknown, RetryScope.None),
        ["vertexai-unary-failure-api-key"] = (FaultOwner.Key, FaultReason.ApiKeyInvalid, RetryScope.AnotherKey),
        ["vertexai-unary-failure-context-cache-model-doesnt-match"] = (FaultOwner.Client, FaultReason.RequestInvalid, RetryScope.None),
        ["vertexai-unary-failure-context-cache-not-found"] = (FaultOwner.Client, FaultReason.ResourceNotFound, RetryScope.None),
        ["vertexai-unary-failure-firebaseml-api-not-enabled"] = (FaultOwner.Key, FaultReason.ServiceDisabled, RetryScope.AnotherKey),
        ["vertexai-unary-failure-firebasevertexai-api-not-enabled"] = (FaultOwner.Key, FaultReason.ServiceDisabled, RetryScope.AnotherKey),
        ["vertexai-unary-failure-generate-images-prompt-blocked"] = (FaultOwner.Client, FaultReason.PromptBlocked, RetryScope.None),
        ["vertexai-unary-failure-http-error"] = (FaultOwner.Gateway, FaultReason.LocationUnsupported, RetryScope.None),
        ["vertexai-unary-failure-iam-permission-denied"] = (FaultOwner.Key, FaultReason.PermissionMissing, RetryScope.AnotherKey),
        ["vertexai-unary-failure-image-rejected"] = (FaultOwner.Client, FaultReason.RequestInvalid, RetryScope.None),
        ["vertexai-unary-failure-invalid-context-cache-id"] = (FaultOwner.Client, FaultReason.RequestInvalid, RetryScope.None),
        ["vertexai-unary-failure-invalid-location-url-not-found"] = (FaultOwner.Upstream, FaultReason.NotTheApi, RetryScope.AfterBackOff),
        ["vertexai-unary-failure-model-not-found"] = (FaultOwner.Client, FaultReason.ModelUnknown, RetryScope.None),
        ["vertexai-unary-failure-quota-exceeded"] = (FaultOwner.ProjectModel, FaultReason.NotEntitled, RetryScope.AnotherKey),
        ["vertexai-unary-failure-unsupported-user-location"] = (FaultOwner.Gateway, FaultReason.LocationUnsupported, RetryScope.None),
    };

    [Fact]
    public void Every_recorded_error_has_the_owner_that_a_person_gave_it()
    {
        Assert.SkipWhen(RecordedErrors.Folder is null, "The recorded traffic is not beside the repository.");

        var cases = RecordedErrors.All().ToList();
        List<string> wrong = [];
        Dictionary<FaultOwner, int> byOwner = [];
        foreach (var recorded in cases)
        {
            var fault = FaultAttribution.Classify(new UpstreamFailure { HttpStatus = recorded.Status, Body = recorded.Body });
            byOwner[fault.Owner] = byOwner.GetValueOrDefault(fault.Owner) + 1;
            if (!Expected.TryGetValue(recorded.Name, out var expected))
                wrong.Add($"{recorded.Name}: not in the table; judged {fault.Owner} {fault.Reason} {fault.Retry}: {fault.Message}");
            else if (expected != (fault.Owner, fault.Reason, fault.Retry))
                wrong.Add($"{recorded.Name}: expected {expected}, judged {fault.Owner} {fault.Reason} {fault.Retry}: {fault.Message}");
        }

        output.WriteLine($"{cases.Count} recorded errors: {string.Join(", ", byOwner.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"))}");
        Assert.Empty(wrong);
        Assert.Equal(Expected.Keys.Order(), cases.Select(recorded => recorded.Name).Order());
    }

    [Fact]
    public void No_recorded_error_lets_a_key_or_a_project_through()
    {
        Assert.SkipWhen(RecordedErrors.Folder is null, "The recorded traffic is not beside the repository.");

        foreach (var recorded in RecordedErrors.All())
        {
            var fault = FaultAttribution.Classify(new UpstreamFailure { HttpStatus = recorded.Status, Body = recorded.Body });
            Assert.DoesNotContain("AIzv00G7VmUCUeC", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("key1234", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("test-project-id-1234", fault.PublicMessage, StringComparison.Ordinal);
            Assert.DoesNotContain("348715329010", fault.PublicMessage, StringComparison.Ordinal);
        }
    }
}
