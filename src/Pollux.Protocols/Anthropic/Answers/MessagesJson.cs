using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>The pieces that events and whole answers share.</summary>
internal static class MessagesJson
{
    /// <summary>Answers are no HTML: only what JSON demands is escaped.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
    public static readonly JsonEncodedText Index = JsonEncodedText.Encode("index");
    public static readonly JsonEncodedText Delta = JsonEncodedText.Encode("delta");
    public static readonly JsonEncodedText Text = JsonEncodedText.Encode("text");
    public static readonly JsonEncodedText Thinking = JsonEncodedText.Encode("thinking");
    public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    public static readonly JsonEncodedText Name = JsonEncodedText.Encode("name");
    public static readonly JsonEncodedText Input = JsonEncodedText.Encode("input");

    /// <summary>Writes what every message begins with, up to its content.</summary>
    public static void WriteHead(Utf8JsonWriter json, MessagesAnswerContext context)
    {
        json.WriteString(Id, context.Id);
        json.WriteString(Type, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, context.Model);
    }

    /// <summary>Writes how an answer ended.</summary>
    public static void WriteStop(Utf8JsonWriter json, string reason, string? refusal)
    {
        json.WriteString("stop_reason"u8, reason);
        json.WriteNull("stop_sequence"u8);
        if (refusal is null)
        {
            json.WriteNull("stop_details"u8);
            return;
        }

        json.WriteStartObject("stop_details"u8);
        json.WriteString(Type, "refusal"u8);
        json.WriteNull("category"u8);
        json.WriteString("explanation"u8, refusal);
        json.WriteEndObject();
    }

    /// <summary>Writes token counts. What a cache served is told apart; thoughts are tokens of the answer.</summary>
    /// <param name="json">Stands inside an object.</param>
    /// <param name="usage">As Google tells it.</param>
    /// <param name="estimated">Tokens of the prompt where Google has not told them.</param>
    /// <param name="searches">How often the server searched.</param>
    public static void WriteUsage(Utf8JsonWriter json, in GeminiUsage usage, int estimated, int searches)
    {
        int prompt = usage.Prompt > 0 ? usage.Prompt + usage.ToolUsePrompt : estimated;
        int cached = Math.Min(usage.Cached, prompt);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, prompt - cached);
        json.WriteNumber("cache_creation_input_tokens"u8, 0);
        json.WriteNumber("cache_read_input_tokens"u8, cached);
        json.WriteNumber("output_tokens"u8, usage.Candidates + usage.Thoughts);
        if (usage.Thoughts > 0)
        {
            json.WriteStartObject("output_tokens_details"u8);
            json.WriteNumber("thinking_tokens"u8, usage.Thoughts);
            json.WriteEndObject();
        }

        if (searches > 0)
        {
            json.WriteStartObject("server_tool_use"u8);
            json.WriteNumber("web_search_requests"u8, searches);
            json.WriteNumber("web_fetch_requests"u8, 0);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>The signature of a thought, in the envelope in which it comes back; without one the envelope is empty.</summary>
    public static void WriteSignature(Utf8JsonWriter json, ReadOnlySpan<byte> signature)
    {
        json.WritePropertyName("signature"u8);
        json.WriteRawValue(SignatureEnvelope.Seal(signature.IsEmpty ? "\"\""u8 : signature), skipInputValidation: true);
    }

    /// <summary>The arguments of a call on one line, as the text of a JSON string or as they are.</summary>
    public static void WriteArguments(Utf8JsonWriter json, ReadOnlySpan<byte> arguments, bool asText)
    {
        if (arguments.IsEmpty)
            arguments = "{}"u8;
        byte[] compact = ArrayPool<byte>.Shared.Rent(arguments.Length);
        try
        {
            ReadOnlySpan<byte> written = compact.AsSpan(0, CompactJson.Write(arguments, compact));
            if (asText)
                json.WriteStringValue(written);
            else
                json.WriteRawValue(written, skipInputValidation: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compact);
        }
    }

    /// <summary>Begins the block in which the server uses a tool, up to its input.</summary>
    public static void WriteServerUse(Utf8JsonWriter json, string id, ReadOnlySpan<byte> name)
    {
        json.WriteString(Type, "server_tool_use"u8);
        json.WriteString(Id, id);
        json.WriteString(Name, name);
        WriteCaller(json);
    }

    /// <summary>The members of a block with what code printed.</summary>
    public static void WriteCodeResult(Utf8JsonWriter json, string id, ReadOnlySpan<byte> output, bool succeeded)
    {
        json.WriteString(Type, "code_execution_tool_result"u8);
        json.WriteString("tool_use_id"u8, id);
        json.WriteStartObject("content"u8);
        json.WriteString(Type, "code_execution_result"u8);
        WriteToken(json, "stdout"u8, succeeded ? output : default);
        WriteToken(json, "stderr"u8, succeeded ? default : output);
        json.WriteNumber("return_code"u8, succeeded ? 0 : 1);
        json.WriteStartArray("content"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The members of a block with what Google found.</summary>
    public static void WriteFound(Utf8JsonWriter json, string id, GroundedText found)
    {
        json.WriteString(Type, "web_search_tool_result"u8);
        json.WriteString("tool_use_id"u8, id);
        WriteCaller(json);
        json.WriteStartArray("content"u8);
        found.EachSource((address, title) =>
        {
            json.WriteStartObject();
            json.WriteString(Type, "web_search_result"u8);
            json.WriteString("url"u8, address);
            json.WriteString("title"u8, title);
            json.WriteString("encrypted_content"u8, ""u8);
            json.WriteNull("page_age"u8);
            json.WriteEndObject();
        });
        json.WriteEndArray();
    }

    /// <summary>One citation.</summary>
    public static void WriteCitation(Utf8JsonWriter json, string address, string title, string words)
    {
        json.WriteStartObject();
        json.WriteString(Type, "web_search_result_location"u8);
        json.WriteString("cited_text"u8, words);
        json.WriteString("url"u8, address);
        json.WriteString("title"u8, title);
        json.WriteString("encrypted_index"u8, ""u8);
        json.WriteEndObject();
    }

    private static void WriteCaller(Utf8JsonWriter json)
    {
        json.WriteStartObject("caller"u8);
        json.WriteString(Type, "direct"u8);
        json.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> token)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(token.IsEmpty ? "\"\""u8 : token, skipInputValidation: true);
    }
}
