using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.JsonSchema;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates tools: functions with their schemas, and the tools that Google runs itself.</summary>
internal static class ChatTools
{
    public static void Translate(ChatScope scope, GoogleOptions google)
    {
        var functions = new Tool();
        var declared = new DeclaredNames();
        var strict = false;
        if (scope.Chat.Tools is { } tools)
            for (var i = 0; i < tools.Count; i++)
                if (tools[i] is { } tool)
                    AddTool(scope, tool, $"tools[{i}]", functions, declared, ref strict);
        if (scope.Chat.Functions is { } older)
            for (var i = 0; i < older.Count; i++)
                if (older[i] is { } function)
                    AddFunction(scope, function, $"functions[{i}]", functions, declared, ref strict);
        if (functions.FunctionDeclarations.Count > 0)
            scope.Request.Tools.Add(functions);

        if (scope.Chat.WebSearchOptions is { } search)
        {
            AddBuiltIn(scope, BuiltInToolNames.GoogleSearch, default);
            if (!search.UserLocation.IsEmpty)
                scope.Losses.Add("web_search_options.user_location", LossKind.Dropped, "Google's search takes no place from here.");
        }
        AddGoogleTools(scope, google.Tools);
        ToolChoices.Translate(scope, functions, declared, strict);
    }

    private static void AddTool(ChatScope scope, ChatTool tool, string path, Tool functions, DeclaredNames declared, ref bool strict)
    {
        switch (tool.Type)
        {
            case "function":
            case null when tool.Function is not null:
                var function = tool.Function ?? new ChatFunction { Name = tool.Name, Description = tool.Description, Parameters = tool.Parameters, Strict = tool.Strict };
                AddFunction(scope, function, tool.Function is null ? path : $"{path}.function", functions, declared, ref strict);
                break;
            case "google_search" or "googleSearch" or "web_search" or "web_search_preview":
                AddBuiltIn(scope, BuiltInToolNames.GoogleSearch, default);
                break;
            case "code_execution" or "codeExecution" or "code_interpreter":
                AddBuiltIn(scope, BuiltInToolNames.CodeExecution, default);
                break;
            case "url_context" or "urlContext":
                AddBuiltIn(scope, BuiltInToolNames.UrlContext, default);
                break;
            case "google_maps" or "googleMaps":
                AddBuiltIn(scope, BuiltInToolNames.GoogleMaps, default);
                break;
            case null:
                AddInGooglesForm(scope, tool, path);
                break;
            default:
                scope.Losses.Add(path, LossKind.Dropped, "Gemini has no tool of this type.");
                break;
        }
    }

    /// <summary><c>{"google_search": {}}</c>, as Google's own API writes it.</summary>
    private static void AddInGooglesForm(ChatScope scope, ChatTool tool, string path)
    {
        var found = false;
        foreach (var (member, value) in tool.Unknown ?? [])
        {
            if (BuiltInNameOf(member) is not { } name || value is not JsonSlice slice || slice.FirstByte(scope.Body) != (byte)'{')
                continue;
            AddBuiltIn(scope, name, scope.Value(slice));
            found = true;
        }
        if (!found)
            throw new RequestFormatException($"'{path}.type' is missing.", $"{path}.type", RequestFormatCodes.MissingParameter);
    }

    private static void AddFunction(ChatScope scope, ChatFunction function, string path, Tool functions, DeclaredNames declared, ref bool strict)
    {
        if (!scope.TryFunctionName(function.Name, out var name, out var renamed))
            throw new RequestFormatException($"'{path}.name' must be the name of a function.", $"{path}.name", RequestFormatCodes.MissingParameter);
        if (renamed)
            scope.Losses.Add($"{path}.name", LossKind.Changed, "Gemini refuses this name; it knows the function under another, and answers are mapped back.");
        if (name.Utf8.Span.SequenceEqual("\"googleSearch\""u8) || name.Utf8.Span.SequenceEqual("\"google_search\""u8))
        {
            AddBuiltIn(scope, BuiltInToolNames.GoogleSearch, default); // how chat programs without built-in tools ask for it
            return;
        }
        if (!scope.Model.Functions)
        {
            scope.Losses.Add(path, LossKind.Dropped, "The model calls no functions.");
            return;
        }
        if (!declared.Add(name))
        {
            scope.Losses.Add(path, LossKind.Dropped, "A function of this name is declared already; Gemini refuses a second.");
            return;
        }
        var declaration = new FunctionDeclaration { Name = name };
        if (scope.TryText(function.Description, out var description) && !description.IsEmptyText)
            declaration.Description = description;
        AddParameters(scope, function.Parameters, $"{path}.parameters", declaration);
        functions.FunctionDeclarations.Add(declaration);
        strict |= function.Strict is true;
    }

    private static void AddParameters(ChatScope scope, JsonSlice parameters, string path, FunctionDeclaration declaration)
    {
        if (parameters.IsEmpty)
            return;
        if (parameters.FirstByte(scope.Body) != (byte)'{')
            throw new RequestFormatException($"'{path}' must be a JSON Schema.", path, RequestFormatCodes.InvalidType);
        var translated = SchemaTranslation.TranslateParameters(scope.Value(parameters), scope.Model.Schema, scope.Losses, path);
        if (scope.Model.Schema is SchemaSupport.Proto)
            declaration.Parameters = translated;
        else
            declaration.ParametersJsonSchema = translated;
    }

    private static void AddBuiltIn(ChatScope scope, string name, RawJson settings)
    {
        if (!scope.Request.HasBuiltInTool(name))
            scope.Request.Tools.Add(Tool.BuiltIn(name, settings));
    }

    /// <summary><c>google.tools</c>: tools in Google's form; functions do not come this way.</summary>
    private static void AddGoogleTools(ChatScope scope, RawJson tools)
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
                    AddBuiltIn(scope, name, RawJson.Parse(member.Value.GetRawText()));
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
