using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Messages;

namespace Pollux.FakeGemini.Wire;

/// <summary>
/// Turns the enums of an answer into numbers, which <c>$alt=json;enum-encoding=int</c> asks for: old Go clients do.
/// </summary>
internal static class EnumNumbers
{
    private static readonly EnumType FinishReason = EnumType.Of(
        "FinishReason", "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "LANGUAGE", "BLOCKLIST",
        "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
        "IMAGE_PROHIBITED_CONTENT", "IMAGE_OTHER", "NO_IMAGE", "IMAGE_RECITATION", "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE");

    private static readonly EnumType BlockReason = EnumType.Of(
        "BlockReason", "BLOCK_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY");

    private static readonly Dictionary<string, EnumType> Fields = new(StringComparer.Ordinal)
    {
        ["finishReason"] = FinishReason,
        ["blockReason"] = BlockReason,
        ["modality"] = ConfigMessages.Modality,
        ["category"] = ConfigMessages.HarmCategory,
        ["language"] = ContentMessages.Language,
        ["outcome"] = ContentMessages.Outcome,
    };

    /// <summary>True when the query asks for numbers.</summary>
    public static bool AreAskedFor(IReadOnlyDictionary<string, string> query) =>
        query.GetValueOrDefault("$alt")?.Contains("enum-encoding=int", StringComparison.Ordinal) == true;

    /// <summary>Changes the tree in place. Arguments and responses of functions are data and stay as they are.</summary>
    public static void Apply(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach ((string name, JsonNode? value) in members.ToArray())
                {
                    if (name is "args" or "response") continue;
                    if (value?.GetValueKind() == JsonValueKind.String && Fields.TryGetValue(name, out EnumType? type) &&
                        type.Number(value.GetValue<string>()) is { } number)
                    {
                        members[name] = number;
                    }
                    else Apply(value);
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items) Apply(item);
                break;
            default:
                break;
        }
    }
}
