using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Responses.Requests;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>
/// What a response repeats of its request; the official clients read these members as they are and miss those that are not
/// there. Values go as the client wrote them, on one line.
/// </summary>
public sealed class ResponseEcho
{
    private static readonly byte[] Null = [.. "null"u8];
    private static readonly byte[] EmptyObject = [.. "{}"u8];
    private static readonly byte[] EmptyList = [.. "[]"u8];
    private static readonly byte[] True = [.. "true"u8];
    private static readonly byte[] False = [.. "false"u8];
    private static readonly byte[] One = [.. "1"u8];
    private static readonly byte[] Zero = [.. "0"u8];
    private static readonly byte[] PlainText = [.. """{"format":{"type":"text"},"verbosity":"medium"}"""u8];
    private static readonly byte[] NoReasoning = [.. """{"effort":null,"summary":null}"""u8];

    private readonly List<(JsonEncodedText Name, ReadOnlyMemory<byte> Value)> _members = new(24);

    private ResponseEcho()
    {
    }

    /// <summary>Gathers the members.</summary>
    /// <param name="asked">The request.</param>
    /// <param name="body">The bytes it was read from; nothing of them is kept.</param>
    /// <param name="stores">Whether the answer can be asked for again.</param>
    public static ResponseEcho Of(ResponsesRequest asked, ReadOnlyMemory<byte> body, bool stores)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var members = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        ReadMembers(body, members);
        var echo = new ResponseEcho();
        echo.Add("background", False);
        echo.Add("instructions", Found("instructions", Null));
        echo.Add("max_output_tokens", Found("max_output_tokens", Null));
        echo.Add("max_tool_calls", Found("max_tool_calls", Null));
        echo.Add("metadata", Found("metadata", EmptyObject));
        echo.Add("parallel_tool_calls", asked.ParallelToolCalls is false ? False : True);
        echo.Add("previous_response_id", Found("previous_response_id", Null));
        echo.Add("prompt_cache_key", Found("prompt_cache_key", Null));
        echo.Add("prompt_cache_retention", Found("prompt_cache_retention", Null));
        echo.Add("reasoning", Found("reasoning", NoReasoning));
        echo.Add("safety_identifier", Found("safety_identifier", Null));
        echo.Add("service_tier", asked.ServiceTier is null or "auto" ? RawJson.String("default").Utf8 : RawJson.String(asked.ServiceTier).Utf8);
        echo.Add("store", stores ? True : False);
        echo.Add("temperature", Found("temperature", One));
        echo.Add("text", asked.Text is { Format: not null } ? Found("text", PlainText) : PlainText);
        echo.Add("tool_choice", Found("tool_choice", RawJson.String("auto").Utf8));
        echo.Add("tools", Found("tools", EmptyList));
        echo.Add("top_logprobs", Found("top_logprobs", Zero));
        echo.Add("top_p", Found("top_p", One));
        echo.Add("truncation", Found("truncation", RawJson.String("disabled").Utf8));
        echo.Add("user", Found("user", Null));
        return echo;

        ReadOnlyMemory<byte> Found(string name, ReadOnlyMemory<byte> otherwise) => members.TryGetValue(name, out ReadOnlyMemory<byte> value) ? value : otherwise;
    }

    /// <summary>Writes the members into an object.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        foreach ((JsonEncodedText name, ReadOnlyMemory<byte> value) in _members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Span, skipInputValidation: true);
        }
    }

    private static void ReadMembers(ReadOnlyMemory<byte> body, Dictionary<string, ReadOnlyMemory<byte>> members)
    {
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = OpenAI.Requests.OpenAIJson.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            bool carried = !reader.ValueTextEquals("input"u8); // by far the largest, and no part of the answer
            string? name = carried ? reader.GetString() : null;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            bool isNull = reader.TokenType is JsonTokenType.Null;
            reader.Skip();
            if (name is null || isNull)
                continue;
            ReadOnlySpan<byte> value = body.Span[start..(int)reader.BytesConsumed];
            var compact = new byte[value.Length];
            members[name] = compact.AsMemory(0, CompactJson.Write(value, compact));
        }
    }

    private void Add(string name, ReadOnlyMemory<byte> value) => _members.Add((JsonEncodedText.Encode(name), value));
}
