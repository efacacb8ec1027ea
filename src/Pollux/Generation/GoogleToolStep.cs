using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>
/// Tools that Google runs and nobody named in the request: search for a name that ends in <c>-search</c>, code and addresses
/// by the settings. What nobody asked for is left out where it would cost what was asked for: functions, JSON output, media.
/// </summary>
internal sealed class GoogleToolStep : IPrepareStep
{
    /// <inheritdoc/>
    public void Apply(GenerateContentRequest request, in PrepareContext context)
    {
        GoogleToolSettings tools = context.Settings.Tools;
        ModelCapabilities model = context.Model.Capabilities;
        if (context.Model.Search)
        {
            Add(request, BuiltInToolNames.GoogleSearch);
            if (tools.SearchPrompt is { } prompt)
                request.AddSystemText(RawJson.String(prompt));
        }

        if (request.HasFunctions || !request.CachedContent.IsEmpty || (request.GenerationConfig.ResponseMimeType is "application/json" && !model.JsonWithTools))
            return;
        if (tools.UrlContext && model.BuiltInTools.HasFlag(BuiltInTools.UrlContext) && (tools.UrlContextModels.Count == 0 || tools.UrlContextModels.Contains(context.Model.Name)))
            Add(request, BuiltInToolNames.UrlContext);
        if (tools.CodeExecution && model.BuiltInTools.HasFlag(BuiltInTools.CodeExecution) && !request.HasBuiltInTool(BuiltInToolNames.GoogleSearch) && !HasMedia(request))
            Add(request, BuiltInToolNames.CodeExecution);
    }

    private static void Add(GenerateContentRequest request, string name)
    {
        if (!request.HasBuiltInTool(name))
            request.Tools.Add(Tool.BuiltIn(name));
    }

    private static bool HasMedia(GenerateContentRequest request)
    {
        foreach (Content content in request.Contents)
        {
            foreach (Part part in content.Parts)
            {
                if (part.InlineData is not null || part.FileData is not null)
                    return true;
            }
        }

        return false;
    }
}
