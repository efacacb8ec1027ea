using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Wire;

/// <summary>
/// An error as Google's front end sends it: <c>{"error":{code,message,status,details}}</c>, pretty-printed.
/// <see cref="Details"/> is absent where recorded bodies have none.
/// </summary>
/// <param name="Code">HTTP status, 400 to 599.</param>
/// <param name="Status">Canonical name, such as <c>INVALID_ARGUMENT</c>.</param>
/// <param name="Message">The text for people; programs should decide by status and details.</param>
internal sealed record GoogleError(int Code, string Status, string Message)
{
    /// <summary>The <c>google.rpc</c> details; each becomes an object with an <c>@type</c>.</summary>
    public IReadOnlyList<JsonObject> Details { get; init; } = [];

    /// <summary>The 400 of a request that Google refuses.</summary>
    public static GoogleError InvalidArgument(string message) => new(400, "INVALID_ARGUMENT", message);

    /// <summary>A fresh tree of the whole body, so that each caller may put it where it likes.</summary>
    public JsonObject ToJson()
    {
        JsonObject error = new() { ["code"] = Code, ["message"] = Message, ["status"] = Status };
        if (Details.Count > 0)
            error["details"] = new JsonArray([.. Details.Select(static detail => detail.DeepClone())]);
        return new JsonObject { ["error"] = error };
    }
}
