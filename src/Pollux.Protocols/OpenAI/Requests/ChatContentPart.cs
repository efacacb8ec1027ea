using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Requests;

/// <summary>One entry of a message's content when that is a list.</summary>
public sealed record ChatContentPart
{
    /// <summary><c>text</c>, <c>image_url</c>, <c>input_audio</c>, <c>file</c>, ...</summary>
    public string? Type { get; set; }

    /// <summary>For <c>text</c>, and the names that other dialects have for it.</summary>
    public JsonSlice Text { get; set; }

    /// <summary>For <c>refusal</c>.</summary>
    public JsonSlice Refusal { get; set; }

    /// <summary>An object with the address (<see cref="ChatMediaSource"/>), or the address itself.</summary>
    public JsonSlice ImageUrl { get; set; }

    /// <summary>An object with data and format, or with an address.</summary>
    public JsonSlice InputAudio { get; set; }

    /// <summary>As <see cref="InputAudio"/>, an address as in other gateways.</summary>
    public JsonSlice AudioUrl { get; set; }

    /// <summary>An object with data and format, or with an address.</summary>
    public JsonSlice InputVideo { get; set; }

    /// <summary>As <see cref="ImageUrl"/>.</summary>
    public JsonSlice VideoUrl { get; set; }

    /// <summary>An object with data or an id.</summary>
    public JsonSlice File { get; set; }

    /// <summary>Where <c>input_image</c> of the Responses API keeps it, beside the address.</summary>
    public JsonSlice Detail { get; set; }

    /// <summary>Carries the thought signature of a text.</summary>
    public ChatExtraContent? ExtraContent { get; set; }
}

/// <summary>What media parts hold, all forms in one: each client sends some of it.</summary>
public sealed record ChatMediaSource
{
    /// <summary>A data URI, or an address.</summary>
    public JsonSlice Url { get; set; }

    /// <summary>Base64, or a data URI.</summary>
    public JsonSlice Data { get; set; }

    /// <summary>Such as <c>wav</c>.</summary>
    public string? Format { get; set; }

    /// <summary>A MIME type.</summary>
    public string? MimeType { get; set; }

    /// <summary><c>low</c>, <c>high</c> or <c>auto</c>.</summary>
    public string? Detail { get; set; }

    /// <summary>A data URI, or base64.</summary>
    public JsonSlice FileData { get; set; }

    /// <summary>A file that was uploaded before.</summary>
    public string? FileId { get; set; }

    /// <summary>Its ending tells the type when nothing else does.</summary>
    public string? Filename { get; set; }
}
