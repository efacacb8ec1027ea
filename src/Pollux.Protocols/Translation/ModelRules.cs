using System.Text;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Protocols.Translation;

/// <summary>
/// Settles what a request may not combine on a given model. Runs at the end of every translation, and again after steps
/// that add tools or instructions; a request that is settled already is left as it is.
/// </summary>
public static class ModelRules
{
    /// <summary>Removes or rewrites what the model would refuse, and reports it.</summary>
    public static void Settle(GenerateContentRequest request, ModelCapabilities model, LossReport losses)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(losses);

        DropUnknownBuiltIns(request, model, losses);
        SettleBuiltInsWithFunctions(request, model, losses);
        SettleJson(request, model, losses);
        SettleCache(request, losses);
        SettleSystemInstruction(request, model, losses);
        if (model.Thinking.Control is ThinkingControl.None)
            request.GenerationConfig.ThinkingConfig = null;
    }

    private static void DropUnknownBuiltIns(GenerateContentRequest request, ModelCapabilities model, LossReport losses)
    {
        for (var i = request.Tools.Count - 1; i >= 0; i--)
        {
            if (request.Tools[i].BuiltInName is not { } name || FlagOf(name) is not { } flag || model.BuiltInTools.HasFlag(flag))
                continue;
            request.Tools.RemoveAt(i);
            losses.Add($"tools.{name}", LossKind.Dropped, "The model does not have this tool.");
        }
    }

    private static void SettleBuiltInsWithFunctions(GenerateContentRequest request, ModelCapabilities model, LossReport losses)
    {
        if (!request.HasBuiltInTools || !request.HasFunctions)
            return;
        if (model.BuiltInToolsWithFunctions)
        {
            (request.ToolConfig ??= new ToolConfig()).IncludeServerSideToolInvocations = true;
            return;
        }
        // The client's program depends on its functions; search merely helps.
        request.Tools.RemoveAll(tool =>
        {
            if (tool.IsBuiltIn)
                losses.Add($"tools.{tool.BuiltInName}", LossKind.Dropped, "The model does not take built-in tools beside functions.");
            return tool.IsBuiltIn;
        });
    }

    private static void SettleJson(GenerateContentRequest request, ModelCapabilities model, LossReport losses)
    {
        var config = request.GenerationConfig;
        if (config.ResponseMimeType is not "application/json" || (model.JsonMode && (model.JsonWithTools || request.Tools.Count == 0)))
            return;
        var schema = config.ResponseJsonSchema.IsEmpty ? config.ResponseSchema : config.ResponseJsonSchema;
        config.ResponseMimeType = null;
        config.ResponseJsonSchema = config.ResponseSchema = default;
        request.AddSystemText(RawJson.String(schema.IsEmpty
            ? "Give your final answer as one valid JSON value and nothing else: no Markdown fence, no explanation."
            : "Give your final answer as one JSON value that conforms to the following JSON Schema and nothing else: "
                + $"no Markdown fence, no explanation.\n{Encoding.UTF8.GetString(schema.Utf8.Span)}"));
        losses.Add("response_format", LossKind.Approximated, model.JsonMode
            ? "The model has no JSON output beside tools; it is asked for JSON in words."
            : "The model has no JSON output; it is asked for JSON in words.");
    }

    // A cache holds these already, and Google refuses to be told twice.
    private static void SettleCache(GenerateContentRequest request, LossReport losses)
    {
        if (request.CachedContent.IsEmpty || (request.Tools.Count == 0 && request.SystemInstruction is null && request.ToolConfig is null))
            return;
        request.Tools.Clear();
        request.ToolConfig = null;
        request.SystemInstruction = null;
        losses.Add("cached_content", LossKind.Dropped, "Tools and system instruction come from the cache; those of the request were left out.");
    }

    private static void SettleSystemInstruction(GenerateContentRequest request, ModelCapabilities model, LossReport losses)
    {
        if (model.SystemInstruction || request.SystemInstruction is not { Parts.Count: > 0 } system)
            return;
        request.SystemInstruction = null;
        if (request.Contents.Count == 0 || request.Contents[0].Role != Content.User)
            request.Contents.Insert(0, new Content(Content.User));
        request.Contents[0].Parts.InsertRange(0, system.Parts);
        losses.Add("messages", LossKind.Changed, "The model takes no system instruction; it was put before the first user text.");
    }

    private static BuiltInTools? FlagOf(string name) => name switch
    {
        BuiltInToolNames.GoogleSearch => BuiltInTools.GoogleSearch,
        BuiltInToolNames.CodeExecution => BuiltInTools.CodeExecution,
        BuiltInToolNames.UrlContext => BuiltInTools.UrlContext,
        BuiltInToolNames.GoogleMaps => BuiltInTools.GoogleMaps,
        BuiltInToolNames.FileSearch => BuiltInTools.FileSearch,
        BuiltInToolNames.ComputerUse => BuiltInTools.ComputerUse,
        _ => null, // newer than this list: Google knows
    };
}
