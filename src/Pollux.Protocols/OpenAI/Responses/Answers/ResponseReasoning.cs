using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>
/// What the model thought, as an item: a summary where it is told, and the signature of what comes behind it. Gemini gives the
/// signature after the thoughts, so the item is held open until the part behind them is known. Not thread-safe.
/// </summary>
internal sealed class ResponseReasoning(ResponsesAnswerContext context, ResponseItems items, ResponseEvents events)
{
    private readonly ArrayBufferWriter<byte> _summary = new(); // a JSON string token, its end missing
    private JsonEncodedText _id;

    /// <summary>Whether one has begun.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Adds a thought.</summary>
    /// <param name="token">A JSON string token.</param>
    public void Think(ReadOnlyMemory<byte> token)
    {
        if (!IsOpen)
        {
            Open();
            _summary.Write("\""u8);
            if (events.Streams)
                TellPart(ResponseEventNames.SummaryPartAdded, "\"\""u8);
        }

        _summary.Write(token.Span[1..^1]);
        if (!events.Streams)
            return;
        events.Begin(ResponseEventNames.SummaryDelta, _id, items.Index);
        events.Json.WriteNumber("summary_index"u8, 0);
        events.WriteToken("delta"u8, token);
        events.End();
    }

    /// <summary>Carries a signature to the client and back: with the open thoughts, or in an item of its own.</summary>
    /// <param name="signature">A JSON string token; empty for none.</param>
    public void Close(ReadOnlySpan<byte> signature)
    {
        bool carries = context.CarriesSignatures && signature.Length > 2;
        if (!IsOpen)
        {
            if (!carries)
                return;
            Open();
        }

        bool hasSummary = _summary.WrittenCount > 0;
        if (hasSummary)
            CloseSummary();
        BeginItem(hasSummary);
        if (carries)
        {
            items.Json.WritePropertyName("encrypted_content"u8);
            items.Json.WriteRawValue(SignatureEnvelope.Seal(signature), skipInputValidation: true);
        }

        items.Finish();
        _summary.ResetWrittenCount();
        IsOpen = false;
    }

    private void Open()
    {
        IsOpen = true;
        _summary.ResetWrittenCount();
        _id = JsonEncodedText.Encode(items.IdOf("rs"));
        if (!events.Streams)
            return;
        BeginItem(hasSummary: false);
        items.Add();
    }

    private void BeginItem(bool hasSummary)
    {
        items.BeginItem("reasoning"u8, _id);
        items.Json.WriteStartArray("summary"u8);
        if (hasSummary)
            WritePart(items.Json, _summary.WrittenSpan);
        items.Json.WriteEndArray();
    }

    private void CloseSummary()
    {
        _summary.Write("\""u8);
        if (!events.Streams)
            return;
        events.Begin(ResponseEventNames.SummaryDone, _id, items.Index);
        events.Json.WriteNumber("summary_index"u8, 0);
        events.Json.WritePropertyName("text"u8);
        events.Json.WriteRawValue(_summary.WrittenSpan, skipInputValidation: true);
        events.End();
        TellPart(ResponseEventNames.SummaryPartDone, _summary.WrittenSpan);
    }

    private void TellPart(JsonEncodedText type, ReadOnlySpan<byte> text)
    {
        events.Begin(type, _id, items.Index);
        events.Json.WriteNumber("summary_index"u8, 0);
        events.Json.WritePropertyName("part"u8);
        WritePart(events.Json, text);
        events.End();
    }

    private static void WritePart(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "summary_text"u8);
        json.WritePropertyName("text"u8);
        json.WriteRawValue(text, skipInputValidation: true);
        json.WriteEndObject();
    }
}
