using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Pollux.Pictures;

/// <summary>
/// The name of a made picture: 128 bits of chance in hexadecimal digits, a dot, and the ending of its media type. Who knows
/// it may see the picture, so it cannot be guessed; and a text of any other form is none, so it can be a file's name.
/// </summary>
internal sealed record PictureName
{
    private const int Digits = 32;
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private PictureName(string text, string mediaType) => (Text, MediaType) = (text, mediaType);

    /// <summary>The name, as it stands in links and in the folder.</summary>
    public string Text { get; }

    /// <summary>What it is, such as <c>image/png</c>.</summary>
    public string MediaType { get; }

    /// <summary>A new name, never given before.</summary>
    /// <returns><see langword="null"/> for a media type that is not served: it stays in the answer.</returns>
    public static PictureName? New(string mediaType) =>
        MediaTypes.Known(mediaType) is { } known ? new PictureName($"{RandomNumberGenerator.GetHexString(Digits, lowercase: true)}.{MediaTypes.EndingOf(known)}", known) : null;

    /// <summary>Reads a name; nothing but what <see cref="New"/> makes is one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PictureName? name)
    {
        name = null;
        if (text is null || text.Length <= Digits || text[Digits] != '.' || text.AsSpan(0, Digits).ContainsAnyExcept(LowerHex))
            return false;
        if (MediaTypes.OfEnding(text.AsSpan(Digits + 1)) is not { } mediaType)
            return false;
        name = new PictureName(text, mediaType);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
