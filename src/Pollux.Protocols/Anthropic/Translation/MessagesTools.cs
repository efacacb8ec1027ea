using System.Globalization;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>Translates tools: the client's functions, tools that Anthropic defines and the client runs, and those that a server runs.</summary>
internal static class MessagesTools
{
    public static void Translate(MessagesScope scope)
    {
        var functions = new DeclaredFunctions(scope);
        var deferred = false;
        if (scope.Asked.Tools is { } tools)
            for (var i = 0; i < tools.Count; i++)
                if (tools[i] is { } tool)
                    Add(scope, tool, $"tools[{i}]", functions, ref deferred);
        functions.Settle();
        Choose(scope, functions);
    }

    private static void Add(MessagesScope scope, MessagesTool tool, string path, DeclaredFunctions functions, ref bool deferred)
    {
        if (tool.DeferLoading is true && !deferred)
        {
            deferred = true; // once: a list has many of them
            scope.Losses.Add($"{path}.defer_loading", LossKind.Changed, "All tools are declared from the start.");
        }
        if (tool.AllowedCallers is { Count: > 0 } callers && !callers.Contains("direct"))
            scope.Losses.Add($"{path}.allowed_callers", LossKind.Changed, "Code that Google runs calls no functions; the model itself may.");

        if (tool.Type is null or "custom")
        {
            UnknownMembers.Report(tool.Unknown, path, scope.Losses);
            functions.Add(tool.Name, tool.Description, tool.InputSchema, path, "input_schema", tool.Strict is true);
        }
        else if (BuiltInOf(tool.Type) is { } builtIn)
        {
            ReportSettings(scope, tool, path);
            functions.AddBuiltIn(builtIn);
        }
        else if (ClientTools.Find(tool.Type) is { } known)
        {
            ReportSettings(scope, tool, path);
            var description = tool is { DisplayWidthPx: { } width, DisplayHeightPx: { } height }
                ? RawJson.String(string.Create(CultureInfo.InvariantCulture, $"{known.Description.AsText()} The screen is {width} pixels wide and {height} high."))
                : known.Description;
            functions.Add(tool.Name, path, description, known.Schema);
        }
        else if (!tool.InputSchema.IsEmpty)
        {
            UnknownMembers.Report(tool.Unknown, path, scope.Losses);
            functions.Add(tool.Name, tool.Description, tool.InputSchema, path, "input_schema", tool.Strict is true);
        }
        else
        {
            scope.Losses.Add(path, LossKind.Dropped, "Gemini has no tool of this type.");
        }
    }

    private static string? BuiltInOf(string type) =>
        type.StartsWith("web_search", StringComparison.Ordinal) ? BuiltInToolNames.GoogleSearch
        : type.StartsWith("web_fetch", StringComparison.Ordinal) ? BuiltInToolNames.UrlContext
        : type.StartsWith("code_execution", StringComparison.Ordinal) ? BuiltInToolNames.CodeExecution
        : null;

    /// <summary>Reports settings of a tool that say something; clients send many as <c>null</c>.</summary>
    private static void ReportSettings(MessagesScope scope, MessagesTool tool, string path)
    {
        foreach (var (name, value) in tool.Unknown ?? [])
            if (value is JsonSlice slice && slice.FirstByte(scope.Body) is not (0 or (byte)'n'))
                scope.Losses.Add($"{path}.{name}", LossKind.Dropped, "Gemini's tool takes no such setting.");
    }

    private static void Choose(MessagesScope scope, DeclaredFunctions functions)
    {
        if (scope.Asked.ToolChoice is not { } choice)
            return;
        var mode = FunctionCallingMode.Unspecified;
        var allowed = new List<RawJson>();
        switch (choice.Type)
        {
            case "auto":
                mode = FunctionCallingMode.Auto;
                break;
            case "any":
                mode = FunctionCallingMode.Any;
                break;
            case "none":
                mode = FunctionCallingMode.None;
                break;
            case "tool":
                if (!scope.TryText(choice.Name, out var name) || name.IsEmptyText)
                    throw new RequestFormatException("'tool_choice.name' must be the name of a tool.", "tool_choice.name", RequestFormatCodes.MissingParameter);
                if (IsBuiltIn(scope, name))
                    scope.Losses.Add("tool_choice", LossKind.Dropped, "Gemini cannot be told to use a tool that Google runs.");
                else if (functions.NameOf(name, "tool_choice.name") is { IsEmpty: false } sent)
                    (mode, allowed) = (FunctionCallingMode.Any, [sent]);
                break;
            case null:
                throw new RequestFormatException("'tool_choice.type' is missing.", "tool_choice.type", RequestFormatCodes.MissingParameter);
            default:
                throw new RequestFormatException("Unknown value for 'tool_choice.type'. Supported are auto, any, tool and none.", "tool_choice.type", RequestFormatCodes.UnsupportedValue);
        }
        functions.Choose(mode, allowed, "tool_choice");
        scope.ReportIf(choice.DisableParallelToolUse is true && scope.Request.HasFunctions, "tool_choice.disable_parallel_tool_use", "Gemini cannot be told to make one call at a time; further ones are left out of the answer.");
    }

    private static bool IsBuiltIn(MessagesScope scope, RawJson name)
    {
        foreach (var tool in scope.Asked.Tools ?? [])
            if (tool?.Type is { } type && BuiltInOf(type) is not null && scope.Value(tool.Name).Utf8.Span.SequenceEqual(name.Utf8.Span))
                return true;
        return false;
    }
}
