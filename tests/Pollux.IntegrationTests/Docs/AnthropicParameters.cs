namespace Pollux.IntegrationTests.Docs;

/// <summary>What the page about Anthropic's API tells: each parameter with a value it is tried with.</summary>
internal static class AnthropicParameters
{
    /// <summary>A request without any of them.</summary>
    public const string Body = """{"model":"gemini-2.5-flash","max_tokens":1000,"messages":[{"role":"user","content":"Hello"}]}""";

    /// <summary>A function, for parameters that are nothing without one.</summary>
    public const string Function = """[{"name":"f","description":"Does it","input_schema":{"type":"object","properties":{"x":{"type":"string"}}}}]""";

    /// <summary>All that Anthropic documents.</summary>
    public static OpenAIParameter[] Parameters { get; } =
    [
        new("model", "\"gemini-2.5-pro\"", "the model, an alias, or a name with suffixes"),
        new("max_tokens", "500", "`maxOutputTokens`; demanded, as Anthropic does"),
        new("messages", """[{"role":"user","content":"Hi"}]""", "`contents`"),
        new("system", "\"Be short.\"", "`systemInstruction`"),
        new("stream", "true", "server-sent events"),
        new("tools", Function, "function declarations; see below for other tools"),
        new("tool_choice", """{"type":"any"}""", "`functionCallingConfig`, beside `tools`; with `disable_parallel_tool_use` further calls of a turn are left out of the answer"),
        new("thinking", """{"type":"enabled","budget_tokens":1024}""", "a thinking budget or level, by the model's family; without it no thoughts are shown"),
        new("output_config", """{"effort":"low"}""", "`effort` as a thinking budget or level, `format` as JSON output with its schema"),
        new("output_format", """{"type":"json_schema","schema":{"type":"object","properties":{"x":{"type":"string"}}}}""", "JSON output with its schema, as older clients say it"),
        new("temperature", "0.5", "`temperature`"),
        new("top_p", "0.5", "`topP`"),
        new("top_k", "20", "`topK`"),
        new("stop_sequences", "[\"END\"]", "`stopSequences`; the answer ends with `end_turn`, since Gemini does not tell which one was met"),
        new("service_tier", "\"standard_only\"", "`serviceTier`"),
        new("metadata", """{"user_id":"u"}""", "nothing to Google; answers that are kept are kept for each user apart"),
        new("cache_control", """{"type":"ephemeral"}""", "nothing to Google, which caches by itself; tolerated on every block and tool"),
        new("container", "\"container_1\"", "there is no container that stays between requests"),
        new("context_management", """{"edits":[]}""", "the conversation is sent whole"),
        new("mcp_servers", """[{"type":"url","url":"https://example.com","name":"m"}]""", "Google asks no such servers"),
        new("thread", """{"type":"create"}""", "no conversations are kept; clients that ask for one are told so by `thread_unsupported_request`, and send the whole"),
        new("inference_geo", "\"us\"", "not known"),
    ];

    /// <summary>Tools by their types.</summary>
    public static OpenAIParameter[] Tools { get; } =
    [
        new("web_search_20250305", """{"type":"web_search_20250305","name":"web_search"}""", "Google Search; sources come as a search result and as citations"),
        new("web_fetch_20250910", """{"type":"web_fetch_20250910","name":"web_fetch"}""", "Google's URL context"),
        new("code_execution_20250825", """{"type":"code_execution_20250825","name":"code_execution"}""", "Google's code execution, Python only"),
        new("bash_20250124", """{"type":"bash_20250124","name":"bash"}""", "a function with its published arguments"),
        new("text_editor_20250728", """{"type":"text_editor_20250728","name":"str_replace_based_edit_tool"}""", "a function with its published arguments"),
        new("computer_20250124", """{"type":"computer_20250124","name":"computer","display_width_px":1024,"display_height_px":768}""", "a function with its published arguments; the size of the screen stands in its description"),
        new("memory_20250818", """{"type":"memory_20250818","name":"memory"}""", "a function with its published arguments"),
        new("tool_search_tool_bm25_20251119", """{"type":"tool_search_tool_bm25_20251119","name":"tool_search_tool_bm25"}""", "all tools are declared from the start"),
        new("advisor_20260301", """{"type":"advisor_20260301","name":"advisor"}""", "Gemini has no such tool"),
    ];

    /// <summary>Blocks of a user's message.</summary>
    public static OpenAIParameter[] Blocks { get; } =
    [
        new("text", """{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}""", "a text"),
        new("image", """{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}""", "a picture: base64, an address, or a file of Gemini's"),
        new("document", """{"type":"document","title":"T","source":{"type":"text","media_type":"text/plain","data":"Words"}}""", "PDF, text, blocks, an address or a file; title and context stand before it"),
        new("document with citations", """{"type":"document","citations":{"enabled":true},"source":{"type":"text","media_type":"text/plain","data":"Words"}}""", "Gemini does not cite documents"),
        new("search_result", """{"type":"search_result","source":"https://example.com","title":"T","content":[{"type":"text","text":"Words"}]}""", "title, address and texts"),
        new("container_upload", """{"type":"container_upload","file_id":"file_1"}""", "there is no container"),
        new("video", """{"type":"video"}""", "no block of Anthropic's"),
    ];
}
