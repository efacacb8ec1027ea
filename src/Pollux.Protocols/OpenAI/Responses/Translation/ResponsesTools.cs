using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>Translates tools: functions, alone and in name spaces, custom tools, and what Google runs itself.</summary>
internal sealed class ResponsesTools
{
    /// <summary>The one argument under which Gemini gives the text of a custom tool.</summary>
    public const string CustomInput = "input";

    /// <summary>The name of a search for tools that the client runs, which has none of its own.</summary>
    public const string ToolSearch = "tool_search";

    private static readonly RawJson CustomParameters = RawJson.Parse("""{"type":"object","properties":{"input":{"type":"string","description":"The whole input of the tool, as plain text."}},"required":["input"]}""");

    private readonly ResponsesScope _scope;
    private readonly DeclaredFunctions _functions;
    private bool _pictures;

    private ResponsesTools(ResponsesScope scope)
    {
        _scope = scope;
        _functions = new DeclaredFunctions(scope);
    }

    /// <summary>Translates <c>tools</c>, the tools that items bring along, and <c>tool_choice</c>.</summary>
    /// <returns>Whether pictures were asked for, and the model makes some.</returns>
    public static bool Translate(ResponsesScope scope)
    {
        var tools = new ResponsesTools(scope);
        tools.AddAll(scope.Asked.Tools, "tools", isRepeated: false);
        List<ResponsesItem?> items = scope.Asked.Input?.Items ?? [];
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i] is { Type: "additional_tools" or "tool_search_output", Tools: { } brought })
                tools.AddAll(brought, $"input[{scope.PlaceOf(i)}].tools", isRepeated: true);
        }

        tools._functions.Settle();
        ResponsesToolChoice.Translate(scope, tools._functions);
        return tools._pictures;
    }

    private void AddAll(List<ResponsesTool?>? tools, string path, bool isRepeated)
    {
        for (int i = 0; i < (tools?.Count ?? 0); i++)
        {
            if (tools![i] is { } tool)
                Add(tool, $"{path}[{i}]", isRepeated);
        }
    }

    private void Add(ResponsesTool tool, string path, bool isRepeated)
    {
        switch (tool.Type)
        {
            case "function":
                AddFunction(tool, space: null, path, isRepeated);
                break;
            case "custom":
                AddCustom(tool, space: null, path, isRepeated);
                break;
            case "namespace":
                AddNamespace(tool, path, isRepeated);
                break;
            case "tool_search" when tool.Execution is "client":
                if (_scope.Tools.TryAdd(new ClientTool(ClientToolKind.ToolSearch, ToolSearch, Namespace: null)))
                    _functions.Add(RawJson.String(ToolSearch), tool.Description, tool.Parameters, path, "parameters", strict: false);
                break;
            case "tool_search": // all that could be found is declared anyway
                break;
            case "web_search" or "web_search_preview" or "web_search_2025_08_26" or "web_search_preview_2025_03_11" or "google_search":
                _functions.AddBuiltIn(BuiltInToolNames.GoogleSearch);
                ReportSettings(tool, path, "Google's search takes no such setting.");
                break;
            case "code_interpreter" or "code_execution":
                _functions.AddBuiltIn(BuiltInToolNames.CodeExecution);
                ReportFiles(tool, path);
                break;
            case "url_context":
                _functions.AddBuiltIn(BuiltInToolNames.UrlContext);
                break;
            case "google_maps":
                _functions.AddBuiltIn(BuiltInToolNames.GoogleMaps);
                break;
            case "image_generation" when _scope.Model.Output.HasFlag(Modalities.Image):
                _pictures = true;
                ReportSettings(tool, path, "The model chooses how a picture looks by the words of the conversation.");
                break;
            case "image_generation":
                _scope.Losses.Add(path, LossKind.Dropped, "The model makes no pictures; ask one that does.");
                break;
            case null:
                throw new RequestFormatException($"'{path}.type' is missing.", $"{path}.type", RequestFormatCodes.MissingParameter);
            default:
                _scope.Losses.Add(path, LossKind.Dropped, "Gemini has no tool of this type.");
                break;
        }
    }

    private void AddNamespace(ResponsesTool tool, string path, bool isRepeated)
    {
        if (!_scope.TryText(tool.Name, out RawJson name) || name.IsEmptyText)
            throw new RequestFormatException($"'{path}.name' must be the name of a name space.", $"{path}.name", RequestFormatCodes.MissingParameter);
        string space = name.AsText()!;
        for (int i = 0; i < (tool.Tools?.Count ?? 0); i++)
        {
            string inner = $"{path}.tools[{i}]";
            if (tool.Tools![i] is not { } member)
                continue;
            if (member.Type is "custom")
                AddCustom(member, space, inner, isRepeated);
            else if (member.Type is "function" or null)
                AddFunction(member, space, inner, isRepeated);
            else
                _scope.Losses.Add(inner, LossKind.Dropped, "A name space holds functions and custom tools.");
        }
    }

    private void AddFunction(ResponsesTool tool, string? space, string path, bool isRepeated)
    {
        if (TryName(tool, ClientToolKind.Function, space, path, isRepeated, out RawJson joined))
            _functions.Add(joined, tool.Description, tool.Parameters, path, "parameters", tool.Strict is true);
    }

    private void AddCustom(ResponsesTool tool, string? space, string path, bool isRepeated)
    {
        if (!TryName(tool, ClientToolKind.Custom, space, path, isRepeated, out RawJson joined))
            return;
        RawJson words = _scope.TryText(tool.Description, out RawJson text) ? text : default;
        if (tool.Format is { Type: "grammar", Definition: { } definition } grammar)
        {
            words = RawJson.String($"{words.AsText()}\n\nThe input must match this grammar ({grammar.Syntax}):\n{definition}".TrimStart());
            _scope.Losses.Add($"{path}.format", LossKind.Approximated, "Gemini cannot be held to a grammar; it is told in words.");
        }

        _functions.AddSchema(joined, words, CustomParameters, path);
    }

    /// <summary>The name beyond the gateway. A tool that comes again is not declared again; within <c>tools</c> that is reported.</summary>
    private bool TryName(ResponsesTool tool, ClientToolKind kind, string? space, string path, bool isRepeated, out RawJson joined)
    {
        if (!_scope.TryText(tool.Name, out RawJson name) || name.IsEmptyText)
            throw new RequestFormatException($"'{path}.name' must be the name of a function.", $"{path}.name", RequestFormatCodes.MissingParameter);
        string own = name.AsText()!;
        joined = space is null ? name : RawJson.String(ClientTools.Joined(space, own));
        return _scope.Tools.TryAdd(new ClientTool(kind, own, space)) || !isRepeated;
    }

    private void ReportSettings(ResponsesTool tool, string path, string why)
    {
        foreach ((string name, object value) in tool.Unknown ?? [])
        {
            if (value is JsonSlice { IsEmpty: false } slice && !IsIdle(slice))
                _scope.Losses.Add($"{path}.{name}", LossKind.Dropped, why);
        }
    }

    /// <summary>Whether a setting says what happens anyway.</summary>
    private bool IsIdle(JsonSlice value) => _scope.Value(value).Utf8.Span.SequenceEqual("null"u8) || _scope.Value(value).Utf8.Span.SequenceEqual("\"auto\""u8);

    private void ReportFiles(ResponsesTool tool, string path)
    {
        if (tool.Unknown?.GetValueOrDefault("container") is not JsonSlice container || container.FirstByte(_scope.Body) != (byte)'{')
            return;
        using JsonDocument document = JsonDocument.Parse(_scope.Value(container).Utf8);
        if (document.RootElement.TryGetProperty("file_ids"u8, out JsonElement files) && files.ValueKind is JsonValueKind.Array && files.GetArrayLength() > 0)
            _scope.Losses.Add($"{path}.container.file_ids", LossKind.Dropped, "Files come to Google's sandbox in the conversation, as input_file.");
    }
}
