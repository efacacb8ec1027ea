namespace Pollux.Settings;

// Google's own tools.
internal static partial class SettingsLoader
{
    private static GoogleToolSettings LoadTools(SettingSource source) => new()
    {
        SearchNames = source.Boolean("SEARCH_MODE", true),
        SearchModels = source.Words("SEARCH_MODELS"),
        SearchPrompt = source.Text("SEARCH_PROMPT")?.Trim('"') is { Length: > 0 } prompt ? prompt : null,
        ShowSources = source.Boolean("SHOW_SEARCH_LINK", true),
        CodeExecution = source.Boolean("TOOLS_CODE_EXECUTION_ENABLED", false),
        UrlContext = source.Boolean("URL_CONTEXT_ENABLED", false),
        UrlContextModels = source.Words("URL_CONTEXT_MODELS"),
    };
}
