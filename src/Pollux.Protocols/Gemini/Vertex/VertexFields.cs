using System.Text.Json;

namespace Pollux.Protocols.Gemini.Vertex;

/// <summary>Where in a request a member stands.</summary>
internal enum VertexPlace
{
    Request,
    GenerationConfig,
    ToolConfig,
    Content,
    Part,
    FunctionResponse,
    Tool,
    FunctionDeclaration,
    GoogleSearch,
}

/// <summary>
/// The members that the Gemini API knows and Vertex AI does not, as Google's own client libraries leave them out or refuse
/// them when they speak to Vertex AI.
/// </summary>
internal static class VertexFields
{
    /// <summary>Whether a member is left out.</summary>
    public static bool IsUnknown(VertexPlace place, string name, bool isCount) => place switch
    {
        VertexPlace.Request => name is "model" or "store" or "serviceTier" or "service_tier" or "generateContentRequest" or "generate_content_request"
            || (isCount && name is not ("contents" or "systemInstruction" or "system_instruction" or "tools" or "generationConfig" or "generation_config")),
        VertexPlace.GenerationConfig => name is "enableEnhancedCivicAnswers" or "enable_enhanced_civic_answers",
        VertexPlace.ToolConfig => name is "includeServerSideToolInvocations" or "include_server_side_tool_invocations",
        VertexPlace.Part => name is "partMetadata" or "part_metadata" or "toolCall" or "tool_call" or "toolResponse" or "tool_response",
        VertexPlace.FunctionResponse => name is "willContinue" or "will_continue" or "scheduling",
        VertexPlace.FunctionDeclaration => name is "behavior",
        VertexPlace.GoogleSearch => name is "timeRangeFilter" or "time_range_filter" or "searchTypes" or "search_types",
        _ => false,
    };

    /// <summary>Whether nothing is lost with it: it stands in the path, or it says nothing about what is counted.</summary>
    public static bool IsNoLoss(VertexPlace place, string name, bool isCount) => place == VertexPlace.Request && (isCount || name == "model");

    /// <summary>The place of what a member holds; <see langword="null"/>: nothing in there differs.</summary>
    public static VertexPlace? Below(VertexPlace place, string name) => (place, name) switch
    {
        (VertexPlace.Request, "contents") => VertexPlace.Content,
        (VertexPlace.Request, "systemInstruction" or "system_instruction") => VertexPlace.Content,
        (VertexPlace.Request, "generationConfig" or "generation_config") => VertexPlace.GenerationConfig,
        (VertexPlace.Request, "toolConfig" or "tool_config") => VertexPlace.ToolConfig,
        (VertexPlace.Request, "tools") => VertexPlace.Tool,
        (VertexPlace.Content, "parts") => VertexPlace.Part,
        (VertexPlace.Part, "functionResponse" or "function_response") => VertexPlace.FunctionResponse,
        (VertexPlace.Tool, "functionDeclarations" or "function_declarations") => VertexPlace.FunctionDeclaration,
        (VertexPlace.Tool, "googleSearch" or "google_search") => VertexPlace.GoogleSearch,
        _ => null,
    };

    /// <summary>Whether an object is left out as a whole, because nothing in it is known.</summary>
    public static bool IsEmptied(VertexPlace place, JsonElement element)
    {
        if (place != VertexPlace.Part || element.ValueKind != JsonValueKind.Object)
            return false;
        bool any = false;
        foreach (JsonProperty member in element.EnumerateObject())
        {
            any = true;
            if (!IsUnknown(place, member.Name, isCount: false) && member.Name is not ("thoughtSignature" or "thought_signature"))
                return false;
        }

        return any;
    }
}
