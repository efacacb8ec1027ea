using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>Translates <c>tool_choice</c>.</summary>
internal static class ResponsesToolChoice
{
    private const string Path = "tool_choice";

    public static void Translate(ResponsesScope scope, DeclaredFunctions functions)
    {
        var mode = FunctionCallingMode.Unspecified;
        var allowed = new List<RawJson>();
        JsonSlice slice = scope.Asked.ToolChoice;
        switch (slice.FirstByte(scope.Body))
        {
            case 0:
                break;
            case (byte)'"':
                mode = ModeOf(scope.Value(slice).AsText()!);
                break;
            case (byte)'{':
                using (JsonDocument choice = JsonDocument.Parse(scope.Value(slice).Utf8))
                    mode = Read(scope, choice.RootElement, functions, allowed);
                break;
            default:
                throw new RequestFormatException("'tool_choice' must be a word or an object.", Path, RequestFormatCodes.InvalidType);
        }

        functions.Choose(mode, allowed, Path);
    }

    private static FunctionCallingMode ModeOf(string word) => word switch
    {
        "auto" => FunctionCallingMode.Auto,
        "none" => FunctionCallingMode.None,
        "required" => FunctionCallingMode.Any,
        _ => throw new RequestFormatException("Unknown value for 'tool_choice'. Supported are none, auto, required, or an object.", Path, RequestFormatCodes.UnsupportedValue),
    };

    private static FunctionCallingMode Read(ResponsesScope scope, JsonElement choice, DeclaredFunctions functions, List<RawJson> allowed)
    {
        switch (Text(choice, "type"))
        {
            case "function" or "custom":
                RawJson named = Named(choice, functions);
                if (!named.IsEmpty)
                    allowed.Add(named);
                return named.IsEmpty ? FunctionCallingMode.Auto : FunctionCallingMode.Any;
            case "allowed_tools" or null when choice.TryGetProperty("tools"u8, out JsonElement tools) && tools.ValueKind is JsonValueKind.Array:
                foreach (JsonElement tool in tools.EnumerateArray())
                {
                    if (tool.ValueKind is JsonValueKind.Object && Text(tool, "type") is "function" or "custom")
                        allowed.Add(Named(tool, functions));
                }

                return Text(choice, "mode") is "required" ? FunctionCallingMode.Any : FunctionCallingMode.Auto;
            case "web_search" or "web_search_preview" or "web_search_preview_2025_03_11" or "web_search_2025_08_26" or "code_interpreter" or "image_generation":
                scope.Losses.Add(Path, LossKind.Dropped, "Gemini cannot be told to use a tool of Google's.");
                return FunctionCallingMode.Unspecified;
            case null:
                throw new RequestFormatException("'tool_choice.type' is missing.", "tool_choice.type", RequestFormatCodes.MissingParameter);
            default:
                throw new RequestFormatException("'tool_choice' asks for a tool that Gemini does not have.", Path, RequestFormatCodes.UnsupportedValue);
        }
    }

    private static RawJson Named(JsonElement choice, DeclaredFunctions functions) =>
        Text(choice, "name") is { Length: > 0 } name
            ? functions.NameOf(RawJson.String(ClientTools.Joined(Text(choice, "namespace"), name)), Path)
            : throw new RequestFormatException("'tool_choice' names no function.", Path, RequestFormatCodes.MissingParameter);

    private static string? Text(JsonElement value, string member) =>
        value.TryGetProperty(member, out JsonElement text) && text.ValueKind is JsonValueKind.String ? text.GetString() : null;
}
