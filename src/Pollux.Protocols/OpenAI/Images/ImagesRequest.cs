using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Images;

/// <summary>What a client of <c>POST /v1/images/generations</c> or <c>/edits</c> wants, besides the pictures it sends.</summary>
public sealed record ImagesRequest
{
    /// <summary>The prompt without its marks.</summary>
    public required string Prompt { get; init; }

    /// <summary>The model as the client wrote it; <see langword="null"/>: it names none.</summary>
    public string? Model { get; init; }

    /// <summary>How many pictures, 1 to <see cref="ImagesReader.MostPictures"/>.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Width to height, such as <c>16:9</c>; <see langword="null"/>: as the picture that is edited.</summary>
    public string? Ratio { get; init; }

    /// <summary>The size that was asked for, if one was.</summary>
    public string? Size { get; init; }

    /// <summary>Whether addresses are wanted (<c>url</c>) or the bytes (<c>b64_json</c>); <see langword="null"/>: it was not said.</summary>
    public bool? WantsAddresses { get; init; }

    /// <summary>The type of file that was asked for: <c>png</c>, <c>jpeg</c> or <c>webp</c>.</summary>
    public string? OutputFormat { get; init; }

    /// <summary>0 to 100, for formats that lose something.</summary>
    public int? OutputCompression { get; init; }

    /// <summary>What was lost or changed.</summary>
    public LossReport Losses { get; init; } = new();
}
