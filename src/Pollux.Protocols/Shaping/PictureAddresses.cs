using System.Text.Encodings.Web;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.Shaping;

/// <summary>
/// Where the pictures of an answer, or of the present event of a stream, can be seen. Whoever stores them fills it before the
/// event is written, and empties it before the next. Not thread-safe.
/// </summary>
public sealed class PictureAddresses
{
    private readonly List<(int Start, byte[] Escaped)> _addresses = [];

    /// <summary>Forgets all.</summary>
    public void Clear() => _addresses.Clear();

    /// <summary>Notes an address.</summary>
    /// <param name="data">Where the picture's base64 stands in the event.</param>
    /// <param name="address">An http or https address.</param>
    public void Add(Slice data, string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        string forMarkdown = address.Replace("(", "%28", StringComparison.Ordinal).Replace(")", "%29", StringComparison.Ordinal);
        _addresses.Add((data.Start, JsonEncodedText.Encode(forMarkdown, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray()));
    }

    /// <summary>The address of a picture, as the inside of a JSON string; empty if it has none.</summary>
    internal ReadOnlySpan<byte> Find(Slice data)
    {
        foreach ((int start, byte[] escaped) in _addresses)
        {
            if (start == data.Start)
                return escaped;
        }

        return default;
    }
}
