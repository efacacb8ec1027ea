namespace Pollux.Protocols.Translation;

/// <summary>The client's request cannot be understood or cannot be expressed for Gemini: HTTP 400, the client's to repair.</summary>
/// <remarks>The message names the place and never repeats content: bodies hold secrets, and megabytes.</remarks>
public sealed class RequestFormatException : Exception
{
    /// <summary>Says what is wrong, and where.</summary>
    /// <param name="message">A sentence in English.</param>
    /// <param name="param">The place, such as <c>messages[2].content[1].image_url.url</c>; <see langword="null"/> for the whole body.</param>
    /// <param name="code">OpenAI's code word.</param>
    public RequestFormatException(string message, string? param = null, string code = RequestFormatCodes.InvalidValue)
        : base(message)
    {
        Param = param;
        Code = code;
    }

    /// <summary>The place in the request.</summary>
    public string? Param { get; }

    /// <summary>See <see cref="RequestFormatCodes"/>.</summary>
    public string Code { get; }
}

/// <summary>The words that clients find in <c>error.code</c>.</summary>
public static class RequestFormatCodes
{
    /// <summary>The body is not JSON, or not UTF-8.</summary>
    public const string InvalidJson = "invalid_json";

    /// <summary>A value has the wrong type.</summary>
    public const string InvalidType = "invalid_type";

    /// <summary>A value has the right type, but cannot be.</summary>
    public const string InvalidValue = "invalid_value";

    /// <summary>Something is missing.</summary>
    public const string MissingParameter = "missing_required_parameter";

    /// <summary>A value is right for OpenAI, but there is no way to give it to Gemini.</summary>
    public const string UnsupportedValue = "unsupported_value";

    /// <summary>A picture, sound or file cannot be read.</summary>
    public const string InvalidMedia = "invalid_media";
}
