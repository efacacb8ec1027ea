using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Output;

namespace Pollux.Protocols.Shaping;

/// <summary>
/// Joins JSON string tokens without unescaping them. One token alone is not even copied, and large ones never are. Reused from
/// event to event; the slices it was given must live until what it wrote is sent.
/// </summary>
internal sealed class RawText
{
    private readonly ArrayBufferWriter<byte> _joined = new();
    private List<(int At, ReadOnlyMemory<byte> Text)>? _large; // each stands before what is joined from that place on
    private ReadOnlyMemory<byte> _single;
    private bool _closed;

    /// <summary>Whether something was added, were it an empty text.</summary>
    public bool Any { get; private set; }

    /// <summary>Whether there is at least one character.</summary>
    public bool HasText => _single.Length > 2 || _joined.WrittenCount > 1 || HasLarge;

    private bool HasLarge => _large is { Count: > 0 };

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _joined.ResetWrittenCount();
        _large?.Clear();
        _single = default;
        _closed = Any = false;
    }

    /// <summary>Adds a JSON string token, with its quotation marks.</summary>
    public void AddToken(ReadOnlyMemory<byte> token)
    {
        if (!Any)
        {
            _single = token;
            Any = true;
            return;
        }

        Join();
        Append(token[1..^1]);
    }

    /// <summary>Adds text that is already escaped as the inside of a JSON string.</summary>
    public void AddEscaped(ReadOnlySpan<byte> escaped)
    {
        Any = true;
        Join();
        _joined.Write(escaped);
    }

    /// <summary>Writes the joined string as a value; nothing can be added afterwards.</summary>
    /// <param name="json">Writes to <paramref name="output"/>.</param>
    /// <param name="output">Takes large tokens, past the writer.</param>
    public void WriteTo(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        if (_joined.WrittenCount == 0)
        {
            if (_single.IsEmpty)
                json.WriteStringValue(ReadOnlySpan<byte>.Empty);
            else
                LargeJson.WriteToken(json, output, _single);
            return;
        }

        if (!_closed)
            _joined.Write("\""u8);
        _closed = true;
        if (!HasLarge)
        {
            json.WriteRawValue(_joined.WrittenSpan, skipInputValidation: true);
            return;
        }

        int written = _large![0].At;
        LargeJson.Begin(json, _joined.WrittenSpan[..written]);
        foreach ((int at, ReadOnlyMemory<byte> text) in _large)
        {
            output.Write(_joined.WrittenSpan[written..at]);
            LargeJson.WriteSlice(output, text);
            written = at;
        }

        output.Write(_joined.WrittenSpan[written..]);
    }

    /// <summary>The joined string as a token of its own, for what is small; nothing can be added afterwards.</summary>
    public byte[] ToToken()
    {
        Join();
        if (!_closed)
            _joined.Write("\""u8);
        _closed = true;
        return _joined.WrittenSpan.ToArray();
    }

    private void Join()
    {
        if (_joined.WrittenCount > 0)
            return;

        _joined.Write("\""u8);
        if (!_single.IsEmpty)
            Append(_single[1..^1]);
        _single = default;
    }

    private void Append(ReadOnlyMemory<byte> text)
    {
        if (text.Length >= LargeJson.LargeBytes)
            (_large ??= []).Add((_joined.WrittenCount, text));
        else
            _joined.Write(text.Span);
    }
}
