namespace Pollux.IntegrationTests.Docs;

/// <summary>A parameter of one of OpenAI's routes, with a value it is tried with.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sample">A value: JSON, or the text of a form field.</param>
/// <param name="Meaning">What becomes of it, for the page; the verdict beside it is measured.</param>
internal sealed record OpenAIParameter(string Name, string Sample, string Meaning);

/// <summary>A route of OpenAI's with the request that its parameters are added to.</summary>
/// <param name="Path">The path behind <c>/v1</c>.</param>
/// <param name="Body">A request without any of them: a JSON object, or the fields of a form, a line each.</param>
/// <param name="Parameters">All that OpenAI documents, and what others added.</param>
internal sealed record OpenAIRoute(string Path, string Body, OpenAIParameter[] Parameters)
{
    /// <summary>Whether the body is a form with a file.</summary>
    public bool IsForm => !Body.StartsWith('{');

    /// <summary>Whether that file is a picture; else it is a recording.</summary>
    public bool TakesPicture => Path.StartsWith("/images/", StringComparison.Ordinal);
}

/// <summary>What the page about OpenAI's API tells.</summary>
internal static class OpenAIRoutes
{
    private const string Function = """{"name":"f","parameters":{"type":"object","properties":{"x":{"type":"string"}}}}""";

