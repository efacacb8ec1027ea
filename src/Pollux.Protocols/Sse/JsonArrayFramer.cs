using System.Buffers;

namespace Pollux.Protocols.Sse;

/// <summary>
/// Frames the form Google streams without <c>alt=sse</c>: one JSON array, sent element by element. A body that is an
/// object instead is given as one bare value.
/// </summary>
/// <param name="large">Gives buffers of a megabyte and more; <see langword="null"/>: the shared pool of arrays does.</param>
public sealed class JsonArrayFramer(MemoryPool<byte>? large = null) : StreamFramer(large)
{
    private JsonValueScanner _scanner;
    private int _position;      // everything before was looked at
    private int _value = -1;    // where the current element begins
    private bool _inArray;
    private bool _closed;

    /// <inheritdoc/>
    public override bool TryRead(out Frame frame)
    {
        while (_position < End)
        {
            if (_value >= 0)
            {
                bool ended = _scanner.Scan(Bytes[_position..], out int consumed);
                _position += consumed;
                if (!ended)
                    break;

                frame = new Frame(
                    _inArray ? FrameKind.Data : FrameKind.BareJson, Slice(_value, _position), Slice(Start, _position));
                _value = -1;
                TakeUntil(_position);
                return true;
            }

            byte b = Bytes[_position];
            if (b == (byte)'{' || (_inArray && b == (byte)'['))
            {
                _value = _position;
                _scanner = default;
                continue;
            }

            _position++;
            if (b == (byte)'[')
            {
                _inArray = true;
            }
            else if (b == (byte)']' && _inArray)
            {
                _closed = true;
                frame = new Frame(FrameKind.Framing, default, Slice(Start, _position));
                TakeUntil(_position);
                return true;
            }
        }

        frame = default;
        return false;
    }

    /// <summary>Whether the closing bracket was seen.</summary>
    public bool Closed => _closed;

    /// <inheritdoc/>
    public override bool TryReadLast(out Frame frame)
    {
        if (TryRead(out frame))
            return true;

        if (_value < 0)
            return false;

        frame = new Frame(FrameKind.BareJson, Slice(_value, End), Slice(Start, End)); // cut within an element
        _value = -1;
        _position = End;
        TakeUntil(End);
        return true;
    }

    private protected override void Moved(int by)
    {
        _position -= by;
        if (_value >= 0)
            _value -= by;
    }
}
