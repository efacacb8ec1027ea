using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Output;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>The pieces that chunks and whole answers share.</summary>
internal static class ChatJson
{
    /// <summary>Answers are no HTML: only what JSON demands is escaped.</summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    public static readonly JsonEncodedText Object = JsonEncodedText.Encode("object");
    public static readonly JsonEncodedText Chunk = JsonEncodedText.Encode("chat.completion.chunk");
    public static readonly JsonEncodedText Completion = JsonEncodedText.Encode("chat.completion");
    public static readonly JsonEncodedText Created = JsonEncodedText.Encode("created");
    public static readonly JsonEncodedText Model = JsonEncodedText.Encode("model");
    public static readonly JsonEncodedText Choices = JsonEncodedText.Encode("choices");
    public static readonly JsonEncodedText Index = JsonEncodedText.Encode("index");
    public static readonly JsonEncodedText Delta = JsonEncodedText.Encode("delta");
    public static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");
    public static readonly JsonEncodedText Role = JsonEncodedText.Encode("role");
    public static readonly JsonEncodedText Assistant = JsonEncodedText.Encode("assistant");
    public static readonly JsonEncodedText Content = JsonEncodedText.Encode("content");
    public static readonly JsonEncodedText Refusal = JsonEncodedText.Encode("refusal");
    public static readonly JsonEncodedText ReasoningContent = JsonEncodedText.Encode("reasoning_content");
    public static readonly JsonEncodedText Reasoning = JsonEncodedText.Encode("reasoning");
    public static readonly JsonEncodedText Finish = JsonEncodedText.Encode("finish_reason");
    public static readonly JsonEncodedText Logprobs = JsonEncodedText.Encode("logprobs");
    public static readonly JsonEncodedText Usage = JsonEncodedText.Encode("usage");

    /// <summary>Writes what a choice says besides its content: tool calls, audio, and signatures in Google's own place.</summary>
    /// <param name="writer">Stands inside the delta or message object.</param>
    /// <param name="output">What it writes to.</param>
    /// <param name="delta">What the choice says.</param>
    /// <param name="context">The answer it belongs to.</param>
    /// <param name="firstIndex">The index of the first call, or -1 for a whole message, whose calls have none.</param>
    public static void WriteExtras(Utf8JsonWriter writer, IBufferWriter<byte> output, ChatDelta delta, ChatAnswerContext context, int firstIndex)
    {
        if (delta.Calls.Count > 0)
            WriteCalls(writer, delta.Calls, context, firstIndex);

        if (!delta.Audio.Data.IsEmpty)
        {
            writer.WriteStartObject("audio"u8);
            writer.WriteString("id"u8, context.Id);
            writer.WritePropertyName("data"u8);
            LargeJson.WriteToken(writer, output, delta.Audio.Data);
            writer.WriteNumber("expires_at"u8, context.Created + 3600);
            writer.WriteString("transcript"u8, ReadOnlySpan<byte>.Empty);
            writer.WriteString("format"u8, delta.Audio.MediaType);
            writer.WriteEndObject();
        }

        if (delta.Pictures.Count > 0)
            WritePictures(writer, output, delta.Pictures);

        if (!delta.TextSignature.IsEmpty)
            WriteSignature(writer, delta.TextSignature.Span);
    }

    /// <summary>Writes token counts. Thoughts are completion tokens; tokens that tools fed in are prompt tokens.</summary>
    public static void WriteUsage(Utf8JsonWriter writer, in GeminiUsage usage)
    {
        int prompt = usage.Prompt + usage.ToolUsePrompt;
        int completion = usage.Candidates + usage.Thoughts;
        writer.WriteStartObject(Usage);
        writer.WriteNumber("prompt_tokens"u8, prompt);
        writer.WriteNumber("completion_tokens"u8, completion);
        writer.WriteNumber("total_tokens"u8, prompt + completion);
        writer.WriteStartObject("prompt_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, usage.Cached);
        writer.WriteNumber("audio_tokens"u8, usage.PromptAudio);
        writer.WriteEndObject();
        writer.WriteStartObject("completion_tokens_details"u8);
        writer.WriteNumber("reasoning_tokens"u8, usage.Thoughts);
        writer.WriteNumber("audio_tokens"u8, usage.CandidatesAudio);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The sentence a client reads when the content was withheld.</summary>
    public static string RefusalText(FinishReason reason, string? token, string? message)
    {
        string name = reason == FinishReason.Unknown || token is null ? reason.ToString() : token;
        return string.IsNullOrEmpty(message) ? $"Gemini withheld the answer ({name})." : $"Gemini withheld the answer ({name}): {message}";
    }

    private static void WriteCalls(Utf8JsonWriter writer, IReadOnlyList<ToolCall> calls, ChatAnswerContext context, int firstIndex)
    {
        if (context.LegacyFunctions)
        {
            writer.WriteStartObject("function_call"u8);
            WriteFunction(writer, calls[0]); // the legacy form knows one call only
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartArray("tool_calls"u8);
        for (int i = 0; i < calls.Count; i++)
        {
            writer.WriteStartObject();
            if (firstIndex >= 0)
                writer.WriteNumber(Index, firstIndex + i);
            writer.WriteString(Id, calls[i].Id);
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            WriteFunction(writer, calls[i]);
            writer.WriteEndObject();
            if (calls[i].Signature is { Length: > 0 } signature)
            {
                writer.WriteStartObject("extra_content"u8);
                writer.WriteStartObject("google"u8);
                writer.WriteString("thought_signature"u8, signature);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteFunction(Utf8JsonWriter writer, in ToolCall call)
    {
        writer.WriteString("name"u8, call.Name);
        if (call.Arguments.IsEmpty)
        {
            writer.WriteString("arguments"u8, "{}"u8);
            return;
        }

        byte[] compact = ArrayPool<byte>.Shared.Rent(call.Arguments.Length);
        try
        {
            int length = CompactJson.Write(call.Arguments.Span, compact);
            writer.WriteString("arguments"u8, compact.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compact);
        }
    }

    private static void WritePictures(Utf8JsonWriter writer, IBufferWriter<byte> output, IReadOnlyList<(ReadOnlyMemory<byte> MediaType, ReadOnlyMemory<byte> Data)> pictures)
    {
        writer.WriteStartArray("images"u8);
        for (int i = 0; i < pictures.Count; i++)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "image_url"u8);
            writer.WriteStartObject("image_url"u8);
            writer.WritePropertyName("url"u8);
            WriteDataUri(writer, output, pictures[i].MediaType, pictures[i].Data);
            writer.WriteEndObject();
            writer.WriteNumber(Index, i);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>A JSON string out of pieces: megabytes are not copied.</summary>
    private static void WriteDataUri(Utf8JsonWriter writer, IBufferWriter<byte> output, ReadOnlyMemory<byte> mediaType, ReadOnlyMemory<byte> data)
    {
        LargeJson.Begin(writer, "\"data:"u8);
        output.Write(mediaType.IsEmpty ? "application/octet-stream"u8 : mediaType.Span[1..^1]);
        output.Write(";base64,"u8);
        LargeJson.WriteSlice(output, data[1..]); // with the quotation mark at its end
    }

    private static void WriteSignature(Utf8JsonWriter writer, ReadOnlySpan<byte> token)
    {
        writer.WriteStartObject("extra_content"u8);
        writer.WriteStartObject("google"u8);
        writer.WritePropertyName("thought_signature"u8);
        writer.WriteRawValue(token, skipInputValidation: true);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