    /// <summary>Each route with parameters of its own.</summary>
    public static OpenAIRoute[] All { get; } =
    [
        new("/chat/completions", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hello"}]}""",
        [
            new("model", "\"gemini-2.5-pro\"", "the model, an alias, or a name with suffixes"),
            new("messages", """[{"role":"system","content":"Be short."},{"role":"user","content":"Hello"}]""", "`contents` and `systemInstruction`"),
            new("stream", "true", "server-sent events"),
            new("stream_options", """{"include_usage":true}""", "usage in a chunk of its own at the end of a stream"),
            new("temperature", "0.5", "`temperature`"),
            new("top_p", "0.5", "`topP`"),
            new("top_k", "20", "`topK`; not OpenAI's"),
            new("n", "2", "`candidateCount`, where the model gives several"),
            new("stop", "[\"END\"]", "`stopSequences`"),
            new("max_tokens", "100", "`maxOutputTokens`"),
            new("max_completion_tokens", "100", "`maxOutputTokens`"),
            new("presence_penalty", "0.5", "`presencePenalty`, where the model takes it"),
            new("frequency_penalty", "0.5", "`frequencyPenalty`, where the model takes it"),
            new("seed", "7", "`seed`"),
            new("logprobs", "true", "`responseLogprobs`, where the model gives them"),
            new("top_logprobs", "2", "`logprobs`"),
            new("logit_bias", """{"50256":-100}""", "its numbers belong to OpenAI's tokenizers"),
            new("response_format", """{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"x":{"type":"string"}}}}}""", "JSON output, with the schema as the model takes it"),
            new("tools", $$"""[{"type":"function","function":{{Function}}}]""", "function declarations; search, code, addresses and maps as Google's own tools"),
            new("tool_choice", "\"required\"", "`functionCallingConfig`, beside `tools`"),
            new("parallel_tool_calls", "false", "further calls of a turn are left out of the answer"),
            new("functions", $"[{Function}]", "as `tools`, and answered as `function_call`"),
            new("function_call", "\"none\"", "as `tool_choice`, beside `functions`"),
            new("reasoning_effort", "\"low\"", "a thinking budget or level, by the model's family"),
            new("reasoning", """{"effort":"low"}""", "as `reasoning_effort`; not OpenAI's"),
            new("thinking", """{"type":"enabled","budget_tokens":1000}""", "a thinking budget; not OpenAI's"),
            new("thinking_budget", "1000", "a thinking budget; not OpenAI's"),
            new("enable_thinking", "false", "thinking on or off; not OpenAI's"),
            new("modalities", "[\"text\"]", "`responseModalities`, where they are not the model's own"),
            new("audio", """{"voice":"alloy","format":"wav"}""", "voice and form, beside `modalities` with audio"),
            new("service_tier", "\"flex\"", "`serviceTier`"),
            new("web_search_options", "{}", "Google Search"),
            new("safety_settings", """[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]""", "`safetySettings`; not OpenAI's"),
            new("google", """{"thinking_config":{"thinking_budget":1000}}""", "Google's own additions: `thinking_config`, `cached_content`, `safety_settings`, `tools`, `media_resolution`, `aspect_ratio`, `image_config`"),
            new("extra_body", """{"google":{"thinking_config":{"thinking_budget":1000}}}""", "the same, as some clients send it"),
            new("user", "\"u\"", "nothing to Google"),
            new("safety_identifier", "\"u\"", "nothing to Google"),
            new("prompt_cache_key", "\"k\"", "nothing to Google, which caches by itself"),
            new("prompt_cache_retention", "\"24h\"", "nothing to Google, which caches by itself"),
            new("metadata", """{"a":"b"}""", "nothing is stored"),
            new("store", "true", "nothing is stored"),
            new("verbosity", "\"low\"", "Gemini has no such switch"),
            new("prediction", """{"type":"content","content":"x"}""", "Gemini has no such switch"),
            new("moderation", "\"x\"", "not known"),
        ]),
        new("/responses", """{"model":"gemini-2.5-flash","input":"Hello"}""",
        [
            new("model", "\"gemini-2.5-pro\"", "the model, an alias, or a name with suffixes"),
            new("input", """[{"role":"developer","content":"Be short."},{"role":"user","content":"Hello"}]""", "`contents`, and `systemInstruction` for system and developer; all items of OpenAI's are taken, and those of tools that Gemini lacks are reported"),
            new("instructions", "\"Be short.\"", "`systemInstruction`"),
            new("previous_response_id", "\"resp_none\"", "what was said before goes along; 400 for a response that is not kept, or not the caller's"),
            new("store", "false", "whether the response can be asked for again and gone on from; true when absent"),
            new("stream", "true", "events, each with its name and number"),
            new("stream_options", """{"include_obfuscation":false}""", "nothing is disguised"),
            new("tools", """[{"type":"function","name":"f","parameters":{"type":"object","properties":{"x":{"type":"string"}}}}]""", "function declarations, also in name spaces; custom tools as functions with one text; search and code as Google's own; pictures by models that make some"),
            new("tool_choice", "\"required\"", "`functionCallingConfig`, beside `tools`; 400 for a forced tool that Gemini lacks"),
            new("parallel_tool_calls", "false", "further calls of a turn are left out of the answer"),
            new("max_tool_calls", "3", "Gemini has no such switch"),
            new("text", """{"format":{"type":"json_schema","name":"s","schema":{"type":"object","properties":{"x":{"type":"string"}}}}}""", "JSON output, with the schema as the model takes it; `verbosity` is reported"),
            new("reasoning", """{"effort":"low","summary":"auto"}""", "a thinking budget or level; with `summary` thoughts are told"),
            new("include", "[\"file_search_call.results\"]", "`reasoning.encrypted_content` carries thought signatures, `code_interpreter_call.outputs` is told; what Gemini lacks is reported"),
            new("max_output_tokens", "100", "`maxOutputTokens`"),
            new("temperature", "0.5", "`temperature`"),
            new("top_p", "0.5", "`topP`"),
            new("top_logprobs", "2", "chat completions have them"),
            new("truncation", "\"auto\"", "the oldest turns are left out where the model would refuse the conversation as too long"),
            new("background", "true", "400: answers are made while the client waits"),
            new("conversation", "\"conv_1\"", "400: OpenAI keeps it"),
            new("prompt", """{"id":"pmpt_1"}""", "400: OpenAI keeps it"),
            new("context_management", """[{"type":"compaction"}]""", "conversations are not summarised here"),
            new("moderation", """{"model":"omni-moderation-latest"}""", "Gemini has its own safety settings"),
            new("service_tier", "\"flex\"", "`serviceTier`"),
            new("metadata", """{"a":"b"}""", "stands in the response"),
            new("client_metadata", """{"a":"b"}""", "nothing to Google"),
            new("prompt_cache_key", "\"k\"", "nothing to Google, which caches by itself"),
            new("prompt_cache_retention", "\"24h\"", "nothing to Google, which caches by itself"),
            new("safety_identifier", "\"u\"", "nothing to Google"),
            new("user", "\"u\"", "nothing to Google"),
        ]),
        new("/completions", """{"model":"gemini-2.5-flash","prompt":"Once upon"}""",
        [
            new("model", "\"gemini-2.5-pro\"", "the model, an alias, or a name with suffixes"),
            new("prompt", "[\"Twice\"]", "`contents`; one text, 400 for several and for tokens"),
            new("suffix", "\"the end\"", "Gemini does not fill in"),
            new("echo", "true", "the prompt stands before the text"),
            new("n", "2", "`candidateCount`, where the model gives several"),
            new("best_of", "3", "Gemini does not choose"),
            new("stop", "[\"END\"]", "`stopSequences`"),
            new("max_tokens", "100", "`maxOutputTokens`"),
            new("temperature", "0.5", "`temperature`"),
            new("top_p", "0.5", "`topP`"),
            new("presence_penalty", "0.5", "`presencePenalty`, where the model takes it"),
            new("frequency_penalty", "0.5", "`frequencyPenalty`, where the model takes it"),
            new("seed", "7", "`seed`"),
            new("logprobs", "2", "chat completions have them"),
            new("logit_bias", """{"50256":-100}""", "its numbers belong to OpenAI's tokenizers"),
            new("stream", "true", "server-sent events"),
            new("stream_options", """{"include_usage":true}""", "usage in a chunk of its own at the end of a stream"),
            new("user", "\"u\"", "nothing to Google"),
        ]),
        new("/embeddings", """{"model":"gemini-embedding-001","input":"Hello"}""",
        [
            new("model", "\"gemini-embedding-2\"", "a model of vectors"),
            new("input", "[\"one\",\"two\"]", "one text or up to 2048, in batches of Google's size"),
            new("dimensions", "256", "`outputDimensionality`"),
            new("encoding_format", "\"base64\"", "numbers, or base64 of little-endian float32"),
            new("user", "\"u\"", "nothing to Google"),
            new("extra_body", """{"google":{"task_type":"RETRIEVAL_QUERY"}}""", "`task_type`, `title`"),
        ]),
        new("/audio/speech", """{"model":"gemini-3.8-flash-tts","input":"Hello","voice":"alloy","response_format":"wav"}""",
        [
            new("model", "\"gemini-2.5-flash-preview-tts\"", "a model that speaks; OpenAI's names mean the configured one"),
            new("input", "\"Good evening\"", "the text"),
            new("voice", "\"Puck\"", "OpenAI's voices are mapped, Gemini's are taken"),
            new("instructions", "\"Whisper.\"", "words before the text"),
            new("speed", "1.5", "words before the text"),
            new("response_format", "\"pcm\"", "wav and pcm; mp3, opus, aac and flac with ffmpeg"),
            new("stream_format", "\"sse\"", "bytes or events"),
        ]),
        new("/images/generations", """{"model":"gemini-2.5-flash-image","prompt":"A cat"}""",
        [
            new("prompt", "\"A dog {ratio:16:9}\"", "the text; `{n:2}` and `{ratio:16:9}` in it are marks"),
            new("model", "\"gemini-3.1-flash-image\"", "an image model of Gemini's, or Imagen"),
            new("n", "2", "several pictures, by as many calls as it takes"),
            new("size", "\"1792x1024\"", "the nearest `aspectRatio`"),
            new("response_format", "\"b64_json\"", "bytes, or a link where a store gives one"),
            new("quality", "\"high\"", "the model has no such switch"),
            new("style", "\"vivid\"", "the model has no such switch"),
            new("background", "\"transparent\"", "the model has no such switch"),
            new("output_format", "\"webp\"", "the model chooses"),
            new("output_compression", "50", "the model chooses"),
            new("moderation", "\"low\"", "`SAFETY_SETTINGS` holds"),
            new("partial_images", "1", "there are no pictures in part"),
            new("stream", "true", "there are no events of pictures"),
            new("user", "\"u\"", "nothing to Google"),
        ]),
        new("/images/edits", "model=gemini-2.5-flash-image\nprompt=Make it blue",
        [
            new("image", "", "the picture, or up to 16 as `image[]`"),
            new("mask", "a.png", "a further picture, explained in words: Gemini has no masks"),
            new("prompt", "Make it green {ratio:16:9}", "the text, with the same marks"),
            new("model", "gemini-3.1-flash-image", "an image model of Gemini's"),
            new("n", "2", "several pictures, by as many calls as it takes"),
            new("size", "1792x1024", "the nearest `aspectRatio`; without it the picture keeps its own"),
            new("response_format", "b64_json", "bytes, or a link where a store gives one"),
            new("quality", "high", "the model has no such switch"),
            new("background", "transparent", "the model has no such switch"),
            new("input_fidelity", "high", "the model has no such switch"),
            new("output_format", "webp", "the model chooses"),
            new("stream", "true", "there are no events of pictures"),
            new("user", "u", "nothing to Google"),
        ]),
        new("/audio/transcriptions", "model=whisper-1",
        [
            new("file", "", "the recording, up to some 14 MB"),
            new("model", "gemini-2.5-flash", "any Gemini model that hears; OpenAI's names mean the cheapest"),
            new("language", "en", "words in the prompt"),
            new("prompt", "Pollux", "words in the prompt"),
            new("temperature", "0.5", "`temperature`, where the model heeds it"),
            new("response_format", "text", "json, text, srt, vtt, verbose_json"),
            new("timestamp_granularities[]", "word", "words or segments, with `verbose_json`"),
            new("stream", "true", "events, with json and text"),
            new("include[]", "logprobs", "Gemini tells none here"),
            new("chunking_strategy", "auto", "Gemini hears a recording whole"),
        ]),
        new("/audio/translations", "model=whisper-1",
        [
            new("file", "", "the recording"),
            new("model", "gemini-2.5-flash", "any Gemini model that hears"),
            new("prompt", "Pollux", "words in the prompt"),
            new("temperature", "0.5", "`temperature`, where the model heeds it"),
            new("response_format", "text", "json, text, srt, vtt, verbose_json"),
        ]),
    ];

    /// <summary>Routes of OpenAI's that are not served, tried with an empty object.</summary>
    public static string[] Missing { get; } = ["/images/variations", "/moderations", "/responses/compact", "/files", "/batches"];
}
