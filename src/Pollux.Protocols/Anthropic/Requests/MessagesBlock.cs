using System.Text.Json.Serialization;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Requests;

/// <summary>One entry of a content that is a list, whatever its type: each type has some of these.</summary>
public sealed record MessagesBlock
{
    /// <summary><c>text</c>, <c>image</c>, <c>document</c>, <c>tool_use</c>, <c>tool_result</c>, <c>thinking</c>, ...</summary>
    public string? Type { get; set; }

    /// <summary>For <c>text</c>.</summary>
    public JsonSlice Text { get; set; }

    /// <summary>For <c>image</c> and <c>document</c> an object (<see cref="MessagesSource"/>); for <c>search_result</c> an address.</summary>
    public JsonSlice Source { get; set; }

    /// <summary>For <c>document</c> and <c>search_result</c>.</summary>
    public JsonSlice Title { get; set; }

    /// <summary>For <c>document</c>: words about it that are not cited.</summary>
    public JsonSlice Context { get; set; }

    /// <summary>Whether places are to be cited; for an answer's text, the places it cites.</summary>
    public JsonSlice Citations { get; set; }

    /// <summary>The id of a call.</summary>
    public JsonSlice Id { get; set; }

    /// <summary>The name of a function or of a tool.</summary>
    public JsonSlice Name { get; set; }

    /// <summary>The arguments of a call, an object.</summary>
    public JsonSlice Input { get; set; }

    /// <summary>Which call a result answers.</summary>
    public JsonSlice ToolUseId { get; set; }

    /// <summary>A string, or a list of blocks; for results of the server's tools an object or a list.</summary>
    public JsonSlice Content { get; set; }

    /// <summary>Whether a function failed.</summary>
    public bool? IsError { get; set; }

    /// <summary>For <c>thinking</c>: the thought.</summary>
    public JsonSlice Thinking { get; set; }

    /// <summary>For <c>thinking</c>: what must come back with it.</summary>
    public JsonSlice Signature { get; set; }

    /// <summary>For <c>redacted_thinking</c>.</summary>
    public JsonSlice Data { get; set; }

    /// <summary>For <c>tool_reference</c>.</summary>
    public JsonSlice ToolName { get; set; }

    /// <summary>What to keep of the prompt; Gemini keeps prompts by itself.</summary>
    public JsonSlice CacheControl { get; set; }

    /// <summary>Who made a call; only the model does here.</summary>
    public JsonSlice Caller { get; set; }

    /// <summary>Members without a meaning here.</summary>
    [JsonExtensionData]
    public Dictionary<string, object>? Unknown { get; set; }

    /// <summary>Lets its places count from the start of the body; they were read from a value inside it.</summary>
    /// <param name="by">Where that value begins.</param>
    internal void Move(int by)
    {
        Text = Text.Moved(by);
        Source = Source.Moved(by);
        Title = Title.Moved(by);
        Context = Context.Moved(by);
        Citations = Citations.Moved(by);
        Id = Id.Moved(by);
        Name = Name.Moved(by);
        Input = Input.Moved(by);
        ToolUseId = ToolUseId.Moved(by);
        Content = Content.Moved(by);
        Thinking = Thinking.Moved(by);
        Signature = Signature.Moved(by);
        Data = Data.Moved(by);
        ToolName = ToolName.Moved(by);
    }
}

/// <summary>Where a picture or a document stands.</summary>
public sealed record MessagesSource
{
    /// <summary><c>base64</c>, <c>url</c>, <c>file</c>, <c>text</c> or <c>content</c>.</summary>
    public string? Type { get; set; }

    /// <summary>A MIME type.</summary>
    public string? MediaType { get; set; }

    /// <summary>Base64, or for <c>text</c> the text itself.</summary>
    public JsonSlice Data { get; set; }

    /// <summary>An address.</summary>
    public JsonSlice Url { get; set; }

    /// <summary>A file of Gemini's.</summary>
    public string? FileId { get; set; }

    /// <summary>A string, or a list of blocks.</summary>
    public JsonSlice Content { get; set; }

    /// <summary>Lets its places count from the start of the body; they were read from a value inside it.</summary>
    /// <param name="by">Where that value begins.</param>
    internal void Move(int by)
    {
        Data = Data.Moved(by);
        Url = Url.Moved(by);
        Content = Content.Moved(by);
    }
}

/// <summary>What a tool of the server's gave in an earlier turn, all forms in one.</summary>
public sealed record MessagesServerResult
{
    /// <summary>Such as <c>code_execution_result</c>.</summary>
    public string? Type { get; set; }

    /// <summary>What code printed.</summary>
    public JsonSlice Stdout { get; set; }

    /// <summary>What code printed as errors.</summary>
    public JsonSlice Stderr { get; set; }

    /// <summary>Words of an adviser.</summary>
    public JsonSlice Text { get; set; }

    /// <summary>Where a page came from.</summary>
    public JsonSlice Url { get; set; }

    /// <summary>A fetched page, a <c>document</c>; for code a list of files.</summary>
    public JsonSlice Content { get; set; }

    /// <summary>Lets its places count from the start of the body; they were read from a value inside it.</summary>
    /// <param name="by">Where that value begins.</param>
    internal void Move(int by)
    {
        Stdout = Stdout.Moved(by);
        Stderr = Stderr.Moved(by);
        Text = Text.Moved(by);
        Url = Url.Moved(by);
        Content = Content.Moved(by);
    }
}
