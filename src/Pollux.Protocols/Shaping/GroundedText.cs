using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pollux.Protocols.Shaping;

/// <summary>
/// The sources of one choice and the places of its content they stand behind. Gemini counts places in bytes of UTF-8 of what
/// it wrote itself; a client gets characters (code points, as OpenAI's server counts) of the content it sees, which may hold
/// pictures, code and marks around thoughts besides. Kept only for answers that may have sources.
/// </summary>
internal sealed partial class GroundedText
{
    private const int MaxSources = 200;
    private const int MaxSupports = 1000;

    private readonly ArrayBufferWriter<byte> _text = new(); // what Gemini wrote as text, thoughts excluded
    private readonly List<(int Byte, int Character)> _runs = []; // where a piece of it begins: in it, and in the content
    private readonly List<Source> _sources = [];
    private readonly List<Support> _supports = [];
    private int _characters; // of the content so far

    /// <summary>Whether there is anything to tell.</summary>
    public bool HasSources => _sources.Exists(static source => source.Address is not null);

    /// <summary>How many characters went into the content so far.</summary>
    public int Characters => _characters;

    /// <summary>Text of Gemini's went into the content.</summary>
    /// <param name="token">A JSON string token.</param>
    public void AddText(ReadOnlySpan<byte> token)
    {
        Span<byte> target = _text.GetSpan(token.Length);
        var reader = new Utf8JsonReader(token);
        try
        {
            reader.Read();
            int length = reader.CopyString(target);
            _runs.Add((_text.WrittenCount, _characters));
            _text.Advance(length);
            _characters += CharactersIn(target[..length]);
        }
        catch (InvalidOperationException)
        {
            AddOwn(token[1..^1]); // half of a character: it counts, and nobody refers to it
        }
    }

    /// <summary>Something else went into the content.</summary>
    /// <param name="escaped">As it stands inside a JSON string.</param>
    public void AddOwn(ReadOnlySpan<byte> escaped)
    {
        for (int i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] == (byte)'\\' && i + 1 < escaped.Length)
            {
                bool isSecondHalf = IsSecondHalf(escaped[i..]);
                i += escaped[i + 1] == (byte)'u' ? 5 : 1;
                if (isSecondHalf)
                    continue;
            }
            else if ((escaped[i] & 0xC0) == 0x80)
            {
                continue;
            }

