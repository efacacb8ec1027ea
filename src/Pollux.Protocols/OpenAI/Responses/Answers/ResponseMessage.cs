using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>What the assistant says, as an item: begun with its first text, done before anything else begins. Not thread-safe.</summary>
internal sealed class ResponseMessage(ResponseItems items, ResponseEvents events)
{
    private readonly ArrayBufferWriter<byte> _text = new(); // a JSON string token, its end missing
    private JsonEncodedText _id;
    private int _charactersBefore;
    private bool _hasText;

    /// <summary>Whether one has begun.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The id of the latest one; <see langword="null"/> before the first.</summary>
    public string? Id { get; private set; }

    /// <summary>Says something.</summary>
    /// <param name="token">A JSON string token.</param>
    /// <param name="grounded">What counts the characters of the answer, before these are added.</param>
    public void Say(ReadOnlyMemory<byte> token, GroundedText? grounded)
    {
        Open(grounded);
        if (!_hasText)
            OpenText();
        _text.Write(token.Span[1..^1]);
        if (!events.Streams)
            return;
        events.Begin(ResponseEventNames.TextDelta, _id, items.Index);
        events.Json.WriteNumber("content_index"u8, 0);
        events.WriteToken("delta"u8, token);
        WriteNoLogprobs(events.Json);
        events.End();
    }

    /// <summary>Ends it.</summary>
    /// <param name="grounded">The sources, if they are known by now.</param>
    /// <param name="refusal">Why the assistant does not go on; <see langword="null"/>: it said what it had to.</param>
    /// <param name="isComplete">Whether it was not cut off.</param>
    public void Close(GroundedText? grounded, string? refusal, bool isComplete)
    {
        if (!IsOpen && refusal is null)
            return;
        Open(grounded);
        List<Citation> citations = _hasText && grounded is { HasSources: true } ? Within(grounded) : [];
        if (_hasText)
            CloseText(citations);
        if (refusal is not null)
            TellRefusal(refusal);

        BeginItem(isComplete ? "completed"u8 : "incomplete"u8);
        if (_hasText)
            WriteTextPart(items.Json, _text.WrittenSpan, citations);
        if (refusal is not null)
            WriteRefusalPart(items.Json, refusal);
        items.Json.WriteEndArray();
        items.Finish();
        IsOpen = _hasText = false;
    }

    private void Open(GroundedText? grounded)
    {
        if (IsOpen)
            return;
        IsOpen = true;
        Id = items.IdOf("msg");
        _id = JsonEncodedText.Encode(Id);
        _charactersBefore = grounded?.Characters ?? 0;
        if (!events.Streams)
            return;
        BeginItem("in_progress"u8);
        items.Json.WriteEndArray();
        items.Add();
    }

    private void BeginItem(ReadOnlySpan<byte> status)
    {
        items.BeginItem("message"u8, _id);
        items.Json.WriteString("status"u8, status);
        items.Json.WriteString("role"u8, "assistant"u8);
        items.Json.WriteStartArray("content"u8);
    }

    private void OpenText()
    {
        _hasText = true;
        _text.ResetWrittenCount();
        _text.Write("\""u8);
        if (events.Streams)
            TellPart(ResponseEventNames.PartAdded, 0, static (json, _) => WriteTextPart(json, "\"\""u8, []), this);
    }

    private void CloseText(List<Citation> citations)
    {
        _text.Write("\""u8);
        if (!events.Streams)
            return;
        for (int i = 0; i < citations.Count; i++)
        {
            events.Begin(ResponseEventNames.AnnotationAdded, _id, items.Index);
            events.Json.WriteNumber("content_index"u8, 0);
            events.Json.WriteNumber("annotation_index"u8, i);
            events.Json.WritePropertyName("annotation"u8);
            WriteCitation(events.Json, citations[i]);
            events.End();
        }

        events.Begin(ResponseEventNames.TextDone, _id, items.Index);
        events.Json.WriteNumber("content_index"u8, 0);
        events.Json.WritePropertyName("text"u8);
        events.Json.WriteRawValue(_text.WrittenSpan, skipInputValidation: true);
        WriteNoLogprobs(events.Json);
        events.End();
        TellPart(ResponseEventNames.PartDone, 0, static (json, state) => WriteTextPart(json, state.This._text.WrittenSpan, state.citations), (This: this, citations));
    }

    private void TellRefusal(string refusal)
    {
        if (!events.Streams)
            return;
        int index = _hasText ? 1 : 0;
        TellPart(ResponseEventNames.PartAdded, index, static (json, _) => WriteRefusalPart(json, ""), this);
        events.Begin(ResponseEventNames.RefusalDelta, _id, items.Index);
        events.Json.WriteNumber("content_index"u8, index);
        events.Json.WriteString("delta"u8, refusal);
        events.End();
        events.Begin(ResponseEventNames.RefusalDone, _id, items.Index);
        events.Json.WriteNumber("content_index"u8, index);
        events.Json.WriteString("refusal"u8, refusal);
        events.End();
        TellPart(ResponseEventNames.PartDone, index, static (json, words) => WriteRefusalPart(json, words), refusal);
    }

    private void TellPart<T>(JsonEncodedText type, int index, Action<Utf8JsonWriter, T> write, T state)
    {
        events.Begin(type, _id, items.Index);
        events.Json.WriteNumber("content_index"u8, index);
        events.Json.WritePropertyName("part"u8);
        write(events.Json, state);
        events.End();
    }

    /// <summary>Sources with their places in this message; what was cited before it stands at its begin.</summary>
    private List<Citation> Within(GroundedText grounded)
    {
        List<Citation> all = grounded.Citations();
        for (int i = 0; i < all.Count; i++)
            all[i] = all[i] with { Start = Math.Max(0, all[i].Start - _charactersBefore), End = Math.Max(0, all[i].End - _charactersBefore) };
        return all;
    }

    private static void WriteTextPart(Utf8JsonWriter json, ReadOnlySpan<byte> text, List<Citation> citations)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "output_text"u8);
        json.WriteStartArray("annotations"u8);
        foreach (Citation citation in citations)
            WriteCitation(json, citation);
        json.WriteEndArray();
        WriteNoLogprobs(json);
        json.WritePropertyName("text"u8);
        json.WriteRawValue(text, skipInputValidation: true);
        json.WriteEndObject();
    }

    private static void WriteRefusalPart(Utf8JsonWriter json, string refusal)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "refusal"u8);
        json.WriteString("refusal"u8, refusal);
        json.WriteEndObject();
    }

    private static void WriteCitation(Utf8JsonWriter json, in Citation citation)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "url_citation"u8);
        json.WriteNumber("start_index"u8, citation.Start);
        json.WriteNumber("end_index"u8, citation.End);
        json.WriteString("title"u8, citation.Title);
        json.WriteString("url"u8, citation.Address);
        json.WriteEndObject();
    }

    private static void WriteNoLogprobs(Utf8JsonWriter json)
    {
        json.WriteStartArray("logprobs"u8);
        json.WriteEndArray();
    }
}
