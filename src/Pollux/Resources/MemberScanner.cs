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
internal sealed class MemberScanner(string[] words, Action<string, string> found)
{
    private const int LongestText = 2048;
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
                (_inText, _length, _hasEscapes, _hasText) = (true, 0, false, false);
                return;
            case (byte)':':
                if (_hasText && _depth is > 0 and <= Deepest)
                    _names[_depth] = WordOf(_text.AsSpan(0, _length));
                _hasText = false;
                return;
        }

        if (_hasText)
            Tell();
        _hasText = false;
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

    private void Tell()
    {
        if (_depth is 0 or > Deepest || (_names[_depth] ?? _names[_depth - 1]) is not { } name || ReferenceEquals(name, Unknown))
            return;
        var path = new StringBuilder();
        for (int i = 1; i <= _depth; i++)
        {
            if (_names[i] is { } part)
                path.Append(path.Length > 0 ? "." : "").Append(part);
        }

        if (TextOf() is { } text)
            found(path.ToString(), text);
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
