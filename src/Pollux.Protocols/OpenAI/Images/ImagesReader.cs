using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Images;

/// <summary>
/// Reads requests for pictures: the JSON of <c>generations</c>, the fields of the form of <c>edits</c>. What has no counterpart
/// is reported by its name.
/// </summary>
public static class ImagesReader
{
    /// <summary>As many pictures OpenAI makes for one request.</summary>
    public const int MostPictures = 10;

    /// <summary>Reads a body of JSON.</summary>
    /// <exception cref="RequestFormatException">The body is not such a request.</exception>
    public static ImagesRequest Read(ReadOnlyMemory<byte> body)
    {
        var fields = new List<KeyValuePair<string, string>>();
        if (!Utf8.IsValid(body.Span))
            throw new RequestFormatException("The body is not valid UTF-8.", code: RequestFormatCodes.InvalidJson);
        try
        {
            using JsonDocument json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 64 });
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw new RequestFormatException("The body must be a JSON object.", code: RequestFormatCodes.InvalidJson);
            foreach (JsonProperty member in json.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.Null)
                    fields.Add(new(member.Name, ValueOf(member)));
            }
        }
        catch (JsonException)
        {
            throw new RequestFormatException("The body is not valid JSON.", code: RequestFormatCodes.InvalidJson);
        }
        catch (InvalidOperationException)
        {
            throw new RequestFormatException("The body holds a text that is not valid Unicode.", code: RequestFormatCodes.InvalidJson);
        }

        return Read(fields, isEdit: false);
    }

    /// <summary>Reads fields.</summary>
    /// <param name="fields">Names and values. Of one that comes twice the last counts.</param>
    /// <param name="isEdit">Whether pictures are sent along: without a size theirs stays.</param>
    /// <exception cref="RequestFormatException">A field is missing or wrong.</exception>
    public static ImagesRequest Read(IReadOnlyList<KeyValuePair<string, string>> fields, bool isEdit)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var losses = new LossReport();
        string? prompt = null, model = null, size = null, format = null;
        int? count = null, compression = null;
        bool? wantsAddresses = null;
        foreach ((string name, string value) in fields)
        {
            switch (name)
            {
                case "prompt":
                    prompt = value;
                    break;
                case "model":
                    model = string.IsNullOrWhiteSpace(value) ? null : value.Trim();
                    break;
                case "n":
                    count = Number(name, value, 1, MostPictures);
                    break;
                case "size":
                    size = value.Trim().ToLowerInvariant();
                    break;
                case "response_format":
                    wantsAddresses = value switch
                    {
                        "url" => true,
                        "b64_json" => false,
                        _ => throw Unsupported(name, "must be url or b64_json"),
                    };
                    break;
                case "output_format":
                    format = value is "png" or "jpeg" or "webp" ? value : throw Unsupported(name, "must be png, jpeg or webp");
                    break;
                case "output_compression":
                    compression = Number(name, value, 0, 100);
                    break;
                case "stream":
                    if (!value.Equals("false", StringComparison.OrdinalIgnoreCase))
                        throw Unsupported(name, "cannot be true: Gemini gives pictures whole. Leave it out");
                    break;
                default:
                    ReportOther(name, value, losses);
                    break;
            }
        }

        if (string.IsNullOrWhiteSpace(prompt))
            throw new RequestFormatException("'prompt' is missing.", "prompt", RequestFormatCodes.MissingParameter);
        PromptMarks marks = PromptMarks.Read(prompt);
        if (marks.Prompt.Length == 0)
            throw new RequestFormatException("'prompt' holds nothing but marks.", "prompt", RequestFormatCodes.MissingParameter);
        return new ImagesRequest
        {
            Prompt = marks.Prompt,
            Model = model,
            Count = marks.Count ?? count ?? 1,
            Ratio = SizeRatio(size, losses) ?? marks.Ratio ?? (isEdit ? null : "1:1"),
            Size = size is "auto" or "" ? null : size,
            WantsAddresses = wantsAddresses,
            OutputFormat = format,
            OutputCompression = compression,
            Losses = losses,
        };
    }

    private static string ValueOf(JsonProperty member) => (member.Value.ValueKind, member.Name) switch
    {
        (JsonValueKind.String, _) => member.Value.GetString()!,
        (_, "prompt" or "model" or "size" or "response_format" or "output_format") =>
            throw new RequestFormatException($"'{member.Name}' must be a string.", member.Name, RequestFormatCodes.InvalidType),
        (JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False, _) => member.Value.GetRawText(),
        (_, "n" or "stream" or "output_compression") =>
            throw new RequestFormatException($"'{member.Name}' has the wrong type.", member.Name, RequestFormatCodes.InvalidType),
        _ => "", // a list or an object of something that is not known here
    };

    private static int Number(string name, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new RequestFormatException($"'{name}' must be a whole number from {least} to {most}.", name);

    private static string? SizeRatio(string? size, LossReport losses)
    {
        if (size is null or "" or "auto")
            return null;
        string ratio = PictureSizes.RatioOf(size, out bool isSmaller) ?? throw Unsupported("size", $"is not one of {PictureSizes.Names}");
        if (isSmaller)
            losses.Add("size", LossKind.Approximated, "Gemini makes no pictures as small as that; only the ratio holds.");
        return ratio;
    }

    private static void ReportOther(string name, string value, LossReport losses)
    {
        switch (name)
        {
            case "quality" or "background" or "moderation" when value is "auto":
            case "quality" when value is "standard":
            case "background" when value is "opaque":
            case "partial_images" when value is "0":
                return; // what happens anyway
            case "image" or "image[]" or "mask":
                throw new RequestFormatException($"'{name}' must be a file of a form, at /v1/images/edits.", name, RequestFormatCodes.InvalidType);
            case "quality" or "style" or "background" or "moderation" or "user" or "partial_images" or "input_fidelity":
                losses.Add(name, LossKind.Dropped, "Gemini has no counterpart.");
                return;
            default:
                losses.Add(name, LossKind.Dropped, "This member is not known.");
                return;
        }
    }

    private static RequestFormatException Unsupported(string name, string words) => new($"'{name}' {words}.", name, RequestFormatCodes.UnsupportedValue);
}
