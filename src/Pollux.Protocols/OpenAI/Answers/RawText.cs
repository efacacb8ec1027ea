using System.Buffers;
using System.Text.Json;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>
/// Joins JSON string tokens without unescaping them. One token alone is not even copied. Reused from event to event;
/// the slices it was given must live until it is written.
/// </summary>
internal sealed class RawText
{
    private const int Slack = 256; // bytes

    private readonly ArrayBufferWriter<byte> _joined = new();
    private ReadOnlyMemory<byte> _single;
    private bool _closed;

    /// <summary>Whether something was added, were it an empty text.</summary>
    public bool Any { get; private set; }

    /// <summary>Whether there is at least one character.</summary>
    public bool HasText => _single.Length > 2 || _joined.WrittenCount > 1;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _joined.ResetWrittenCount();
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
        _joined.GetSpan(token.Length + Slack); // what stands behind a picture must not make the buffer twice as large
        _joined.Write(token.Span[1..^1]);
    }

    /// <summary>Adds text that is already escaped as the inside of a JSON string.</summary>
    public void AddEscaped(ReadOnlySpan<byte> escaped)
    {
        Any = true;
        Join();
        _joined.Write(escaped);
    }

    /// <summary>Writes the joined string as a value; nothing can be added afterwards.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        if (_joined.WrittenCount == 0)
        {
            if (_single.IsEmpty)
                writer.WriteStringValue(ReadOnlySpan<byte>.Empty);
            else
                writer.WriteRawValue(_single.Span, skipInputValidation: true);
            return;
        }

        if (!_closed)
            _joined.Write("\""u8);
        _closed = true;
        writer.WriteRawValue(_joined.WrittenSpan, skipInputValidation: true);
    }

    private void Join()
    {
        if (_joined.WrittenCount > 0)
            return;

        _joined.Write("\""u8);
        if (!_single.IsEmpty)
            _joined.Write(_single.Span[1..^1]);
        _single = default;
    }
}