            _characters++;
        }
    }

    /// <summary>Takes in a <c>groundingMetadata</c> object; a stream may have several, each with its own or with no list of sources.</summary>
    public void Take(ReadOnlyMemory<byte> grounding)
    {
        using JsonDocument document = JsonDocument.Parse(grounding);
        JsonElement root = document.RootElement;
        var own = new List<int>();
        foreach (JsonElement chunk in ItemsOf(root, "groundingChunks"))
            own.Add(IndexOf(ReadSource(chunk)));
        foreach (JsonElement support in ItemsOf(root, "groundingSupports"))
        {
            if (_supports.Count == MaxSupports)
                break;
            if (ReadSupport(support, own) is { } read)
                _supports.Add(read);
        }
    }

    /// <summary>Writes OpenAI's <c>annotations</c>. Sources that stand behind no place in particular stand behind the end.</summary>
    public void WriteAnnotations(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("annotations"u8);
        foreach (Citation citation in Citations())
            WriteAnnotation(writer, citation);
        writer.WriteEndArray();
    }

    /// <summary>The sources with the places of the content that they stand behind.</summary>
    public List<Citation> Citations()
    {
        var citations = new List<Citation>();
        foreach (Support support in _supports)
        {
            (int start, int end) = Locate(support);
            foreach (int index in support.Sources)
                Add(_sources[index], start, end);
        }

        if (_supports.Count == 0)
        {
            foreach (Source source in _sources)
                Add(source, _characters, _characters);
        }

        return citations;

        void Add(in Source source, int start, int end)
        {
            if (source.Address is { } address)
                citations.Add(new Citation(start, end, source.Title ?? address, address));
        }
    }

    /// <summary>Adds the list of sources to the content, in Markdown.</summary>
    /// <param name="content">Where to.</param>
    /// <param name="heading">What stands over it.</param>
    public void AppendList(RawText content, string heading)
    {
        var list = new StringBuilder("\n\n---\n\n**").Append(heading).Append("**\n");
        foreach (Source source in _sources)
        {
            if (source.Address is { } address)
                list.Append("\n- [").Append(Label(source.Title ?? address)).Append("](").Append(address.Replace("(", "%28", StringComparison.Ordinal).Replace(")", "%29", StringComparison.Ordinal)).Append(')');
        }

        content.AddEscaped(JsonEncodedText.Encode(list.Append('\n').ToString(), JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
    }

    private static string Label(string title) =>
        title.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal).ReplaceLineEndings(" ");

    private static void WriteAnnotation(Utf8JsonWriter writer, in Citation citation)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "url_citation"u8);
        writer.WriteStartObject("url_citation"u8);
        writer.WriteNumber("start_index"u8, citation.Start);
        writer.WriteNumber("end_index"u8, citation.End);
        writer.WriteString("title"u8, citation.Title);
        writer.WriteString("url"u8, citation.Address);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static Source ReadSource(JsonElement chunk)
    {
        if (chunk.ValueKind != JsonValueKind.Object)
            return default;
        foreach (JsonProperty kind in chunk.EnumerateObject())
        {
            if (kind.Value.ValueKind == JsonValueKind.Object && (TextOf(kind.Value, "uri") ?? TextOf(kind.Value, "sourceUri")) is { } address)
                return new Source(IsLink(address) ? address : null, TextOf(kind.Value, "title") is { Length: > 0 } title ? title : null);
        }

        return default;
    }

    /// <summary>Documents of the caller's own have names that no browser opens.</summary>
    private static bool IsLink(string address) => Uri.TryCreate(address, UriKind.Absolute, out Uri? link) && link.Scheme is "http" or "https";

    /// <summary>The place of a source in the list; one that came before keeps its place.</summary>
    private int IndexOf(Source source)
    {
        int known = source.Address is null ? -1 : _sources.IndexOf(source);
        if (known >= 0)
            return known;
        if (_sources.Count == MaxSources)
            return -1;
        _sources.Add(source);
        return _sources.Count - 1;
    }

    private Support? ReadSupport(JsonElement support, List<int> own)
    {
        if (support.ValueKind != JsonValueKind.Object || !support.TryGetProperty("segment", out JsonElement segment) || segment.ValueKind != JsonValueKind.Object)
            return null;
        var sources = new List<int>();
        foreach (JsonElement item in ItemsOf(support, "groundingChunkIndices"))
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int index) || index < 0)
                continue;
            int source = index < own.Count ? own[index] : index; // without a list of its own an event means the one before
            if (source >= 0 && source < _sources.Count && !sources.Contains(source))
                sources.Add(source);
        }

        return sources.Count == 0 ? null : new Support(NumberOf(segment, "startIndex"), NumberOf(segment, "endIndex"), TextOf(segment, "text"), sources);
    }

    /// <summary>Where in the content a place of Gemini's text is. Its words decide: some indexes count within another part.</summary>
    private (int Start, int End) Locate(in Support support)
    {
        ReadOnlySpan<byte> text = _text.WrittenSpan;
        (int start, int end) = (support.Start, support.End);
        if (support.Text is { Length: > 0 } words)
        {
            byte[] expected = Encoding.UTF8.GetBytes(words);
            if (end > text.Length || start < 0 || start > end || !text[start..end].SequenceEqual(expected))
            {
                start = text.IndexOf(expected);
                end = start + expected.Length;
            }
        }

        return start < 0 || end > text.Length || start > end ? (_characters, _characters) : (CharacterAt(start, isEnd: false), CharacterAt(end, isEnd: true));
    }

    /// <summary>Whether an escape is the second half of a pair (U+DC00 to U+DFFF).</summary>
    private static bool IsSecondHalf(ReadOnlySpan<byte> escape) =>
        escape.Length >= 6 && escape[1] == (byte)'u' && (escape[2] | 0x20) == (byte)'d' && (escape[3] | 0x20) is >= (byte)'c' and <= (byte)'f';

    /// <summary>The character at a place of Gemini's text. An end belongs to the piece before it, a start to the one behind.</summary>
    private int CharacterAt(int offset, bool isEnd)
    {
        (int Byte, int Character) run = default;
        foreach ((int Byte, int Character) candidate in _runs)
        {
            if (candidate.Byte > offset || (isEnd && candidate.Byte == offset && offset > 0))
                break;
            run = candidate;
        }

        return run.Character + CharactersIn(_text.WrittenSpan[run.Byte..offset]);
    }

    private static int CharactersIn(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte b in utf8)
            count += (b & 0xC0) == 0x80 ? 0 : 1;
        return count;
    }

    private static JsonElement.ArrayEnumerator ItemsOf(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;

    private static string? TextOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int NumberOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : 0;

    private readonly record struct Source(string? Address, string? Title);

    private readonly record struct Support(int Start, int End, string? Text, List<int> Sources);
}

/// <summary>A source and the place of the content that it stands behind.</summary>
/// <param name="Start">In characters of the content.</param>
/// <param name="End">In characters of the content; exclusive.</param>
/// <param name="Title">The source's title, or its address.</param>
/// <param name="Address">Http or https.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Citation(int Start, int End, string Title, string Address);
