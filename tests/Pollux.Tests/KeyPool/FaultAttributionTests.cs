using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Pollux.KeyPool;
using static Pollux.KeyPool.FaultOwner;

namespace Pollux.Tests.KeyPool;

public sealed class FaultAttributionTests
{
    private const string CanaryKey = "AIzaSyCANARYcanary0123456789abcdefghijk";

    private static string Error(int code, string status, string message, string details = "") =>
        $$"""{"error":{"code":{{code}},"message":{{Quoted(message)}},"status":"{{status}}","details":[{{details}}] } }""";

    private static string Info(string reason, string metadata = "") =>
        $$"""{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{{reason}}","domain":"googleapis.com","metadata":{ {{metadata}} } }""";

    private static string Quota(params string[] violations) =>
        $$"""{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{string.Join(',', violations)}}]}""";

    private static string Violation(string quotaId, string? value = "10", string model = "gemini-3.8-flash") =>
        $$"""{"quotaMetric":"generativelanguage.googleapis.com/m","quotaId":"{{quotaId}}","quotaDimensions":{"model":"{{model}}","location":"global"}{{(value is null ? "" : $",\"quotaValue\":\"{value}\"")}}}""";

    private static string RetryInfo(string delay) => $$"""{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{{delay}}"}""";

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static UpstreamFailure Failure(int status, string body) =>
        new() { HttpStatus = status, Body = Encoding.UTF8.GetBytes(body), Model = "gemini-3.8-flash" };

    private static Fault Judge(int status, string body) => FaultAttribution.Classify(Failure(status, body));

