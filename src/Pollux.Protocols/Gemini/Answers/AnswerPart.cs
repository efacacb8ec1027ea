namespace Pollux.Protocols.Gemini.Answers;

/// <summary>The data field that a part of an answer carries.</summary>
public enum PartKind
{
    /// <summary>None that is known: a part with metadata only, or a kind that Google added later.</summary>
    Unknown,

    /// <summary>Text; with <see cref="AnswerPart.IsThought"/> a summary of the model's reasoning.</summary>
    Text,

    /// <summary>Bytes with a media type: a picture, or audio.</summary>
    InlineData,

    /// <summary>A reference to a file.</summary>
    FileData,

    /// <summary>The wish to have a function called by the client.</summary>
    FunctionCall,

    /// <summary>Code that Google's sandbox ran.</summary>
    ExecutableCode,

    /// <summary>What that code printed.</summary>
    CodeExecutionResult,

    /// <summary>A server-side tool made visible: its call or its response.</summary>
    ServerTool,
}

/// <summary>
/// One part of a candidate, as slices of the answer's JSON. Strings are raw tokens with their quotation marks and escapes,
/// so they can be written into another JSON document as they are.
/// </summary>
public record struct AnswerPart
{
    /// <summary>What the part carries.</summary>
    public PartKind Kind { get; set; }

    /// <summary>Whether the part belongs to the model's reasoning.</summary>
    public bool IsThought { get; set; }

    /// <summary>The part's object.</summary>
    public Slice Whole { get; set; }

    /// <summary>The string token of a text; else the object of the data field.</summary>
    public Slice Value { get; set; }

    /// <summary>The string token of the thought signature; it may stand beside any kind, an empty text included.</summary>
    public Slice Signature { get; set; }

    /// <summary>Function call: its name. Inline data: the media type. Executable code: the language. Code result: the outcome. String tokens.</summary>
    public Slice Name { get; set; }

    /// <summary>Function call: its id, as a string token. Early models give none.</summary>
    public Slice Id { get; set; }

    /// <summary>
    /// Function call: the object of the arguments, absent for a call without arguments. Inline data: the base64 string token.
    /// Executable code: the code. Code result: the output.
    /// </summary>
    public Slice Content { get; set; }

    /// <summary>Whether a client that shows what it gets would show anything: an empty text is nothing.</summary>
    public readonly bool IsEmptyText => Kind == PartKind.Text && Value.Length <= 2;
}
