using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Wire;

/// <summary>Refusals of Vertex AI, as recorded.</summary>
internal static class VertexErrors
{
    private const string Service = "aiplatform.googleapis.com";

    /// <summary>401 of a token that is none, or has ended.</summary>
    public static GoogleError TokenInvalid() => new(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid " +
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.")
    {
        Details = [Reason("ACCESS_TOKEN_EXPIRED", "googleapis.com", ("service", Service))],
    };

    /// <summary>401 of an API key at a path with a project.</summary>
    public static GoogleError KeysNotSupported() => new(
        401,
        "UNAUTHENTICATED",
        "API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that assert a principal. See https://cloud.google.com/docs/authentication")
    {
        Details = [Reason("CREDENTIALS_MISSING", "googleapis.com", ("service", Service))],
    };

    /// <summary>403 of a project of somebody else, or of an account without the role.</summary>
    public static GoogleError PermissionDenied(string resource) => new(
        403, "PERMISSION_DENIED", $"Permission 'aiplatform.endpoints.predict' denied on resource '//{Service}/{resource}' (or it may not exist).")
    {
        Details = [Reason("IAM_PERMISSION_DENIED", Service, ("permission", "aiplatform.endpoints.predict"), ("resource", resource))],
    };

    /// <summary>403: the project has not enabled the API.</summary>
    public static GoogleError ServiceDisabled(string project) => new(
        403, "PERMISSION_DENIED",
        $"Vertex AI API has not been used in project {project} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/{Service}/overview?project={project} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.")
    {
        Details = [Reason("SERVICE_DISABLED", "googleapis.com", ("service", Service), ("consumer", $"projects/{project}"))],
    };

    /// <summary>403: the project has no billing.</summary>
    public static GoogleError BillingDisabled(string project) => new(
        403, "PERMISSION_DENIED", $"This API method requires billing to be enabled. Please enable billing on project #{project} then retry.")
    {
        Details = [Reason("BILLING_DISABLED", "googleapis.com", ("service", Service), ("consumer", $"projects/{project}"))],
    };

    /// <summary>404: no such model, or not for this project.</summary>
    public static GoogleError ModelNotFound(string resource) => new(
        404, "NOT_FOUND", $"Publisher Model `{resource}` was not found or your project does not have access to it. Please ensure you are using a valid model version. For more information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions");

    /// <summary>429 of capacity that all customers share: without any detail.</summary>
    public static GoogleError Exhausted() => new(429, "RESOURCE_EXHAUSTED", "Resource exhausted, please try again later.");

    private static JsonObject Reason(string reason, string domain, params ReadOnlySpan<(string Name, string Value)> metadata)
    {
        JsonObject values = [];
        foreach ((string name, string value) in metadata) values[name] = value;
        return new JsonObject { ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo", ["reason"] = reason, ["domain"] = domain, ["metadata"] = values };
    }
}
