namespace Pollux.Pictures;

/// <summary>
/// What is stored and served: pictures and films as models make them. None of these types runs code in a browser, which is
/// why SVG is not among them.
/// </summary>
internal static class MediaTypes
{
    private static readonly (string MediaType, string Ending)[] Served =
    [
        ("image/png", "png"), ("image/jpeg", "jpg"), ("image/webp", "webp"), ("image/gif", "gif"), ("image/heic", "heic"), ("image/heif", "heif"),
        ("image/avif", "avif"), ("image/bmp", "bmp"), ("video/mp4", "mp4"), ("video/webm", "webm"), ("video/quicktime", "mov"),
    ];

    /// <summary>The type in its usual form, without parameters; <see langword="null"/>: it is not served.</summary>
    public static string? Known(string mediaType)
    {
        ReadOnlySpan<char> type = mediaType;
        if (type.IndexOf(';') is >= 0 and var parameters)
            type = type[..parameters];
        type = type.Trim();
        if (type.Equals("image/jpg", StringComparison.OrdinalIgnoreCase))
            return "image/jpeg";
        foreach ((string known, _) in Served)
        {
            if (type.Equals(known, StringComparison.OrdinalIgnoreCase))
                return known;
        }

        return null;
    }

    /// <summary>The ending of a file's name, without the dot.</summary>
    /// <param name="known">As <see cref="Known"/> gives it.</param>
    public static string EndingOf(string known) => Array.Find(Served, served => served.MediaType == known).Ending;

    /// <summary>The type that an ending stands for; <see langword="null"/>: it is none of ours.</summary>
    public static string? OfEnding(ReadOnlySpan<char> ending)
    {
        foreach ((string mediaType, string known) in Served)
        {
            if (ending.SequenceEqual(known))
                return mediaType;
        }

        return null;
    }
}
