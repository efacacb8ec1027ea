using System.Runtime.InteropServices;
using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>
/// What Google's own OpenAI endpoint takes besides OpenAI's parameters. It stands on the wire as <c>google</c> or as
/// <c>extra_body.google</c>, depending on who put it there, and in snake_case or camelCase.
/// </summary>
internal sealed class GoogleOptions
{
    private static readonly JsonDocumentOptions Parsing = new() { MaxDepth = 128 };

    public bool? IncludeThoughts { get; private set; }
    public int? ThinkingBudget { get; private set; }
    public string? ThinkingLevel { get; private set; }
    public bool? EnableThinking { get; private set; }
    public RawJson CachedContent { get; private set; }
    public RawJson SafetySettings { get; private set; }
    public string? ThoughtTag { get; private set; }
    public RawJson Tools { get; private set; }
    public string? MediaResolution { get; private set; }
    public string? AspectRatio { get; private set; }
    public RawJson ImageConfig { get; private set; }

    /// <exception cref="RequestFormatException">A member has the wrong type.</exception>
    public static GoogleOptions Read(ChatScope scope)
    {
        var options = new GoogleOptions();
        if (!scope.Chat.ExtraBody.IsEmpty)
            options.ReadObject(scope, scope.Value(scope.Chat.ExtraBody), "extra_body");
        if (!scope.Chat.Google.IsEmpty)
            options.ReadObject(scope, scope.Value(scope.Chat.Google), "google");
        return options;
    }

    private void ReadObject(ChatScope scope, RawJson value, string path)
    {
        using var document = JsonDocument.Parse(value.Utf8, Parsing);
        foreach (var member in Members(document.RootElement, path))
            ReadMember(scope, member, path);
    }

    private void ReadMember(ChatScope scope, JsonProperty member, string path)
    {
        var value = member.Value;
        var place = $"{path}.{member.Name}";
        switch (member.Name)
        {
            case "google" when path == "extra_body":
                foreach (var inner in Members(value, place))
                    ReadMember(scope, inner, place);
                break;
            case "thinking_config" or "thinkingConfig":
                foreach (var inner in Members(value, place))
                    ReadThinking(scope, inner, place);
                break;
            case "thinking_budget" or "thinkingBudget":
                ThinkingBudget = Whole(value, place);
                break;
            case "enable_thinking" or "enableThinking":
                EnableThinking = Flag(value, place);
                break;
            case "cached_content" or "cachedContent":
                CachedContent = Text(value, place) is { } name ? RawJson.String(name) : default;
                break;
            case "safety_settings" or "safetySettings":
                SafetySettings = Copy(value);
                break;
            case "thought_tag_marker" or "thoughtTagMarker":
                ThoughtTag = Text(value, place);
                break;
            case "tools":
                Tools = Copy(value);
                break;
            case "media_resolution" or "mediaResolution":
                MediaResolution = Text(value, place);
                break;
            case "aspect_ratio" or "aspectRatio":
                AspectRatio = Text(value, place);
                break;
            case "image_config" or "imageConfig":
                ImageConfig = value.ValueKind is JsonValueKind.Object ? Copy(value) : default;
                break;
            default:
                scope.Losses.Add(place, LossKind.Dropped, "This member is not known.");
                break;
        }
    }

    private void ReadThinking(ChatScope scope, JsonProperty member, string path)
    {
        var place = $"{path}.{member.Name}";
        switch (member.Name)
        {
            case "include_thoughts" or "includeThoughts":
                IncludeThoughts = Flag(member.Value, place);
                break;
            case "thinking_budget" or "thinkingBudget":
                ThinkingBudget = Whole(member.Value, place);
                break;
            case "thinking_level" or "thinkingLevel":
                ThinkingLevel = Text(member.Value, place);
                break;
            default:
                scope.Losses.Add(place, LossKind.Dropped, "This member is not known.");
                break;
        }
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject(),
        JsonValueKind.Null => default,
        _ => throw Wrong(path, "an object"),
    };

    private static bool? Flag(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => throw Wrong(path, "a boolean"),
    };

    private static int? Whole(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Abs(number) <= int.MaxValue ? (int)number
        : throw Wrong(path, "a whole number");

    private static string? Text(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Null => null,
        _ => throw Wrong(path, "a string"),
    };

    // The document's memory is given back; these are small.
    private static RawJson Copy(JsonElement value) =>
        value.ValueKind is JsonValueKind.Null ? default : RawJson.FromUtf8(JsonMarshal.GetRawUtf8Value(value).ToArray());

    private static RequestFormatException Wrong(string path, string expected) =>
        new($"Invalid type for '{path}': expected {expected}.", path, RequestFormatCodes.InvalidType);
}
