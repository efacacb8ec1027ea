namespace Pollux.Protocols.OpenAI.Images;

/// <summary>What OpenAI's sizes are as ratios: Gemini and Imagen are told a ratio, and choose the number of points themselves.</summary>
public static class PictureSizes
{
    /// <summary>The sizes that are taken, as an error names them.</summary>
    public const string Names = "1024x1024, 1792x1024, 1024x1792, 1536x1024, 1024x1536 and auto";

    /// <summary>The ratio of a size.</summary>
    /// <param name="size">As OpenAI's API writes it, other than <c>auto</c>.</param>
    /// <param name="isSmaller">Whether what comes has more points than were asked for.</param>
    /// <returns><see langword="null"/>: there is no such size.</returns>
    public static string? RatioOf(string size, out bool isSmaller)
    {
        isSmaller = size is "256x256" or "512x512"; // of dall-e-2
        return size switch
        {
            "1024x1024" or "256x256" or "512x512" => "1:1",
            "1792x1024" => "16:9",
            "1024x1792" => "9:16",
            "1536x1024" => "3:2",
            "1024x1536" => "2:3",
            _ => null,
        };
    }

    /// <summary>The nearest ratio that Imagen knows (<see cref="PromptMarks.Ratios"/>).</summary>
    public static string ForImagen(string ratio) => ratio switch
    {
        "3:2" => "4:3",
        "2:3" => "3:4",
        _ => ratio,
    };
}
