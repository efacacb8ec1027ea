using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Wire;

/// <summary>The <c>google.rpc</c> detail messages that recorded Gemini errors carry.</summary>
internal static class ErrorDetail
{
    private const string TypePrefix = "type.googleapis.com/google.rpc.";

    /// <summary>The machine-readable reason; <paramref name="metadata"/> comes after the service name.</summary>
    public static JsonObject Reason(string reason, params ReadOnlySpan<(string Name, string Value)> metadata)
    {
        JsonObject values = new() { ["service"] = "generativelanguage.googleapis.com" };
        foreach ((string name, string value) in metadata) values[name] = value;
        JsonObject detail = Typed("ErrorInfo");
        detail["reason"] = reason;
        detail["domain"] = "googleapis.com";
        detail["metadata"] = values;
        return detail;
    }

    /// <summary>The message once more, in a language.</summary>
    public static JsonObject Localized(string message)
    {
        JsonObject detail = Typed("LocalizedMessage");
        detail["locale"] = "en-US";
        detail["message"] = message;
        return detail;
    }

    /// <summary>Text for Google's own engineers. For refused keys it repeats the key, which is why a gateway must scrub it.</summary>
    public static JsonObject Debug(string text)
    {
        JsonObject detail = Typed("DebugInfo");
        detail["detail"] = text;
        return detail;
    }

    /// <summary>One link.</summary>
    public static JsonObject Help(string description, string url)
    {
        JsonObject detail = Typed("Help");
        detail["links"] = new JsonArray(new JsonObject { ["description"] = description, ["url"] = url });
        return detail;
    }

    /// <summary>The violations behind a 429.</summary>
    public static JsonObject Quota(IEnumerable<JsonObject> violations)
    {
        JsonObject detail = Typed("QuotaFailure");
        detail["violations"] = new JsonArray([.. violations]);
        return detail;
    }

    /// <summary>How long to wait, in whole seconds as Google sends it.</summary>
    public static JsonObject Retry(TimeSpan delay)
    {
        JsonObject detail = Typed("RetryInfo");
        detail["retryDelay"] = $"{(long)delay.TotalSeconds}s";
        return detail;
    }

    /// <summary>The fields that a 400 complains about. A violation at the root of the message names no field.</summary>
    public static JsonObject BadRequest(IEnumerable<(string Field, string Description)> violations)
    {
        JsonArray list = [];
        foreach ((string field, string description) in violations)
        {
            JsonObject violation = [];
            if (field.Length > 0) violation["field"] = field;
            violation["description"] = description;
            list.Add(violation);
        }

        JsonObject detail = Typed("BadRequest");
        detail["fieldViolations"] = list;
        return detail;
    }

    private static JsonObject Typed(string name) => new() { ["@type"] = TypePrefix + name };
}
