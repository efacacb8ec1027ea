using System.Text.Json.Nodes;

namespace Pollux.FakeGemini;

/// <summary>A function call that the fake makes.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Arguments">The arguments; null leaves <c>args</c> out, which real models do for functions without parameters.</param>
/// <param name="Id">The call's id; null lets the fake make one where the model family has ids.</param>
public sealed record FakeToolCall(string Name, JsonObject? Arguments = null, string? Id = null)
{
    /// <summary>A call with arguments given as JSON text.</summary>
    /// <exception cref="System.Text.Json.JsonException">The text is not a JSON object.</exception>
    public static FakeToolCall Parse(string name, string argumentsJson) => new(name, JsonNode.Parse(argumentsJson)?.AsObject());
}
