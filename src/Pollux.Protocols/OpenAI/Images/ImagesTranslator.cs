using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Images;

/// <summary>Turns a request for pictures into one for a Gemini model, or for Imagen.</summary>
public static class ImagesTranslator
{
    /// <summary>Imagen makes up to four pictures in one call.</summary>
    public const int MostPerImagenCall = 4;

    private const string MaskWords =
        "The last picture is a mask for the first one: change the first picture only where the mask is transparent, and keep everything else as it is.";

    /// <summary>One picture, by a Gemini model.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="pictures">The pictures to change, in their order.</param>
    /// <param name="mask">Where to change the first one; Gemini has no masks and gets it as a picture with words.</param>
    public static GenerateContentRequest ToGemini(ImagesRequest request, IReadOnlyList<InlineData> pictures, InlineData? mask)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(pictures);
        var turn = new Content(Content.User);
        foreach (InlineData picture in pictures)
            turn.Parts.Add(new Part { InlineData = picture });
        if (mask is not null)
        {
            turn.Parts.Add(new Part { InlineData = mask });
            turn.Parts.Add(Part.FromText(MaskWords));
            request.Losses.Add("mask", LossKind.Approximated, "Gemini has no masks; it was sent as a picture, with words.");
        }

        turn.Parts.Add(Part.FromText(request.Prompt));
        var gemini = new GenerateContentRequest();
        gemini.Contents.Add(turn);
        gemini.GenerationConfig.ResponseModalities.AddRange(["TEXT", "IMAGE"]);
        if (request.Ratio is { } ratio)
            gemini.GenerationConfig.ImageConfig = RawJson.FromUtf8(System.Text.Encoding.ASCII.GetBytes($$"""{"aspectRatio":"{{ratio}}"}""")); // one of a few, no text of the client's
        if (request.OutputFormat is not (null or "png"))
            request.Losses.Add("output_format", LossKind.Dropped, "Gemini chooses the type of the file.");
        if (request.OutputCompression is not null)
            request.Losses.Add("output_compression", LossKind.Dropped, "Gemini has no counterpart.");
        return gemini;
    }

    /// <summary>Notes once what Imagen cannot do of a request.</summary>
    public static void ReportImagenLosses(ImagesRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Ratio is { } ratio && PictureSizes.ForImagen(ratio) != ratio)
            request.Losses.Add("size", LossKind.Approximated, $"{PictureSizes.ForImagen(ratio)} is the nearest ratio that Imagen knows.");
        if (request.OutputFormat is "webp")
            request.Losses.Add("output_format", LossKind.Dropped, "Imagen gives png and jpeg.");
        if (request.OutputCompression is not null && request.OutputFormat is not "jpeg")
            request.Losses.Add("output_compression", LossKind.Dropped, "Imagen compresses jpeg alone.");
    }

    /// <summary>Up to four pictures, by Imagen (<c>:predict</c>).</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="count">How many in this call, 1 to <see cref="MostPerImagenCall"/>.</param>
    /// <param name="json">Receives the body.</param>
    public static void WriteImagen(ImagesRequest request, int count, Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteStartArray("instances"u8);
        json.WriteStartObject();
        json.WriteString("prompt"u8, request.Prompt);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("parameters"u8);
        json.WriteNumber("sampleCount"u8, count);
        json.WriteString("aspectRatio"u8, PictureSizes.ForImagen(request.Ratio ?? "1:1"));
        json.WriteString("personGeneration"u8, "allow_adult"u8);
        json.WriteBoolean("includeRaiReason"u8, true);
        if (request.OutputFormat is "jpeg")
        {
            json.WriteStartObject("outputOptions"u8);
            json.WriteString("mimeType"u8, "image/jpeg"u8);
            if (request.OutputCompression is { } quality)
                json.WriteNumber("compressionQuality"u8, quality);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