    // Bodies as seen in the wild, each with the verdict a person gave it.
    public static TheoryData<string, int, string, FaultOwner, FaultReason, RetryScope, FaultEffect> Bodies() => new()
    {
        { "invalid key", 400, Error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", Info("API_KEY_INVALID")), Key, FaultReason.ApiKeyInvalid, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "invalid key, details lost on the way", 400, Error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), Key, FaultReason.ApiKeyInvalid, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "invalid key in an array", 400, "[" + Error(400, "INVALID_ARGUMENT", "API key not valid.", Info("API_KEY_INVALID")) + "\n]", Key, FaultReason.ApiKeyInvalid, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "expired key", 400, Error(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", Info("API_KEY_INVALID")), Key, FaultReason.ApiKeyExpired, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "leaked key", 403, Error(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."), Key, FaultReason.KeyLeaked, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "suspended", 403, Error(403, "PERMISSION_DENIED", $"Permission denied: Consumer 'api_key:{CanaryKey}' has been suspended.", Info("CONSUMER_SUSPENDED")), Key, FaultReason.KeySuspended, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "API off", 403, Error(403, "PERMISSION_DENIED", "Generative Language API has not been used in project 12345678 before or it is disabled.", Info("SERVICE_DISABLED", "\"consumer\":\"projects/12345678\"")), Key, FaultReason.ServiceDisabled, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "service blocked", 403, Error(403, "PERMISSION_DENIED", "Requests to this API method are blocked.", Info("API_KEY_SERVICE_BLOCKED")), Key, FaultReason.KeyRestricted, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "referrer blocked", 403, Error(403, "PERMISSION_DENIED", "Requests from referer <empty> are blocked.", Info("API_KEY_HTTP_REFERRER_BLOCKED")), Key, FaultReason.KeyRestricted, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "address blocked", 403, Error(403, "PERMISSION_DENIED", "The provided API key has an IP address restriction.", Info("API_KEY_IP_ADDRESS_BLOCKED")), Key, FaultReason.KeyRestricted, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "project denied", 403, Error(403, "PERMISSION_DENIED", "Your project has been denied access. Please contact support."), Key, FaultReason.ProjectDenied, RetryScope.AnotherKey, FaultEffect.PutOut },
        { "billing off", 403, Error(403, "PERMISSION_DENIED", "This API method requires billing to be enabled.", Info("BILLING_DISABLED")), Key, FaultReason.BillingStopped, RetryScope.AnotherKey, FaultEffect.StopUntilRecheck },
        { "no identity", 403, Error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers without established identity)."), Key, FaultReason.CredentialRefused, RetryScope.AnotherKey, FaultEffect.CountFailure },
        { "403 with a reason nobody knows", 403, Error(403, "PERMISSION_DENIED", "No.", Info("ADDED_NEXT_YEAR")), Key, FaultReason.CredentialRefused, RetryScope.AnotherKey, FaultEffect.CountFailure },
        { "401 without a body", 401, "", Key, FaultReason.CredentialRefused, RetryScope.AnotherKey, FaultEffect.CountFailure },
        { "new-style key, first transport", 401, Error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", Info("ACCESS_TOKEN_TYPE_UNSUPPORTED")), Key, FaultReason.AuthKeyRefused, RetryScope.SameKeyOtherTransport, FaultEffect.None },
        { "file of another project", 403, Error(403, "PERMISSION_DENIED", "You do not have permission to access the File abc123 or it may not exist."), Gateway, FaultReason.ResourceOfOtherProject, RetryScope.AnotherKey, FaultEffect.None },
        { "cache of another project", 403, Error(403, "PERMISSION_DENIED", "CachedContent not found (or permission denied)"), Gateway, FaultReason.ResourceOfOtherProject, RetryScope.AnotherKey, FaultEffect.None },
        { "IAM", 403, Error(403, "PERMISSION_DENIED", "Permission denied on resource.", Info("IAM_PERMISSION_DENIED", "\"resource\":\"projects/p/locations/l/publishers/google/models/m\"")), Key, FaultReason.PermissionMissing, RetryScope.AnotherKey, FaultEffect.CountFailure },
        { "IAM on a cache", 403, Error(403, "PERMISSION_DENIED", "Permission denied on resource.", Info("IAM_PERMISSION_DENIED", "\"resource\":\"projects/p/locations/l/cachedContents/1\"")), Gateway, FaultReason.ResourceOfOtherProject, RetryScope.AnotherKey, FaultEffect.None },
        { "location", 400, Error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), Gateway, FaultReason.LocationUnsupported, RetryScope.None, FaultEffect.None },
        { "free tier by country", 400, Error(400, "FAILED_PRECONDITION", "Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio."), Key, FaultReason.BillingStopped, RetryScope.AnotherKey, FaultEffect.StopUntilRecheck },
        { "missing signature", 400, Error(400, "INVALID_ARGUMENT", "Function call is missing a thought_signature in functionCall parts. Additional data, function call `default_api:f` , position 2."), Gateway, FaultReason.SignatureRejected, RetryScope.SameKeyWithoutSignatures, FaultEffect.None },
        { "foreign signature", 400, Error(400, "INVALID_ARGUMENT", "Unable to submit request because Thought signature is not valid"), Gateway, FaultReason.SignatureRejected, RetryScope.SameKeyWithoutSignatures, FaultEffect.None },
        { "context too long", 400, Error(400, "INVALID_ARGUMENT", "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576)."), Client, FaultReason.ContextTooLong, RetryScope.None, FaultEffect.None },
        { "schema", 400, Error(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unknown name \"const\"", """{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"tools[0].function_declarations[0].parameters.properties[0].value","description":"Unknown name"}]}"""), Client, FaultReason.SchemaRejected, RetryScope.None, FaultEffect.None },
        { "unknown field", 400, Error(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unknown name \"x\": Cannot find field.", """{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"description":"Unknown name"}]}"""), Client, FaultReason.RequestInvalid, RetryScope.None, FaultEffect.None },
        { "modality", 400, Error(400, "INVALID_ARGUMENT", "This model only supports text output."), Client, FaultReason.RequestInvalid, RetryScope.None, FaultEffect.None },
        { "413", 413, "", Client, FaultReason.PayloadTooLarge, RetryScope.None, FaultEffect.None },
        { "413 page of a proxy", 413, "<html><body>413 Request Entity Too Large</body></html>", Client, FaultReason.PayloadTooLarge, RetryScope.None, FaultEffect.None },
        { "payload as 400", 400, Error(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."), Client, FaultReason.PayloadTooLarge, RetryScope.None, FaultEffect.None },
        { "model of other projects", 404, Error(404, "NOT_FOUND", "This model models/gemini-2.5-pro is no longer available to new users. Please update your code."), ProjectModel, FaultReason.ModelNotForKey, RetryScope.AnotherKey, FaultEffect.ParkForDay },
        { "publisher model", 404, Error(404, "NOT_FOUND", "Publisher Model `projects/p/m` was not found or your project does not have access to it."), ProjectModel, FaultReason.ModelNotForKey, RetryScope.AnotherKey, FaultEffect.ParkForDay },
        { "unknown model", 404, Error(404, "NOT_FOUND", "models/gemini-5.0-flash is not found for API version v1, or is not supported for generateContent."), Client, FaultReason.ModelUnknown, RetryScope.None, FaultEffect.None },
        { "unknown file", 404, Error(404, "NOT_FOUND", "Requested entity was not found."), Client, FaultReason.ResourceNotFound, RetryScope.None, FaultEffect.None },
        { "HTML 404", 404, "<!DOCTYPE html><html><title>Error 404</title></html>", FaultOwner.Upstream, FaultReason.NotTheApi, RetryScope.AfterBackOff, FaultEffect.None },
        { "HTML 502", 502, "\n <html><body>502. That’s an error.</body></html>", FaultOwner.Upstream, FaultReason.NotTheApi, RetryScope.AfterBackOff, FaultEffect.None },
        { "HTML 403 of a proxy", 403, "<html>Access denied</html>", FaultOwner.Upstream, FaultReason.NotTheApi, RetryScope.AfterBackOff, FaultEffect.None },
        { "minute", 429, Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", Quota(Violation("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")) + "," + RetryInfo("48s")), ProjectModel, FaultReason.QuotaMinute, RetryScope.AnotherKey, FaultEffect.CoolDown },
        { "minute without details", 429, Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."), ProjectModel, FaultReason.QuotaMinute, RetryScope.AnotherKey, FaultEffect.CoolDown },
        { "day", 429, Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", Quota(Violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier")) + "," + RetryInfo("21s")), ProjectModel, FaultReason.QuotaDay, RetryScope.AnotherKey, FaultEffect.CoolDownUntilDayEnd },
        { "minute and day", 429, Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", Quota(Violation("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"), Violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier")) + "," + RetryInfo("33s")), ProjectModel, FaultReason.QuotaDay, RetryScope.AnotherKey, FaultEffect.CoolDownUntilDayEnd },
        { "limit 0 as value", 429, Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", Quota(Violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "0")) + "," + RetryInfo("0s")), ProjectModel, FaultReason.NotEntitled, RetryScope.AnotherKey, FaultEffect.ParkForDay },
        { "limit 0 in the message", 429, Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.\n* Quota exceeded for metric: generativelanguage.googleapis.com/x, limit: 0, model: gemini-3.1-pro\nPlease retry in 12.5s.", Quota(Violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier", null)) + "," + RetryInfo("12s")), ProjectModel, FaultReason.NotEntitled, RetryScope.AnotherKey, FaultEffect.ParkForDay },
        { "limit 0 in the older form", 429, Error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric.", Info("RATE_LIMIT_EXCEEDED", "\"quota_limit\":\"GenerateContentRequestsPerMinutePerProjectPerRegion\",\"quota_limit_value\":\"0\"")), ProjectModel, FaultReason.NotEntitled, RetryScope.AnotherKey, FaultEffect.ParkForDay },
        { "older form", 429, Error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric.", Info("RATE_LIMIT_EXCEEDED", "\"quota_limit\":\"GenerateContentRequestsPerMinutePerProjectPerRegion\",\"quota_limit_value\":\"60\"")), ProjectModel, FaultReason.QuotaMinute, RetryScope.AnotherKey, FaultEffect.CoolDown },
        { "prepayment", 429, Error(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing."), Key, FaultReason.BillingStopped, RetryScope.AnotherKey, FaultEffect.StopUntilRecheck },
        { "spend cap", 429, Error(429, "RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap."), Key, FaultReason.BillingStopped, RetryScope.AnotherKey, FaultEffect.StopUntilRecheck },
        { "spend cap in the words of a quota", 429, Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota: the monthly spend cap of the project."), Key, FaultReason.BillingStopped, RetryScope.AnotherKey, FaultEffect.StopUntilRecheck },
        { "shared capacity", 429, Error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), ProjectModel, FaultReason.CapacityExhausted, RetryScope.AnotherKey, FaultEffect.CoolDown },
        { "Vertex capacity", 429, Error(429, "RESOURCE_EXHAUSTED", "Resource exhausted, please try again later."), ProjectModel, FaultReason.CapacityExhausted, RetryScope.AnotherKey, FaultEffect.CoolDown },
        { "429 without a body", 429, "", ProjectModel, FaultReason.CapacityExhausted, RetryScope.AnotherKey, FaultEffect.CoolDown },
        { "499 in a stream", 200, Error(499, "CANCELLED", "The operation was cancelled."), FaultOwner.Upstream, FaultReason.Cancelled, RetryScope.AfterBackOff, FaultEffect.None },
        { "503 in a stream, framed", 200, "data: " + Error(503, "UNAVAILABLE", "The model is overloaded."), Model, FaultReason.ModelOverloaded, RetryScope.AfterBackOff, FaultEffect.OverloadHint },
        { "500", 500, Error(500, "INTERNAL", "Internal error encountered."), FaultOwner.Upstream, FaultReason.UpstreamInternal, RetryScope.AfterBackOff, FaultEffect.None },
        { "503", 503, Error(503, "UNAVAILABLE", "This model is currently experiencing high demand."), Model, FaultReason.ModelOverloaded, RetryScope.AfterBackOff, FaultEffect.OverloadHint },
        { "504", 504, Error(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."), FaultOwner.Upstream, FaultReason.DeadlineExceeded, RetryScope.AfterBackOff, FaultEffect.None },
        { "text of a proxy", 404, "no such route", FaultOwner.Upstream, FaultReason.NotTheApi, RetryScope.AfterBackOff, FaultEffect.None },
        { "redirection", 302, "", FaultOwner.Upstream, FaultReason.NotTheApi, RetryScope.AfterBackOff, FaultEffect.None },
        { "xAI", 400, """{"code":"invalid-argument","error":"This model does not support it."}""", Client, FaultReason.RequestInvalid, RetryScope.None, FaultEffect.None },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Classify_real_bodies_gives_the_owner_and_what_may_cure_it(string name, int status, string body, FaultOwner owner, FaultReason reason, RetryScope retry, FaultEffect effect)
    {
        var fault = Judge(status, body);

        Assert.True((fault.Owner, fault.Reason, fault.Retry, fault.Effect) == (owner, reason, retry, effect), $"{name}: {fault}");
        Assert.False(string.IsNullOrWhiteSpace(fault.Message));
    }

    [Fact]
    public void A_refused_new_style_key_goes_out_only_after_the_other_transport()
    {
        var failure = Failure(401, Error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", Info("ACCESS_TOKEN_TYPE_UNSUPPORTED")));

        Assert.Equal(RetryScope.SameKeyOtherTransport, FaultAttribution.Classify(failure).Retry);
        var again = FaultAttribution.Classify(failure with { OtherTransportTried = true });
        Assert.Equal((Key, RetryScope.AnotherKey, FaultEffect.PutOut), (again.Owner, again.Retry, again.Effect));
    }

    [Fact]
    public void A_service_account_renews_its_token_once_before_it_is_blamed()
    {
        var failure = Failure(401, Error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", Info("ACCESS_TOKEN_EXPIRED"))) with { Kind = CredentialKind.VertexServiceAccount };

        Assert.Equal((RetryScope.SameKeyAgain, FaultEffect.None), (FaultAttribution.Classify(failure).Retry, FaultAttribution.Classify(failure).Effect));
        var again = FaultAttribution.Classify(failure with { TokenRenewed = true });
        Assert.Equal((RetryScope.AnotherKey, FaultEffect.CountFailure), (again.Retry, again.Effect));
    }

    [Fact]
    public void Signatures_are_replaced_once_then_the_request_is_to_blame()
    {
        var failure = Failure(400, Error(400, "INVALID_ARGUMENT", "Thought signature is not valid")) with { SignaturesReplaced = true };

        Assert.Equal((Client, RetryScope.None), (FaultAttribution.Classify(failure).Owner, FaultAttribution.Classify(failure).Retry));
    }

    [Fact]
    public void A_wrong_xAI_key_is_told_by_its_words_since_nothing_else_is_there()
    {
        var failure = Failure(400, """{"code":"invalid-argument","error":"Incorrect API key provided. You can obtain one."}""");

        Assert.Equal(Client, FaultAttribution.Classify(failure).Owner);
        Assert.Equal(FaultReason.ApiKeyInvalid, FaultAttribution.Classify(failure with { Kind = CredentialKind.XaiKey }).Reason);
    }

    [Theory]
    [InlineData(250_001, FaultReason.QuotaTokensTooLarge)]
    [InlineData(250_000, FaultReason.QuotaMinute)]
    [InlineData(0, FaultReason.QuotaMinute)]
    public void A_prompt_larger_than_the_whole_token_quota_is_never_tried_again(int estimated, FaultReason reason)
    {
        var body = Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", Quota(Violation("GenerateContentInputTokensPerModelPerMinute-FreeTier", "250000")) + "," + RetryInfo("30s"));

        var fault = FaultAttribution.Classify(Failure(429, body) with { EstimatedPromptTokens = estimated });

        Assert.Equal(reason, fault.Reason);
        Assert.Equal(reason == FaultReason.QuotaTokensTooLarge ? Client : ProjectModel, fault.Owner);
    }

    [Theory]
    [InlineData("48s", "", 48.0)]
    [InlineData("34.4s", "", 34.4)]
    [InlineData(null, "Please retry in 48.939935699s.", 48.939935699)]
    [InlineData(null, "Please retry in 1500.25ms.", 1.50025)]
    [InlineData(null, "Please retry in 1m30.5s.", 90.5)]
    [InlineData("0s", "", 1.0)]
    [InlineData(null, "Please retry in 12.5ms.", 1.0)]
    [InlineData(null, "", 60.0)]
    [InlineData("soon", "", 60.0)]
    [InlineData("-3s", "", 60.0)]
    [InlineData("99999999999s", "", 86_400.0)]
    [InlineData("48s", "Please retry in 12s.", 48.0)]
    public void A_minute_wall_lasts_as_long_as_Google_says(string? delay, string words, double seconds)
    {
        var details = Quota(Violation("GenerateRequestsPerMinutePerProjectPerModel")) + (delay is null ? "" : "," + RetryInfo(delay));

        var fault = Judge(429, Error(429, "RESOURCE_EXHAUSTED", "Quota exceeded. " + words, details));

        Assert.Equal(seconds, fault.RetryAfter!.Value.TotalSeconds, 6);
    }

    [Theory]
    [InlineData("limit: 0", true)]
    [InlineData("limit: 0, model: x", true)]
    [InlineData("limit: 0.", true)]
    [InlineData("limit: 0\nPlease retry in 3s.", true)]
    [InlineData("limit: 05", false)]
    [InlineData("limit: 0.5", false)]
    [InlineData("limit: 20, model: x", false)]
    [InlineData("limit: 20, model: x\n* metric, limit: 0, model: x", true)]
    public void A_limit_of_zero_in_the_message_is_told_from_other_numbers(string words, bool notEntitled)
    {
        var fault = Judge(429, Error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota. " + words, Quota(Violation("GenerateRequestsPerMinutePerProjectPerModel", null))));

        Assert.Equal(notEntitled ? FaultReason.NotEntitled : FaultReason.QuotaMinute, fault.Reason);
    }

    [Fact]
    public void Quotas_are_handed_on_to_be_learned()
    {
        var fault = Judge(429, Error(429, "RESOURCE_EXHAUSTED", "Quota.", Quota(Violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "20", "gemini-3.1-pro"), Violation("GenerateContentInputTokensPerModelPerMinute", null))));

        Assert.Equal(
            [
                new QuotaViolation("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "generativelanguage.googleapis.com/m", "gemini-3.1-pro", 20),
                new QuotaViolation("GenerateContentInputTokensPerModelPerMinute", "generativelanguage.googleapis.com/m", "gemini-3.8-flash", null),
            ],
            fault.Violations);
        Assert.True(fault.Violations[1].CountsTokens);
    }

    [Fact]
    public void Messages_never_carry_the_key_and_can_hide_the_project()
    {
        var odd = new SecretText("no-usual-shape/42");
        var body = Error(403, "PERMISSION_DENIED", $"Consumer 'api_key:{CanaryKey}' of projects/987654 (no-usual-shape/42) has been suspended.", Info("CONSUMER_SUSPENDED", "\"consumer\":\"projects/987654\""));

        var fault = FaultAttribution.Classify(Failure(403, body) with { Secret = odd });

        Assert.DoesNotContain("CANARY", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("no-usual-shape", fault.ToString(), StringComparison.Ordinal);
        Assert.Contains("projects/987654", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("987654", fault.PublicMessage, StringComparison.Ordinal);
        Assert.Equal("987654", fault.Project);
    }

    [Fact]
    public void Bodies_that_are_no_JSON_are_judged_by_status_and_never_throw()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"error\":", 5000)) + "1" + new string('}', 5000);
        byte[][] bodies =
        [
            [], [0], [0xff, 0xfe, 0xfd], "null"u8.ToArray(), "[]"u8.ToArray(), "[[]]"u8.ToArray(), "{}"u8.ToArray(), "\"error\""u8.ToArray(),
            "{\"error\":null}"u8.ToArray(), "{\"error\":[]}"u8.ToArray(), "{\"error\":{\"message\":7,\"details\":{}}}"u8.ToArray(),
            "{\"error\":{\"message\":\"\\ud800\",\"details\":[null,1,{\"@type\":5}]}}"u8.ToArray(), [.. "{\"error\":{\"message\":\""u8, 0xff, .. "\"}}"u8],
            "{\"error\":{\"details\":[{\"@type\":\"x.QuotaFailure\",\"violations\":[5,{\"quotaId\":7,\"quotaValue\":1e99}]},{\"@type\":\"x.ErrorInfo\",\"metadata\":3}]}}"u8.ToArray(),
            Encoding.UTF8.GetBytes(deep), new byte[3 << 20],
        ];
        foreach (var body in bodies)
        {
            Assert.Equal(FaultReason.ModelOverloaded, FaultAttribution.Classify(new UpstreamFailure { HttpStatus = 503, Body = body }).Reason);
            Assert.Equal(FaultReason.CredentialRefused, FaultAttribution.Classify(new UpstreamFailure { HttpStatus = 401, Body = body }).Reason);
            Assert.NotEmpty(FaultAttribution.Classify(new UpstreamFailure { HttpStatus = 200, Body = body, ContentType = "application/json" }).Message);
        }
    }

    [Fact]
    public void Noise_never_throws_and_always_has_a_message() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(),
            ArbMap.Default.ArbFor<int>(),
            (noise, status) =>
            {
                var fault = FaultAttribution.Classify(new UpstreamFailure { HttpStatus = status % 700, Body = (byte[])[.. "{\"error\":"u8, .. noise ?? []] });
                return fault.Message.Length is > 0 and <= 2000;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_long_message_is_cut()
    {
        var fault = Judge(400, Error(400, "INVALID_ARGUMENT", new string('m', 100_000)));

        Assert.Equal(2000, fault.Message.Length);
    }

    [Fact]
    public void The_clients_fault_is_never_retried_and_never_blamed_on_a_key()
    {
        foreach (var row in FaultAttribution.Table)
        {
            if (row.Owner == Client)
                Assert.Equal((RetryScope.None, FaultEffect.None), (row.Retry, row.Effect));
            if (row.Effect is FaultEffect.PutOut or FaultEffect.StopUntilRecheck or FaultEffect.CountFailure)
                Assert.Equal(Key, row.Owner);
            if (row.Effect is FaultEffect.CoolDown or FaultEffect.CoolDownUntilDayEnd or FaultEffect.ParkForDay)
                Assert.Equal(ProjectModel, row.Owner);
            if (row.Owner == FaultOwner.Upstream)
                Assert.Equal(FaultEffect.None, row.Effect);
        }
    }

    [Fact]
    public void Every_reason_stands_in_the_table_and_every_row_has_its_own_words()
    {
        Assert.Equal(Enum.GetValues<FaultReason>().Where(static reason => reason != FaultReason.DailyCallLimit).Order(), // that one is the operator's, not the upstream's
             FaultAttribution.Table.Select(row => row.Reason).Distinct().Order());
        Assert.Equal(FaultAttribution.Table.Length, FaultAttribution.Table.Select(row => row.Condition).Distinct().Count());
    }

    [Fact]
    public void No_transport_fault_touches_a_key()
    {
        foreach (var kind in Enum.GetValues<TransportFault>())
        {
            var fault = FaultAttribution.FromTransport(kind);
            FaultOwner owner = kind is TransportFault.ProxyFailed or TransportFault.NoRoom ? FaultOwner.Gateway : FaultOwner.Upstream; // Google is not to blame for a proxy, nor for our memory
            Assert.Equal((owner, FaultEffect.None), (fault.Owner, fault.Effect));
            Assert.NotEmpty(fault.Message);
        }
        Assert.Equal(RetryScope.None, FaultAttribution.FromTransport(TransportFault.TotalTimeout).Retry);
    }

    [Fact]
    public void Answers_that_are_none_are_judged_by_kind_with_the_upstreams_words_scrubbed()
    {
        foreach (var kind in Enum.GetValues<AnswerFault>())
            Assert.Equal(FaultEffect.None, FaultAttribution.FromAnswer(kind).Effect);

        Assert.Equal(Client, FaultAttribution.FromAnswer(AnswerFault.PromptBlocked).Owner);
        Assert.DoesNotContain("CANARY", FaultAttribution.FromAnswer(AnswerFault.MalformedFunctionCall, $"call(key={CanaryKey})").Message, StringComparison.Ordinal);
    }
}
