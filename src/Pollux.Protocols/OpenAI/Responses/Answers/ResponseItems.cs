using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>The items of one answer: those that are done, and the place of the next. Not thread-safe.</summary>
/// <param name="responseId">The answer's id, which each item's id holds.</param>
/// <param name="events">Where items are told.</param>
internal sealed class ResponseItems(string responseId, ResponseEvents events) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _done = new();
    private readonly ArrayBufferWriter<byte> _item = new();

    /// <summary>Writes one item at a time, after <see cref="BeginItem"/>.</summary>
    public Utf8JsonWriter Json { get; } = new(Stream.Null, ResponseEvents.WriterOptions);

    /// <summary>The place of the item at hand, or of the next.</summary>
    public int Index { get; private set; }

    /// <summary>The items that are done, between commas.</summary>
    public ReadOnlyMemory<byte> Done => _done.WrittenMemory;

    /// <summary>The id of the item at hand.</summary>
    /// <param name="kind">OpenAI's letters before an id, such as <c>msg</c>.</param>
    public string IdOf(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}_{responseId.AsSpan("resp_".Length)}{Index:x4}");

    /// <summary>Begins to write the item at hand.</summary>
    public void BeginItem(ReadOnlySpan<byte> type, JsonEncodedText id)
    {
        _item.ResetWrittenCount();
        Json.Reset(_item);
        Json.WriteStartObject();
        Json.WriteString("id"u8, id);
        Json.WriteString("type"u8, type);
    }

    /// <summary>Tells the item at hand as one that begins.</summary>
    public void Add()
    {
        EndItem();
        events.TellItem(ResponseEventNames.ItemAdded, Index, _item.WrittenSpan);
    }

    /// <summary>Tells the item at hand as done, and keeps it.</summary>
    public void Finish()
    {
        EndItem();
        events.TellItem(ResponseEventNames.ItemDone, Index, _item.WrittenSpan);
        if (Index++ > 0)
            _done.Write(","u8);
        _done.Write(_item.WrittenSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => Json.Dispose();

    private void EndItem()
    {
        Json.WriteEndObject();
        Json.Flush();
    }
}
