using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Pollux.Resources;

/// <summary>
/// Finds short texts of named members in JSON that streams by, however it is cut, bare or as server-sent events. Nothing of it is kept
/// but the text under way; what is long is passed over. It judges nothing: what is no JSON has no members.
/// </summary>
/// <param name="words">The names that matter; all others are one.</param>
/// <param name="found">Is given each text, with the path of names to it, such as <c>response.video.uri</c>; lists leave no trace in it.</param>
/// <param name="counted">Is given each whole number from 0 on that is a member's value, likewise; <see langword="null"/>: numbers do not matter.</param>
internal sealed class MemberScanner(string[] words, Action<string, string> found, Action<string, long>? counted = null)
{
    private const int LongestText = 2048;
    private const int LongestNumber = 18; // digits that surely fit
    private const int Deepest = 12;
    private const string Unknown = "?";
    private static readonly SearchValues<byte> Marks = SearchValues.Create("\"{}[]:,"u8);

    private readonly byte[] _text = new byte[LongestText];
    private readonly string?[] _names = new string?[Deepest + 1];
    private int _length;
    private int _depth;
    private bool _inText;
    private bool _isEscaped;
    private bool _hasEscapes;
    private bool _hasText; // a text is whole, and what follows says whether it is a name or a value
    private bool _inNumber; // behind a colon, before the next mark
    private long _number;
    private int _digits; // more than the longest: it is none that counts

    /// <summary>Takes in the next piece.</summary>
    public void Feed(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            if (_inText)
            {
                piece = InText(piece);
                continue;
            }

            int next = piece.IndexOfAny(Marks);
            if (_inNumber)
                Count(next < 0 ? piece : piece[..next]);
            if (next < 0)
                return;
            Take(piece[next]);
            piece = piece[(next + 1)..];
        }
    }

    private ReadOnlySpan<byte> InText(ReadOnlySpan<byte> piece)
    {
        if (_isEscaped)
        {
            Keep(piece[..1]);
            _isEscaped = false;
            return piece[1..];
        }

        int end = piece.IndexOfAny((byte)'"', (byte)'\\');
        if (end < 0)
        {
            Keep(piece);
            return default;
        }

        Keep(piece[..end]);
        if (piece[end] == (byte)'\\')
        {
            Keep(piece.Slice(end, 1));
            _isEscaped = _hasEscapes = true;
        }
        else
        {
            _inText = false;
            _hasText = _length <= LongestText;
        }

        return piece[(end + 1)..];
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length <= LongestText)
            bytes.CopyTo(_text.AsSpan(_length));
        _length = Math.Min(_length + bytes.Length, LongestText + 1);
    }

    private void Take(byte mark)
    {
        switch (mark)
        {
            case (byte)'"':
                (_inText, _length, _hasEscapes, _hasText, _inNumber) = (true, 0, false, false, false);
                return;
            case (byte)':':
                if (_hasText && _depth is > 0 and <= Deepest)
                    _names[_depth] = WordOf(_text.AsSpan(0, _length));
                (_inNumber, _number, _digits) = (_hasText && counted is not null, 0, 0);
                _hasText = false;
                return;
        }

        if (_hasText && PathOf() is { } path && TextOf() is { } text)
            found(path, text);
        else if (_inNumber && _digits is > 0 and <= LongestNumber && PathOf() is { } place)
            counted!(place, _number);
        _hasText = _inNumber = false;
        if (mark is (byte)'{' or (byte)'[')
        {
            if (++_depth <= Deepest)
                _names[_depth] = null;
        }
        else if (mark is (byte)'}' or (byte)']')
        {
            _depth = Math.Max(_depth - 1, 0);
        }
    }

    /// <summary>Takes the digits of a number; anything else but blanks makes it one that does not count.</summary>
    private void Count(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (b is >= (byte)'0' and <= (byte)'9' && _digits < LongestNumber)
                (_number, _digits) = ((_number * 10) + (b - '0'), _digits + 1);
            else if (b is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                _digits = LongestNumber + 1;
        }
    }

    /// <summary>The path to the value under way; <see langword="null"/>: its name does not matter.</summary>
    private string? PathOf()
    {
        if (_depth is 0 or > Deepest || (_names[_depth] ?? _names[_depth - 1]) is not { } name || ReferenceEquals(name, Unknown))
            return null;
        var path = new StringBuilder();
        for (int i = 1; i <= _depth; i++)
        {
            if (_names[i] is { } part)
                path.Append(path.Length > 0 ? "." : "").Append(part);
        }

        return path.ToString();
    }

    private string? TextOf()
    {
        ReadOnlySpan<byte> raw = _text.AsSpan(0, _length);
        if (!_hasEscapes)
            return Encoding.UTF8.GetString(raw);
        try
        {
            byte[] quoted = [(byte)'"', .. raw, (byte)'"'];
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            return reader.GetString();
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null; // half of a surrogate pair, and the like
        }
    }

    private string WordOf(ReadOnlySpan<byte> name)
    {
        foreach (string word in words)
        {
            if (Ascii.Equals(name, word))
                return word;
        }

        return Unknown;
    }
}
