using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pollux.Protocols.Output;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>
/// Writes the events of a stream, each with its name and its number; for a whole answer it writes nothing. Between
/// a begin and an end the caller writes the event's own members. Not thread-safe.
/// </summary>
/// <param name="told">How many were written before.</param>
internal sealed class ResponseEvents(int told = 0) : IDisposable
{
    /// <summary>Answers are no HTML: only what JSON demands is escaped.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText SequenceNumber = JsonEncodedText.Encode("sequence_number");
    private static readonly JsonEncodedText ItemId = JsonEncodedText.Encode("item_id");
    private static readonly JsonEncodedText OutputIndex = JsonEncodedText.Encode("output_index");

    private IBufferWriter<byte>? _output;
    private int _number = told;

    /// <summary>Writes the members of the event at hand.</summary>
    public Utf8JsonWriter Json { get; } = new(Stream.Null, WriterOptions);

    /// <summary>Whether events are written at all.</summary>
    public bool Streams => _output is not null;

    /// <summary>How many were written, those before included.</summary>
    public int Count => _number;

    /// <summary>Leads the events to where they go; <see langword="null"/>: nowhere.</summary>
    public void LeadTo(IBufferWriter<byte>? output) => _output = output;

    /// <summary>Begins an event.</summary>
    public void Begin(JsonEncodedText type)
    {
        IBufferWriter<byte> output = _output!;
        output.Write("event: "u8);
        output.Write(type.EncodedUtf8Bytes);
        output.Write("\ndata: "u8);
        Json.Reset(output);
        Json.WriteStartObject();
        Json.WriteString(Type, type);
        Json.WriteNumber(SequenceNumber, _number++);
    }

    /// <summary>Begins an event about an item.</summary>
    public void Begin(JsonEncodedText type, JsonEncodedText item, int index)
    {
        Begin(type);
        Json.WriteString(ItemId, item);
        Json.WriteNumber(OutputIndex, index);
    }

    /// <summary>Begins an event about an item that it holds itself.</summary>
    public void Begin(JsonEncodedText type, int index)
    {
        Begin(type);
        Json.WriteNumber(OutputIndex, index);
    }

    /// <summary>Ends an event.</summary>
    public void End()
    {
        Json.WriteEndObject();
        Json.Flush();
        _output!.Write("\n\n"u8);
    }

    /// <summary>Writes a member of the event at hand that may be large.</summary>
    public void WriteToken(ReadOnlySpan<byte> name, ReadOnlyMemory<byte> token)
    {
        Json.WritePropertyName(name);
        LargeJson.WriteToken(Json, _output!, token);
    }

    /// <summary>Writes an event about an item that has no members of its own.</summary>
    public void Tell(JsonEncodedText type, JsonEncodedText item, int index)
    {
        if (!Streams)
            return;
        Begin(type, item, index);
        End();
    }

    /// <summary>Writes an event that holds an item.</summary>
    public void TellItem(JsonEncodedText type, int index, ReadOnlySpan<byte> item)
    {
        if (!Streams)
            return;
        Begin(type, index);
        Json.WritePropertyName("item"u8);
        Json.WriteRawValue(item, skipInputValidation: true);
        End();
    }

    /// <inheritdoc/>
    public void Dispose() => Json.Dispose();
}

/// <summary>The names of the events.</summary>
internal static class ResponseEventNames
{
    public static readonly JsonEncodedText Created = JsonEncodedText.Encode("response.created");
    public static readonly JsonEncodedText InProgress = JsonEncodedText.Encode("response.in_progress");
    public static readonly JsonEncodedText Completed = JsonEncodedText.Encode("response.completed");
    public static readonly JsonEncodedText Incomplete = JsonEncodedText.Encode("response.incomplete");
    public static readonly JsonEncodedText Failed = JsonEncodedText.Encode("response.failed");
    public static readonly JsonEncodedText ItemAdded = JsonEncodedText.Encode("response.output_item.added");
    public static readonly JsonEncodedText ItemDone = JsonEncodedText.Encode("response.output_item.done");
    public static readonly JsonEncodedText PartAdded = JsonEncodedText.Encode("response.content_part.added");
    public static readonly JsonEncodedText PartDone = JsonEncodedText.Encode("response.content_part.done");
    public static readonly JsonEncodedText TextDelta = JsonEncodedText.Encode("response.output_text.delta");
    public static readonly JsonEncodedText TextDone = JsonEncodedText.Encode("response.output_text.done");
    public static readonly JsonEncodedText AnnotationAdded = JsonEncodedText.Encode("response.output_text.annotation.added");
    public static readonly JsonEncodedText RefusalDelta = JsonEncodedText.Encode("response.refusal.delta");
    public static readonly JsonEncodedText RefusalDone = JsonEncodedText.Encode("response.refusal.done");
    public static readonly JsonEncodedText SummaryPartAdded = JsonEncodedText.Encode("response.reasoning_summary_part.added");
    public static readonly JsonEncodedText SummaryPartDone = JsonEncodedText.Encode("response.reasoning_summary_part.done");
    public static readonly JsonEncodedText SummaryDelta = JsonEncodedText.Encode("response.reasoning_summary_text.delta");
    public static readonly JsonEncodedText SummaryDone = JsonEncodedText.Encode("response.reasoning_summary_text.done");
    public static readonly JsonEncodedText ArgumentsDelta = JsonEncodedText.Encode("response.function_call_arguments.delta");
    public static readonly JsonEncodedText ArgumentsDone = JsonEncodedText.Encode("response.function_call_arguments.done");
    public static readonly JsonEncodedText InputDelta = JsonEncodedText.Encode("response.custom_tool_call_input.delta");
    public static readonly JsonEncodedText InputDone = JsonEncodedText.Encode("response.custom_tool_call_input.done");
    public static readonly JsonEncodedText SearchInProgress = JsonEncodedText.Encode("response.web_search_call.in_progress");
    public static readonly JsonEncodedText SearchSearching = JsonEncodedText.Encode("response.web_search_call.searching");
    public static readonly JsonEncodedText SearchCompleted = JsonEncodedText.Encode("response.web_search_call.completed");
    public static readonly JsonEncodedText CodeInProgress = JsonEncodedText.Encode("response.code_interpreter_call.in_progress");
    public static readonly JsonEncodedText CodeDelta = JsonEncodedText.Encode("response.code_interpreter_call_code.delta");
    public static readonly JsonEncodedText CodeDone = JsonEncodedText.Encode("response.code_interpreter_call_code.done");
    public static readonly JsonEncodedText CodeInterpreting = JsonEncodedText.Encode("response.code_interpreter_call.interpreting");
    public static readonly JsonEncodedText CodeCompleted = JsonEncodedText.Encode("response.code_interpreter_call.completed");
    public static readonly JsonEncodedText PictureInProgress = JsonEncodedText.Encode("response.image_generation_call.in_progress");
    public static readonly JsonEncodedText PictureGenerating = JsonEncodedText.Encode("response.image_generation_call.generating");
    public static readonly JsonEncodedText PictureCompleted = JsonEncodedText.Encode("response.image_generation_call.completed");
}
