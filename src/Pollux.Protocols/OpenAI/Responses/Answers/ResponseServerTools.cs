using System.Text.Json;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>What Google's tools did, as items of their own: searches, code, pictures. Not thread-safe.</summary>
internal sealed class ResponseServerTools(ResponsesAnswerContext context, ResponseItems items, ResponseEvents events)
{
    private readonly List<string> _queries = []; // of the searches that are told already
    private JsonEncodedText _codeId;
    private byte[] _code = [];
    private byte[]? _printed;

    /// <summary>Whether code is told whose outcome is not known yet.</summary>
    public bool IsCodeOpen { get; private set; }

    /// <summary>Tells code that runs.</summary>
    /// <param name="code">A JSON string token.</param>
    public void Run(ReadOnlyMemory<byte> code)
    {
        CloseCode();
        IsCodeOpen = true;
        _codeId = JsonEncodedText.Encode(items.IdOf("ci"));
        _code = code.ToArray();
        _printed = null;
        if (!events.Streams)
            return;
        BeginCode("in_progress"u8, "\"\""u8);
        items.Add();
        events.Tell(ResponseEventNames.CodeInProgress, _codeId, items.Index);
        events.Begin(ResponseEventNames.CodeDelta, _codeId, items.Index);
        events.WriteToken("delta"u8, code);
        events.End();
        events.Begin(ResponseEventNames.CodeDone, _codeId, items.Index);
        events.WriteToken("code"u8, code);
        events.End();
        events.Tell(ResponseEventNames.CodeInterpreting, _codeId, items.Index);
    }

    /// <summary>Tells what the code printed.</summary>
    /// <param name="output">A JSON string token.</param>
    public void Print(ReadOnlyMemory<byte> output)
    {
        _printed = output.ToArray();
        CloseCode();
    }

    /// <summary>Ends code that is open.</summary>
    public void CloseCode()
    {
        if (!IsCodeOpen)
            return;
        IsCodeOpen = false;
        events.Tell(ResponseEventNames.CodeCompleted, _codeId, items.Index);
        BeginCode("completed"u8, _code);
        items.Finish();
    }

    /// <summary>Tells the search that a part of the answer makes visible.</summary>
    /// <param name="toolCall">Google's <c>toolCall</c> object.</param>
    public void Search(ReadOnlyMemory<byte> toolCall)
    {
        using JsonDocument document = JsonDocument.Parse(toolCall);
        JsonElement root = document.RootElement;
        if (root.TryGetProperty("toolType"u8, out JsonElement type) && type.GetString() is { } name && name.StartsWith("GOOGLE_SEARCH", StringComparison.Ordinal)
            && root.TryGetProperty("args"u8, out JsonElement arguments) && arguments.ValueKind is JsonValueKind.Object)
            TellQueries(arguments, "queries", []);
    }

    /// <summary>Tells the searches that stand behind an answer, unless they were told when they were made.</summary>
    /// <param name="grounding">Google's <c>groundingMetadata</c> object.</param>
    /// <param name="sources">The addresses that were found.</param>
    public void TellSearches(ReadOnlyMemory<byte> grounding, IEnumerable<string> sources)
    {
        using JsonDocument document = JsonDocument.Parse(grounding);
        if (document.RootElement.ValueKind is JsonValueKind.Object)
            TellQueries(document.RootElement, "webSearchQueries", sources);
    }

    /// <summary>Tells a picture.</summary>
    /// <param name="mediaType">Its type.</param>
    /// <param name="data">Base64, a JSON string token.</param>
    public void Paint(string mediaType, ReadOnlyMemory<byte> data)
    {
        JsonEncodedText id = JsonEncodedText.Encode(items.IdOf("ig"));
        if (events.Streams)
        {
            items.BeginItem("image_generation_call"u8, id);
            items.Json.WriteString("status"u8, "in_progress"u8);
            items.Add();
            events.Tell(ResponseEventNames.PictureInProgress, id, items.Index);
            events.Tell(ResponseEventNames.PictureGenerating, id, items.Index);
            events.Tell(ResponseEventNames.PictureCompleted, id, items.Index);
        }

        items.BeginItem("image_generation_call"u8, id);
        items.Json.WriteString("status"u8, "completed"u8);
        items.Json.WriteString("output_format"u8, mediaType.StartsWith("image/", StringComparison.OrdinalIgnoreCase) ? mediaType["image/".Length..] : mediaType);
        items.Json.WritePropertyName("result"u8);
        items.Json.WriteRawValue(data.Span, skipInputValidation: true);
        items.Finish();
    }

    private void BeginCode(ReadOnlySpan<byte> status, ReadOnlySpan<byte> code)
    {
        items.BeginItem("code_interpreter_call"u8, _codeId);
        items.Json.WriteString("status"u8, status);
        items.Json.WritePropertyName("code"u8);
        items.Json.WriteRawValue(code, skipInputValidation: true);
        items.Json.WriteString("container_id"u8, "cntr_google"u8); // Google's sandbox lives as long as one answer
        if (!context.ShowsCodeOutputs || _printed is null || status.SequenceEqual("in_progress"u8))
        {
            items.Json.WriteNull("outputs"u8);
            return;
        }

        items.Json.WriteStartArray("outputs"u8);
        items.Json.WriteStartObject();
        items.Json.WriteString("type"u8, "logs"u8);
        items.Json.WritePropertyName("logs"u8);
        items.Json.WriteRawValue(_printed, skipInputValidation: true);
        items.Json.WriteEndObject();
        items.Json.WriteEndArray();
    }

    private void TellQueries(JsonElement holder, string member, IEnumerable<string> sources)
    {
        if (!holder.TryGetProperty(member, out JsonElement list) || list.ValueKind is not JsonValueKind.Array)
            return;
        var queries = new List<string>();
        foreach (JsonElement query in list.EnumerateArray())
        {
            if (query.ValueKind is JsonValueKind.String && query.GetString() is { Length: > 0 } words && !_queries.Contains(words))
                queries.Add(words);
        }

        if (queries.Count == 0)
            return;
        _queries.AddRange(queries);
        JsonEncodedText id = JsonEncodedText.Encode(items.IdOf("ws"));
        if (events.Streams)
        {
            WriteSearch(id, "in_progress"u8, queries, []);
            items.Add();
            events.Tell(ResponseEventNames.SearchInProgress, id, items.Index);
            events.Tell(ResponseEventNames.SearchSearching, id, items.Index);
            events.Tell(ResponseEventNames.SearchCompleted, id, items.Index);
        }

        WriteSearch(id, "completed"u8, queries, sources);
        items.Finish();
    }

    private void WriteSearch(JsonEncodedText id, ReadOnlySpan<byte> status, List<string> queries, IEnumerable<string> sources)
    {
        items.BeginItem("web_search_call"u8, id);
        items.Json.WriteString("status"u8, status);
        items.Json.WriteStartObject("action"u8);
        items.Json.WriteString("type"u8, "search"u8);
        items.Json.WriteString("query"u8, queries[0]);
        items.Json.WriteStartArray("queries"u8);
        foreach (string query in queries)
            items.Json.WriteStringValue(query);
        items.Json.WriteEndArray();
        items.Json.WriteStartArray("sources"u8);
        foreach (string source in sources)
        {
            items.Json.WriteStartObject();
            items.Json.WriteString("type"u8, "url"u8);
            items.Json.WriteString("url"u8, source);
            items.Json.WriteEndObject();
        }

        items.Json.WriteEndArray();
        items.Json.WriteEndObject();
    }
}
