using System.Buffers;

namespace Pollux.Protocols.Sse;

/// <summary>
/// Frames server-sent events. Takes CRLF (what Google sends), LF (what others send) and lone CR line ends, and, where an
/// event is due, a bare JSON value (Google's error in mid-stream). Fields other than <c>data</c> and comments are passed over.
/// </summary>
/// <param name="large">Gives buffers of a megabyte and more; <see langword="null"/>: the shared pool of arrays does.</param>
public sealed class SseFramer(MemoryPool<byte>? large = null) : StreamFramer(large)
{
    private int _line;           // where the current line begins
    private int _searched;       // no line end lies between _line and here
    private int _dataStart = -1; // the value of the event's first data field
    private int _dataEnd;
    private byte[]? _joined;     // the values of several data fields, joined; rare, hence allocated
    private bool _loneCarriageReturns; // how the last line ended
    private bool _bare;
    private JsonValueScanner _scanner;

    /// <inheritdoc/>
    public override bool TryRead(out Frame frame)
    {
        while (true)
        {
            if (_bare)
                return TryReadBare(out frame);

            ReadOnlySpan<byte> bytes = Bytes;
            if (_line < End && _dataStart < 0 && _line == Start && bytes[_line] is (byte)'{' or (byte)'[')
            {
                _bare = true;
                _scanner = default;
                _searched = _line;
                continue;
            }

            int found = bytes[_searched..].IndexOfAny((byte)'\r', (byte)'\n');
            if (found < 0)
            {
                _searched = End;
                frame = default;
                return false;
            }

            int lineEnd = _searched + found;
            int next = lineEnd + 1;
            bool loneCarriageReturn = bytes[lineEnd] == (byte)'\r';
            if (loneCarriageReturn && next < End && bytes[next] == (byte)'\n')
            {
                loneCarriageReturn = false;
                next++;
            }

            // A CR at the end of the bytes may be half of a CRLF. Where lines end in lone CRs it is not, and waiting for
            // the next event to find out would hold this one back.
            if (loneCarriageReturn && next == End && !(lineEnd == _line && _loneCarriageReturns))
            {
                _searched = lineEnd;
                frame = default;
                return false;
            }

            _loneCarriageReturns = loneCarriageReturn;
            if (lineEnd > _line)
            {
                TakeField(_line, lineEnd);
                _line = _searched = next;
                continue;
            }

            if (TryComplete(next, out frame))
                return true;
        }
    }

    /// <inheritdoc/>
    public override bool TryReadLast(out Frame frame)
    {
        if (TryRead(out frame))
            return true;

        if (_bare)
        {
            frame = new Frame(FrameKind.BareJson, Slice(Start, End), Slice(Start, End));
            BeginAfter(End);
            return true;
        }

        int lineEnd = End > _line && Bytes[End - 1] == (byte)'\r' ? End - 1 : End;
        if (lineEnd > _line)
            TakeField(_line, lineEnd);
        return TryComplete(End, out frame);
    }

    private protected override void Moved(int by)
    {
        _line -= by;
        _searched -= by;
        _dataEnd -= by;
        if (_dataStart >= 0)
            _dataStart -= by;
    }

    private bool TryReadBare(out Frame frame)
    {
        bool ended = _scanner.Scan(Bytes[_searched..], out int consumed);
        _searched += consumed;
        if (!ended)
        {
            frame = default;
            return false;
        }

        frame = new Frame(FrameKind.BareJson, Slice(Start, _searched), Slice(Start, _searched));
        BeginAfter(_searched);
        return true;
    }

    private bool TryComplete(int next, out Frame frame)
    {
        bool hasData = _dataStart >= 0;
        frame = hasData
            ? new Frame(FrameKind.Data, _joined ?? Slice(_dataStart, _dataEnd), Slice(Start, next))
            : default;
        BeginAfter(next);
        return hasData;
    }

    private void TakeField(int from, int to)
    {
        ReadOnlySpan<byte> line = Bytes[from..to];
        if (!line.StartsWith("data:"u8))
            return;

        int value = from + "data:".Length;
        if (value < to && Bytes[value] == (byte)' ')
            value++;

        if (_dataStart < 0)
        {
            (_dataStart, _dataEnd) = (value, to);
            return;
        }

        ReadOnlySpan<byte> before = _joined ?? Bytes[_dataStart.._dataEnd];
        byte[] joined = new byte[before.Length + 1 + (to - value)];
        before.CopyTo(joined);
        joined[before.Length] = (byte)'\n';
        Bytes[value..to].CopyTo(joined.AsSpan(before.Length + 1));
        _joined = joined;
    }

    private void BeginAfter(int position)
    {
        TakeUntil(position);
        _line = _searched = position;
        _dataStart = -1;
        _joined = null;
        _bare = false;
    }
}
