using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.JsonSchema;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates tools: functions with their schemas, and the tools that Google runs itself.</summary>
internal static class ChatTools
{
    public static void Translate(ChatScope scope, GoogleOptions google)
    {
        var functions = new DeclaredFunctions(scope);
        if (scope.Chat.Tools is { } tools)
            for (var i = 0; i < tools.Count; i++)
                if (tools[i] is { } tool)
                    AddTool(scope, tool, $"tools[{i}]", functions);
        if (scope.Chat.Functions is { } older)
            for (var i = 0; i < older.Count; i++)
                if (older[i] is { } function)
                    AddFunction(scope, function, $"functions[{i}]", functions);
        functions.Settle();

        if (scope.Chat.WebSearchOptions is { } search)
        {
            functions.AddBuiltIn(BuiltInToolNames.GoogleSearch);
            if (!search.UserLocation.IsEmpty)
                scope.Losses.Add("web_search_options.user_location", LossKind.Dropped, "Google's search takes no place from here.");
        }
        AddGoogleTools(google.Tools, scope, functions);
        ToolChoices.Translate(scope, functions);
    }

    private static void AddTool(ChatScope scope, ChatTool tool, string path, DeclaredFunctions functions)
    {
        switch (tool.Type)
        {
            case "function":
            case null when tool.Function is not null:
                var function = tool.Function ?? new ChatFunction { Name = tool.Name, Description = tool.Description, Parameters = tool.Parameters, Strict = tool.Strict };
                AddFunction(scope, function, tool.Function is null ? path : $"{path}.function", functions);
                break;
            case "google_search" or "googleSearch" or "web_search" or "web_search_preview":
                functions.AddBuiltIn(BuiltInToolNames.GoogleSearch);
                break;
            case "code_execution" or "codeExecution" or "code_interpreter":
                functions.AddBuiltIn(BuiltInToolNames.CodeExecution);
                break;
            case "url_context" or "urlContext":
                functions.AddBuiltIn(BuiltInToolNames.UrlContext);
                break;
            case "google_maps" or "googleMaps":
                functions.AddBuiltIn(BuiltInToolNames.GoogleMaps);
                break;
            case null:
                AddInGooglesForm(scope, tool, path, functions);
                break;
            default:
                scope.Losses.Add(path, LossKind.Dropped, "Gemini has no tool of this type.");
                break;
        }
    }

    /// <summary><c>{"google_search": {}}</c>, as Google's own API writes it.</summary>
    private static void AddInGooglesForm(ChatScope scope, ChatTool tool, string path, DeclaredFunctions functions)
    {
        var found = false;
        foreach (var (member, value) in tool.Unknown ?? [])
        {
            if (BuiltInNameOf(member) is not { } name || value is not JsonSlice slice || slice.FirstByte(scope.Body) != (byte)'{')
                continue;
            functions.AddBuiltIn(name, scope.Value(slice));
            found = true;
        }
        if (!found)
            throw new RequestFormatException($"'{path}.type' is missing.", $"{path}.type", RequestFormatCodes.MissingParameter);
    }

    private static void AddFunction(ChatScope scope, ChatFunction function, string path, DeclaredFunctions functions)
    {
        if (scope.TryText(function.Name, out var name) && (name.Utf8.Span.SequenceEqual("\"googleSearch\""u8) || name.Utf8.Span.SequenceEqual("\"google_search\""u8)))
            functions.AddBuiltIn(BuiltInToolNames.GoogleSearch); // how chat programs without built-in tools ask for it
        else
            functions.Add(function.Name, function.Description, function.Parameters, path, "parameters", function.Strict is true);
    }

    /// <summary><c>google.tools</c>: tools in Google's form; functions do not come this way.</summary>
    private static void AddGoogleTools(RawJson tools, ChatScope scope, DeclaredFunctions functions)
    {
        if (tools.IsEmpty)
            return;
        using var document = JsonDocument.Parse(tools.Utf8, SchemaTranslation.Parsing);
        if (document.RootElement.ValueKind is not JsonValueKind.Array)
            throw new RequestFormatException("'google.tools' must be a list.", "google.tools", RequestFormatCodes.InvalidType);
        foreach (var tool in document.RootElement.EnumerateArray())
        {
            if (tool.ValueKind is not JsonValueKind.Object)
                throw new RequestFormatException("'google.tools' must hold objects.", "google.tools", RequestFormatCodes.InvalidType);
            foreach (var member in tool.EnumerateObject())
            {
                if (BuiltInNameOf(member.Name) is { } name && member.Value.ValueKind is JsonValueKind.Object)
                    functions.AddBuiltIn(name, RawJson.Parse(member.Value.GetRawText()));
                else
                    scope.Losses.Add($"google.tools.{member.Name}", LossKind.Dropped, "This tool is not known.");
            }
        }
    }

    private static string? BuiltInNameOf(string member) => member switch
    {
        "google_search" or "googleSearch" => BuiltInToolNames.GoogleSearch,
        "code_execution" or "codeExecution" => BuiltInToolNames.CodeExecution,
        "url_context" or "urlContext" => BuiltInToolNames.UrlContext,
        "google_maps" or "googleMaps" => BuiltInToolNames.GoogleMaps,
        "file_search" or "fileSearch" => BuiltInToolNames.FileSearch,
        "computer_use" or "computerUse" => BuiltInToolNames.ComputerUse,
        _ => null,
    };
}
