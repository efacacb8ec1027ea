using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Requests;

/// <summary>One item of <c>input</c>, of whichever type.</summary>
public sealed record ResponsesItem
{
    /// <summary>Absent for a message.</summary>
    public string? Type { get; set; }

    /// <summary>The id that it was given out under.</summary>
    public JsonSlice Id { get; set; }

    /// <summary>Whether it is complete.</summary>
    public JsonSlice Status { get; set; }

    /// <summary>Of a message: <c>user</c>, <c>assistant</c>, <c>system</c> or <c>developer</c>.</summary>
    public string? Role { get; set; }

    /// <summary>Of a message: a string or a list of parts.</summary>
    public JsonSlice Content { get; set; }

    /// <summary>Which part of an answer a message is: said before calls, or at the end.</summary>
    public JsonSlice Phase { get; set; }

    /// <summary>Of a call or its answer: which call.</summary>
    public JsonSlice CallId { get; set; }

    /// <summary>Of a call: the tool.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>Of a call: the name space of the function.</summary>
    public JsonSlice Namespace { get; set; }

    /// <summary>Of a call: JSON inside a string, or an object.</summary>
    public JsonSlice Arguments { get; set; }

    /// <summary>Of a custom tool's call: a text.</summary>
    public JsonSlice Input { get; set; }

    /// <summary>Of an answer to a call: a string, a list of parts, or an object.</summary>
    public JsonSlice Output { get; set; }

    /// <summary>Of reasoning: what only who gave it out understands.</summary>
    public JsonSlice EncryptedContent { get; set; }

    /// <summary>Of reasoning: its summary.</summary>
    public JsonSlice Summary { get; set; }

    /// <summary>Of a made picture: base64.</summary>
    public JsonSlice Result { get; set; }

    /// <summary>Of a code interpreter's call: the code.</summary>
    public JsonSlice Code { get; set; }

    /// <summary>Of a code interpreter's call: what came of it.</summary>
    public JsonSlice Outputs { get; set; }

    /// <summary>Of a search for tools: <c>client</c> or <c>server</c>.</summary>
    public string? Execution { get; set; }

    /// <summary>Of <c>additional_tools</c> and of a search for tools: tools to be known from here on.</summary>
    public List<ResponsesTool?>? Tools { get; set; }

    /// <summary>Members without a meaning here.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }
}

/// <summary>One part of a message's content, or of what a tool answered.</summary>
public sealed record ResponsesPart
{
    /// <summary><c>input_text</c>, <c>output_text</c>, <c>refusal</c>, <c>input_image</c>, <c>input_file</c>, <c>input_audio</c>, ...</summary>
    public string? Type { get; set; }

    /// <summary>A text.</summary>
    public JsonSlice Text { get; set; }

    /// <summary>Why the assistant did not answer.</summary>
    public JsonSlice Refusal { get; set; }

    /// <summary>A data URI or an address; some clients send an object with <c>url</c>.</summary>
    public JsonSlice ImageUrl { get; set; }

    /// <summary>How closely to look.</summary>
    public string? Detail { get; set; }

    /// <summary>A data URI, or base64.</summary>
    public JsonSlice FileData { get; set; }

    /// <summary>An address.</summary>
    public JsonSlice FileUrl { get; set; }

    /// <summary>A file that was uploaded before.</summary>
    public string? FileId { get; set; }

    /// <summary>Its ending tells the type when nothing else does.</summary>
    public string? Filename { get; set; }

    /// <summary>Sound.</summary>
    public ResponsesSound? InputAudio { get; set; }
}

/// <summary><c>input_audio</c>.</summary>
public sealed record ResponsesSound
{
    /// <summary>Base64.</summary>
    public JsonSlice Data { get; set; }

    /// <summary><c>wav</c>, <c>mp3</c>, ...</summary>
    public string? Format { get; set; }
}

/// <summary>The one member that is looked for where a string may be an object.</summary>
public sealed record ResponsesAddress
{
    /// <summary>An address or a data URI.</summary>
    public JsonSlice Url { get; set; }

    /// <summary>The same, of a screenshot.</summary>
    public JsonSlice ImageUrl { get; set; }
}

/// <summary>What came of code that was run.</summary>
public sealed record ResponsesCodeOutput
{
    /// <summary><c>logs</c> or <c>image</c>.</summary>
    public string? Type { get; set; }

    /// <summary>What was printed.</summary>
    public JsonSlice Logs { get; set; }
}
