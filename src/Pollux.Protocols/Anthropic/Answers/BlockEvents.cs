using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>Writes blocks as events, each with its start, its deltas and its stop. Reused from event to event.</summary>
internal sealed class BlockEvents(Utf8JsonWriter json) : IBlockSink
{
    private IBufferWriter<byte>? _output;
    private int _index;
    private bool _isThought;
    private bool _wrote;

    /// <summary>The event that says nothing.</summary>
    public static ReadOnlySpan<byte> Ping => "event: ping\ndata: {\"type\":\"ping\"}\n\n"u8;

    /// <inheritdoc/>
    public RawText Text { get; } = new();

    /// <summary>From here on events go to <paramref name="output"/>.</summary>
    public void Begin(IBufferWriter<byte> output) => (_output, _wrote) = (output, false);

    /// <summary>Whether something was written since <see cref="Begin"/>.</summary>
    public bool End()
    {
        _output = null;
        return _wrote;
    }

    /// <inheritdoc/>
    public void Open(bool isThought)
    {
        Text.Clear();
        _isThought = isThought;
        Start();
        if (isThought)
        {
            json.WriteString(MessagesJson.Type, MessagesJson.Thinking);
            json.WriteString(MessagesJson.Thinking, ReadOnlySpan<byte>.Empty);
            json.WriteString("signature"u8, ReadOnlySpan<byte>.Empty);
        }
        else
        {
            json.WriteString(MessagesJson.Type, MessagesJson.Text);
            json.WriteString(MessagesJson.Text, ReadOnlySpan<byte>.Empty);
        }

        Close();
    }

    /// <inheritdoc/>
    public void Added()
    {
        BeginDelta(_isThought ? "thinking_delta"u8 : "text_delta"u8);
        json.WritePropertyName(_isThought ? MessagesJson.Thinking : MessagesJson.Text);
        Text.WriteTo(json, _output!);
        Close();
        Text.Clear();
    }

    /// <inheritdoc/>
    public void CloseThought(ReadOnlyMemory<byte> signature)
    {
        BeginDelta("signature_delta"u8);
        MessagesJson.WriteSignature(json, signature.Span);
        Close();
        Stop();
    }

    /// <inheritdoc/>
    public void CloseText(GroundedText? cited)
    {
        cited?.EachCitation((address, title, words) =>
        {
            BeginDelta("citations_delta"u8);
            json.WritePropertyName("citation"u8);
            MessagesJson.WriteCitation(json, address, title, words);
            Close();
        });
        Stop();
    }

    /// <inheritdoc/>
    public void Call(in ToolCall call)
    {
        Start();
        json.WriteString(MessagesJson.Type, "tool_use"u8);
        json.WriteString(MessagesJson.Id, call.Id);
        json.WriteString(MessagesJson.Name, call.Name);
        WriteNoInput();
        Close();
        BeginDelta("input_json_delta"u8);
        json.WritePropertyName("partial_json"u8);
        MessagesJson.WriteArguments(json, call.Arguments.Span, asText: true);
        Close();
        Stop();
    }

    /// <inheritdoc/>
    public void Code(string id, ReadOnlyMemory<byte> code)
    {
        byte[] input = [.. "{\"code\":"u8, .. code.Span, (byte)'}'];
        WriteUse(id, "code_execution"u8, input);
    }

    /// <inheritdoc/>
    public void CodeResult(string id, ReadOnlyMemory<byte> output, bool succeeded)
    {
        Start();
        MessagesJson.WriteCodeResult(json, id, output.Span, succeeded);
        Close();
        Stop();
    }

    /// <inheritdoc/>
    public void Search(string id, string query, GroundedText found)
    {
        byte[] input = [.. "{\"query\":\""u8, .. JsonEncodedText.Encode(query, MessagesJson.WriterOptions.Encoder).EncodedUtf8Bytes, .. "\"}"u8];
        WriteUse(id, "web_search"u8, input);
        Start();
        MessagesJson.WriteFound(json, id, found);
        Close();
        Stop();
    }

    private void WriteUse(string id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> input)
    {
        Start();
        MessagesJson.WriteServerUse(json, id, name);
        WriteNoInput();
        Close();
        BeginDelta("input_json_delta"u8);
        json.WriteString("partial_json"u8, input);
        Close();
        Stop();
    }

    private void WriteNoInput()
    {
        json.WriteStartObject(MessagesJson.Input);
        json.WriteEndObject();
    }

    /// <summary>Begins the event that opens a block, up to the block's members.</summary>
    private void Start()
    {
        _output!.Write("event: content_block_start\ndata: "u8);
        json.Reset(_output!);
        json.WriteStartObject();
        json.WriteString(MessagesJson.Type, "content_block_start"u8);
        json.WriteNumber(MessagesJson.Index, _index);
        json.WriteStartObject("content_block"u8);
    }

    /// <summary>Begins a delta of the open block, up to what is its own.</summary>
    private void BeginDelta(ReadOnlySpan<byte> type)
    {
        _output!.Write("event: content_block_delta\ndata: "u8);
        json.Reset(_output!);
        json.WriteStartObject();
        json.WriteString(MessagesJson.Type, "content_block_delta"u8);
        json.WriteNumber(MessagesJson.Index, _index);
        json.WriteStartObject(MessagesJson.Delta);
        json.WriteString(MessagesJson.Type, type);
    }

    /// <summary>Ends an event with one object inside it.</summary>
    private void Close()
    {
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        _output!.Write("\n\n"u8);
        _wrote = true;
    }

    private void Stop()
    {
        _output!.Write("event: content_block_stop\ndata: "u8);
        json.Reset(_output!);
        json.WriteStartObject();
        json.WriteString(MessagesJson.Type, "content_block_stop"u8);
        json.WriteNumber(MessagesJson.Index, _index++);
        json.WriteEndObject();
        json.Flush();
        _output!.Write("\n\n"u8);
        _wrote = true;
    }
}
