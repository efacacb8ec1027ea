using System.Text.Json;

namespace Pollux.Protocols.Gemini.Answers;

/// <summary>
/// Why a candidate ended. Up to 13 the numbers are those of the Generative Language protocol buffer, which old Go clients
/// ask for with <c>enum-encoding=int</c>; from 1001 on they are ours, for values whose number no source here confirmed.
/// </summary>
/// <remarks>Source of the names: the SDKs' enums and recorded answers. Google adds values.</remarks>
public enum FinishReason
{
    /// <summary>The candidate has not ended.</summary>
    None = -1,

    /// <summary>Sent, but without a meaning.</summary>
    Unspecified = 0,

    /// <summary>A natural end; also the end of a turn with function calls.</summary>
    Stop = 1,

    /// <summary>The token limit, thoughts included.</summary>
    MaxTokens = 2,

    /// <summary>Blocked for safety.</summary>
    Safety = 3,

    /// <summary>Blocked because it recites.</summary>
    Recitation = 4,

    /// <summary>Something else.</summary>
    Other = 5,

    /// <summary>A term of the block list.</summary>
    Blocklist = 7,

    /// <summary>Prohibited content.</summary>
    ProhibitedContent = 8,

    /// <summary>Sensitive personal data.</summary>
    Spii = 9,

    /// <summary>The model wrote a function call that cannot be read.</summary>
    MalformedFunctionCall = 10,

    /// <summary>An unsupported language.</summary>
    Language = 6,

    /// <summary>A picture was blocked.</summary>
    ImageSafety = 11,

    /// <summary>A call although no tool was declared or allowed.</summary>
    UnexpectedToolCall = 12,

    /// <summary>Too many calls one after the other.</summary>
    TooManyToolCalls = 13,

    /// <summary>A picture with prohibited content.</summary>
    ImageProhibitedContent = 1001,

    /// <summary>A picture was due and none came.</summary>
    NoImage = 1002,

    /// <summary>A picture that recites.</summary>
    ImageRecitation = 1003,

    /// <summary>A picture failed for another reason.</summary>
    ImageOther = 1004,

    /// <summary>A function call in the history lacks its signature.</summary>
    MissingThoughtSignature = 1005,

    /// <summary>The model wrote something that cannot be read.</summary>
    MalformedResponse = 1006,

    /// <summary>Vertex AI's Model Armor.</summary>
    ModelArmor = 1007,

    /// <summary>A value that is not known here. It is no reason to fail.</summary>
    Unknown = int.MaxValue,
}

/// <summary>Reads finish reasons from the wire and judges them.</summary>
public static class FinishReasons
{
    /// <summary>Reads the value the reader stands on: a name, or a number for <c>enum-encoding=int</c>.</summary>
    public static FinishReason Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.TryGetInt32(out int number) && number is >= 0 and <= 13
            ? (FinishReason)number
            : FinishReason.Unknown,
        JsonTokenType.String when reader.ValueTextEquals("STOP"u8) => FinishReason.Stop,
        JsonTokenType.String => Parse(reader.GetString()),
        JsonTokenType.Null => FinishReason.None,
        _ => FinishReason.Unknown,
    };

    /// <summary>Reads a name.</summary>
    public static FinishReason Parse(string? name) => name switch
    {
        null or "" => FinishReason.None,
        "FINISH_REASON_UNSPECIFIED" => FinishReason.Unspecified,
        "STOP" => FinishReason.Stop,
        "MAX_TOKENS" => FinishReason.MaxTokens,
        "SAFETY" => FinishReason.Safety,
        "RECITATION" => FinishReason.Recitation,
        "OTHER" => FinishReason.Other,
        "BLOCKLIST" => FinishReason.Blocklist,
        "PROHIBITED_CONTENT" => FinishReason.ProhibitedContent,
        "SPII" => FinishReason.Spii,
        "MALFORMED_FUNCTION_CALL" => FinishReason.MalformedFunctionCall,
        "LANGUAGE" => FinishReason.Language,
        "IMAGE_SAFETY" => FinishReason.ImageSafety,
        "UNEXPECTED_TOOL_CALL" => FinishReason.UnexpectedToolCall,
        "TOO_MANY_TOOL_CALLS" => FinishReason.TooManyToolCalls,
        "IMAGE_PROHIBITED_CONTENT" => FinishReason.ImageProhibitedContent,
        "NO_IMAGE" => FinishReason.NoImage,
        "IMAGE_RECITATION" => FinishReason.ImageRecitation,
        "IMAGE_OTHER" => FinishReason.ImageOther,
        "MISSING_THOUGHT_SIGNATURE" => FinishReason.MissingThoughtSignature,
        "MALFORMED_RESPONSE" => FinishReason.MalformedResponse,
        "MODEL_ARMOR" => FinishReason.ModelArmor,
        _ => FinishReason.Unknown,
    };

    /// <summary>Whether Google withheld the content: not retried, and no key is to blame.</summary>
    public static bool IsBlock(this FinishReason reason) => reason is FinishReason.Safety or FinishReason.Recitation
        or FinishReason.Blocklist or FinishReason.ProhibitedContent or FinishReason.Spii or FinishReason.Language
        or FinishReason.ImageSafety or FinishReason.ImageProhibitedContent or FinishReason.ImageRecitation
        or FinishReason.ModelArmor;

    /// <summary>Whether the model failed at its turn: another try may succeed, and what came is not an answer.</summary>
    public static bool IsFailure(this FinishReason reason) => reason is FinishReason.MalformedFunctionCall
        or FinishReason.UnexpectedToolCall or FinishReason.TooManyToolCalls or FinishReason.MalformedResponse
        or FinishReason.MissingThoughtSignature;
}
