using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>How far a response has come.</summary>
/// <param name="Status">OpenAI's word.</param>
internal readonly record struct ResponseState(string Status)
{
    public const string InProgress = "in_progress";
    public const string Completed = "completed";
    public const string Incomplete = "incomplete";
    public const string Failed = "failed";

    /// <summary>Why it is incomplete.</summary>
    public string? IncompleteReason { get; init; }

    /// <summary>OpenAI's word for a failure.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>What happened.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Whether it is over, so that its items stand in it.</summary>
    public bool HasOutput => Status != InProgress;
}

/// <summary>Writes the response object, in whichever state.</summary>
internal sealed class ResponseBody(ResponsesAnswerContext context)
{
    private readonly JsonEncodedText _id = JsonEncodedText.Encode(context.Id);
    private readonly JsonEncodedText _model = JsonEncodedText.Encode(context.Model, ResponseEvents.WriterOptions.Encoder);

    /// <summary>Writes it.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="state">How far it has come.</param>
    /// <param name="items">Its items, between commas.</param>
    /// <param name="usage">What it cost.</param>
    public void Write(Utf8JsonWriter json, in ResponseState state, ReadOnlySpan<byte> items, in GeminiUsage usage)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, _id);
        json.WriteString("object"u8, "response"u8);
        json.WriteNumber("created_at"u8, context.Created);
        json.WriteString("status"u8, state.Status);
        if (state.Status == ResponseState.Completed && context.Now is { } now)
            json.WriteNumber("completed_at"u8, now());
        else
            json.WriteNull("completed_at"u8);
        WriteError(json, state);
        WriteIncomplete(json, state);
        json.WriteString("model"u8, _model);
        json.WriteStartArray("output"u8);
        if (!items.IsEmpty)
            json.WriteRawValue(items, skipInputValidation: true);
        json.WriteEndArray();
        context.Echo.WriteTo(json);
        if (state.Status is ResponseState.Completed or ResponseState.Incomplete)
            WriteUsage(json, usage);
        else
            json.WriteNull("usage"u8);
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, in ResponseState state)
    {
        if (state.ErrorCode is null)
        {
            json.WriteNull("error"u8);
            return;
        }

        json.WriteStartObject("error"u8);
        json.WriteString("code"u8, state.ErrorCode);
        json.WriteString("message"u8, state.ErrorMessage);
        json.WriteEndObject();
    }

    private static void WriteIncomplete(Utf8JsonWriter json, in ResponseState state)
    {
        if (state.IncompleteReason is null)
        {
            json.WriteNull("incomplete_details"u8);
            return;
        }

        json.WriteStartObject("incomplete_details"u8);
        json.WriteString("reason"u8, state.IncompleteReason);
        json.WriteEndObject();
    }

    /// <summary>Thoughts are output tokens; tokens that tools fed in are input tokens.</summary>
    private static void WriteUsage(Utf8JsonWriter json, in GeminiUsage usage)
    {
        int input = usage.Prompt + usage.ToolUsePrompt;
        int output = usage.Candidates + usage.Thoughts;
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, input);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.Cached);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, output);
        json.WriteStartObject("output_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.Thoughts);
        json.WriteEndObject();
        json.WriteNumber("total_tokens"u8, input + output);
        json.WriteEndObject();
    }
}
