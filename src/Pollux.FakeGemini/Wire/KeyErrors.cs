namespace Pollux.FakeGemini.Wire;

/// <summary>Refusals that belong to a key or its project. Wording and details follow recorded or published bodies.</summary>
internal static class KeyErrors
{
    private const string InvalidText = "API key not valid. Please pass a valid API key.";
    private const string ExpiredText = "API key expired. Please renew the API key.";

    /// <summary>400, not 401: the reason tells it from a bad request. The last detail repeats the key.</summary>
    public static GoogleError Invalid(string key) => GoogleError.InvalidArgument(InvalidText) with
    {
        Details =
        [
            ErrorDetail.Reason("API_KEY_INVALID"),
            ErrorDetail.Localized(InvalidText),
            ErrorDetail.Debug($"Invalid API key: {key}"),
        ],
    };

    /// <summary>400 with the same reason as an invalid key.</summary>
    public static GoogleError Expired() => GoogleError.InvalidArgument(ExpiredText) with
    {
        Details = [ErrorDetail.Reason("API_KEY_INVALID"), ErrorDetail.Localized(ExpiredText)],
    };

    /// <summary>401: how a refused <c>AQ.</c> key answers, and an API key sent as a Bearer token.</summary>
    public static GoogleError AuthKeyRefused() => new(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid " +
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.")
    {
        Details = [ErrorDetail.Reason("ACCESS_TOKEN_TYPE_UNSUPPORTED")],
    };

    /// <summary>403 of a request without any identity; recorded without details.</summary>
    public static GoogleError NoIdentity() => Denied(
        "Method doesn't allow unregistered callers (callers without established identity). " +
        "Please use API Key or other form of API consumer identity to call this API.");

    /// <summary>403 of a key that was found in public.</summary>
    public static GoogleError Leaked() => Denied("Your API key was reported as leaked. Please use another API key.");

    /// <summary>403 whose message contains the whole key.</summary>
    public static GoogleError Suspended(string key, string project) =>
        Denied($"Permission denied: Consumer 'api_key:{key}' has been suspended.") with
        {
            Details = [ErrorDetail.Reason("CONSUMER_SUSPENDED", ("consumer", $"projects/{project}"), ("containerInfo", $"api_key:{key}"))],
        };

    /// <summary>403 of a project that never switched the API on.</summary>
    public static GoogleError ServiceDisabled(string project)
    {
        string url = "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=" + project;
        return Denied(
            $"Generative Language API has not been used in project {project} before or it is disabled. Enable it by visiting {url} " +
            "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.") with
        {
            Details =
            [
                ErrorDetail.Help("Google developers console API activation", url),
                ErrorDetail.Reason("SERVICE_DISABLED", ("consumer", $"projects/{project}")),
            ],
        };
    }

    /// <summary>403 of a project that Google shut out.</summary>
    public static GoogleError ProjectDenied() => Denied("Your project has been denied access. Please contact support.");

    /// <summary>403 of a project without a valid payment.</summary>
    public static GoogleError BillingDisabled(string project) =>
        Denied($"This API method requires billing to be enabled. Please enable billing on project #{project} and try again.") with
        {
            Details = [ErrorDetail.Reason("BILLING_DISABLED", ("consumer", $"projects/{project}"))],
        };

    /// <summary>403 of a key that is restricted to other services.</summary>
    public static GoogleError Blocked(string project) =>
        Denied("Requests to this API generativelanguage.googleapis.com method google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent are blocked.") with
        {
            Details = [ErrorDetail.Reason("API_KEY_SERVICE_BLOCKED", ("consumer", $"projects/{project}"))],
        };

    private static GoogleError Denied(string message) => new(403, "PERMISSION_DENIED", message);
}
