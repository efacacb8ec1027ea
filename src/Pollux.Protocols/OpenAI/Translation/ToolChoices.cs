using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates <c>tool_choice</c>, and <c>function_call</c> of the API before tools.</summary>
internal static class ToolChoices
{
    public static void Translate(ChatScope scope, DeclaredFunctions functions)
    {
        var (slice, path) = scope.Chat.ToolChoice.IsEmpty ? (scope.Chat.FunctionCall, "function_call") : (scope.Chat.ToolChoice, "tool_choice");
        var mode = FunctionCallingMode.Unspecified;
        var allowed = new List<RawJson>();
        switch (slice.FirstByte(scope.Body))
        {
            case 0:
                break;
            case (byte)'"':
                mode = ModeOf(scope.Value(slice).AsText()!, path);
                break;
            case (byte)'{':
                using (var choice = JsonDocument.Parse(scope.Value(slice).Utf8))
                    mode = Read(scope, choice.RootElement, path, functions, allowed);
                break;
            default:
                throw new RequestFormatException($"'{path}' must be a word or an object.", path, RequestFormatCodes.InvalidType);
        }

        functions.Choose(mode, allowed, path);
    }

    private static FunctionCallingMode ModeOf(string word, string path) => word switch
    {
        "auto" => FunctionCallingMode.Auto,
        "none" => FunctionCallingMode.None,
        "required" or "any" => FunctionCallingMode.Any,
        "validated" => FunctionCallingMode.Validated,
        _ => throw new RequestFormatException($"Unknown value for '{path}'. Supported are none, auto, required, validated, or an object.", path, RequestFormatCodes.UnsupportedValue),
    };

    private static FunctionCallingMode Read(ChatScope scope, JsonElement choice, string path, DeclaredFunctions functions, List<RawJson> allowed)
    {
        var type = Text(choice, "type");
        if (type is "allowed_tools")
        {
            // Chat completions nests the list, the Responses API does not.
            var list = choice.TryGetProperty("allowed_tools"u8, out var nested) && nested.ValueKind is JsonValueKind.Object ? nested : choice;
            if (list.TryGetProperty("tools"u8, out var tools) && tools.ValueKind is JsonValueKind.Array)
                foreach (var tool in tools.EnumerateArray())
                    if (tool.ValueKind is JsonValueKind.Object && Text(tool, "type") is "function" or null)
                        allowed.Add(Named(scope, tool, $"{path}.allowed_tools", functions));
            return Text(list, "mode") is "required" ? FunctionCallingMode.Any : FunctionCallingMode.Auto;
        }
        if (type is "function" or "tool" or null)
        {
            if (type is null && Text(choice, "mode") is { } mode && !choice.TryGetProperty("name"u8, out _))
                return ModeOf(mode, $"{path}.mode");
            var name = Named(scope, choice, path, functions);
            if (!name.IsEmpty)
                allowed.Add(name);
            return name.IsEmpty ? FunctionCallingMode.Auto : FunctionCallingMode.Any;
        }
        if (type is "auto" or "none" or "required" or "any")
            return ModeOf(type, $"{path}.type");
        scope.Losses.Add(path, LossKind.Dropped, "Gemini cannot be told to use a tool of this type.");
        return FunctionCallingMode.Unspecified;
    }

    private static RawJson Named(ChatScope scope, JsonElement choice, string path, DeclaredFunctions functions)
    {
        var holder = choice.TryGetProperty("function"u8, out var function) && function.ValueKind is JsonValueKind.Object ? function : choice;
        if (Text(holder, "name") is not { Length: > 0 } name)
            throw new RequestFormatException($"'{path}' names no function.", path, RequestFormatCodes.MissingParameter);
        if (name is "googleSearch" or "google_search" && scope.Request.HasBuiltInTool(BuiltInToolNames.GoogleSearch))
            return default; // it is a tool of Google's, which cannot be forced
        return functions.NameOf(RawJson.String(name), path);
    }

    private static string? Text(JsonElement value, string member) =>
        value.TryGetProperty(member, out var text) && text.ValueKind is JsonValueKind.String ? text.GetString() : null;
}
