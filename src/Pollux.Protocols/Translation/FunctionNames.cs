using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>
/// Maps function names that Gemini refuses to names it takes, and back. Names come from MCP servers and plug-ins, with
/// dots, slashes, blanks and Chinese in them, and up to any length.
/// </summary>
/// <remarks>
/// Gemini takes a letter or underscore, then letters, digits and <c>_ . : -</c>, 64 or 128 characters in all. A renamed
/// function gets a hash of its whole name at the end: two names stay two, and a name gets the same replacement in every
/// request of a conversation, whatever other tools are declared. Names that Gemini takes are not even looked up.
/// </remarks>
public sealed class FunctionNames
{
    private const int HashLength = 9; // an underscore and 32 bits in hexadecimal

    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-"u8);

    private static readonly FrozenSet<char> AllowedCharacters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-".ToFrozenSet();

    private readonly int _maxLength;
    private Dictionary<string, RawJson>? _toGemini;
    private Dictionary<string, string>? _toClient;

    /// <param name="maxLength">The longest name that the model takes, in characters.</param>
    public FunctionNames(int maxLength) => _maxLength = maxLength;

    /// <summary>Whether no name had to be changed.</summary>
    public bool IsEmpty => _toClient is null;

    /// <summary>The name to send for a client's name.</summary>
    /// <param name="name">A JSON string.</param>
    /// <param name="renamed">Whether it differs from the client's.</param>
    /// <returns>A JSON string: the same bytes when Gemini takes them.</returns>
    public RawJson ToGemini(RawJson name, out bool renamed)
    {
        var token = name.Utf8.Span;
        renamed = !(token.Length >= 3 && IsAccepted(token[1..^1]));
        return renamed ? Rename(name.AsText() ?? "") : name;
    }

    /// <summary>The client's name for a name that Gemini used.</summary>
    public string ToClient(string name) => _toClient is not null && _toClient.TryGetValue(name, out var original) ? original : name;

    private bool IsAccepted(ReadOnlySpan<byte> name) =>
        name.Length <= _maxLength
        && (char.IsAsciiLetter((char)name[0]) || name[0] == (byte)'_')
        && name.IndexOfAnyExcept(Allowed) < 0;

    private RawJson Rename(string name)
    {
        if (_toGemini is not null && _toGemini.TryGetValue(name, out var known))
            return known;

        var replacement = new StringBuilder(_maxLength);
        if (name.Length > 0 && !char.IsAsciiLetter(name[0]) && name[0] != '_')
            replacement.Append('_');
        foreach (var c in name)
        {
            if (replacement.Length == _maxLength - HashLength)
                break;
            replacement.Append(AllowedCharacters.Contains(c) ? c : '_');
        }
        replacement.Append('_').Append(Hash(name).ToString("x8", CultureInfo.InvariantCulture));

        var renamed = replacement.ToString();
        var token = RawJson.String(renamed);
        (_toGemini ??= [])[name] = token;
        (_toClient ??= [])[renamed] = name;
        return token;
    }

    // FNV-1a: the same on every machine and in every version, unlike string.GetHashCode.
    private static uint Hash(string name)
    {
        var hash = 2166136261u;
        foreach (var c in name)
            hash = (hash ^ c) * 16777619u;
        return hash;
    }
}
