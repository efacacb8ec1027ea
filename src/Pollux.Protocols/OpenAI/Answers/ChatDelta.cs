using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>
/// What one event adds to one choice, in OpenAI's terms: content, reasoning, tool calls. Reused from event to event.
/// </summary>
internal sealed class ChatDelta(ChatAnswerContext context)
{
    private readonly List<ToolCall> _calls = [];
    private readonly List<(ReadOnlyMemory<byte> MediaType, ReadOnlyMemory<byte> Data)> _pictures = [];
    private bool _goesOn;

    /// <summary>Visible text, with pictures and code as Markdown.</summary>
    public RawText Content { get; } = new();

    /// <summary>Thoughts.</summary>
    public RawText Reasoning { get; } = new();

    /// <summary>Learns what goes into the content, for an answer that may have sources.</summary>
    public GroundedText? Grounded { get; set; }

    /// <summary>Function calls, each complete: Gemini sends a call whole.</summary>
    public IReadOnlyList<ToolCall> Calls => _calls;

    /// <summary>The signature that stood on a text; an empty text may carry it.</summary>
    public ReadOnlyMemory<byte> TextSignature { get; private set; }

    /// <summary>The media type and base64 token of audio.</summary>
    public (string MediaType, ReadOnlyMemory<byte> Data) Audio { get; private set; }

    /// <summary>Media type (may be empty) and base64 token of pictures that nobody stores, where the answer lists them.</summary>
    public IReadOnlyList<(ReadOnlyMemory<byte> MediaType, ReadOnlyMemory<byte> Data)> Pictures => _pictures;

    /// <summary>Whether there is anything to send.</summary>
    public bool IsEmpty => !Content.HasText && !Reasoning.HasText && _calls.Count == 0 && TextSignature.IsEmpty && Audio.Data.IsEmpty;

    private bool TakesOneCall => context.SingleCall || context.LegacyFunctions;

    /// <summary>Takes over the parts of <paramref name="candidate"/>.</summary>
    /// <param name="answer">The event.</param>
    /// <param name="candidate">One candidate of it.</param>
    /// <param name="callsBefore">How many calls earlier events brought.</param>
    /// <param name="goesOn">Whether earlier events brought content.</param>
    /// <param name="thinking">Whether a thought stands open in the content.</param>
    public void Collect(Answer answer, in AnswerCandidate candidate, int callsBefore, bool goesOn, ref bool thinking)
    {
        _goesOn = goesOn;
        Content.Clear();
        Reasoning.Clear();
        _calls.Clear();
        _pictures.Clear();
        TextSignature = default;
        Audio = default;

        foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
        {
            if (part.IsThought)
            {
                AddThought(answer, part, ref thinking);
                continue;
            }

            if (thinking && !part.IsEmptyText && part.Kind != PartKind.Unknown)
            {
                thinking = false;
                AddOwn("\\n</think>\\n\\n"u8);
            }

            if (part.Kind == PartKind.FunctionCall && TakesOneCall && callsBefore + _calls.Count > 0)
                continue;

            Add(answer, part);
        }
    }

    /// <summary>Closes a thought that was opened in the content and not followed by anything.</summary>
    public void CloseThought(ref bool thinking)
    {
        Content.Clear();
        if (thinking)
            Content.AddEscaped("\\n</think>"u8);
        thinking = false;
    }

    private void AddThought(Answer answer, in AnswerPart part, ref bool thinking)
    {
        if (part.Kind != PartKind.Text || part.IsEmptyText || context.Reasoning == ReasoningFormat.Hidden)
            return;

        ReadOnlyMemory<byte> token = Token(answer, part.Value);
        if (context.Reasoning == ReasoningFormat.Fields)
        {
            Reasoning.AddToken(token);
            return;
        }

        if (!thinking)
            AddOwn("<think>\\n"u8);
        thinking = true;
        AddOwn(token);
    }

    private void Add(Answer answer, in AnswerPart part)
    {
        switch (part.Kind)
        {
            case PartKind.Text:
                if (!part.IsEmptyText)
                    AddText(Token(answer, part.Value));
                if (part.Signature.Exists)
                    TextSignature = Token(answer, part.Signature);
                break;

            case PartKind.FunctionCall:
                _calls.Add(ToolCall.Read(answer, part, context.Calls, context.RestoreName));
                break;

            case PartKind.InlineData when part.Content.Exists:
                AddMedia(answer, part);
                break;

            case PartKind.FileData when part.Content.Exists:
                AddOwn("\\n"u8);
                AddOwn(Token(answer, part.Content));
                break;

            case PartKind.ExecutableCode when part.Content.Exists:
                AddOwn("\\n\\n```"u8);
                AddOwn(string.Equals(answer.Text(part.Name), "PYTHON", StringComparison.Ordinal) ? "python\\n"u8 : "\\n"u8);
                AddOwn(Token(answer, part.Content));
                AddOwn("\\n```\\n"u8);
                break;

            case PartKind.CodeExecutionResult when part.Content.Exists:
                AddOwn("\\n```\\n"u8);
                AddOwn(Token(answer, part.Content));
                AddOwn("\\n```\\n\\n"u8);
                break;
        }
    }

    private void AddMedia(Answer answer, in AnswerPart part)
    {
        string mediaType = answer.Text(part.Name) ?? "application/octet-stream";
        if (mediaType.StartsWith("audio/", StringComparison.OrdinalIgnoreCase))
        {
            Audio = (mediaType, Token(answer, part.Content));
            return;
        }

        AddOwn(Content.HasText || _goesOn ? "\\n\\n![image]("u8 : "![image]("u8);
        ReadOnlySpan<byte> address = context.Pictures.Find(part.Content);
        if (address.IsEmpty)
            AddDataUri(answer, part); // a picture that nobody stores is still an answer: every chat page shows it
        else
            AddOwn(address);
        AddOwn(")"u8);
        if (context.ListsPictures && address.IsEmpty)
            _pictures.Add((part.Name.Exists ? Token(answer, part.Name) : default, Token(answer, part.Content)));
    }

    private void AddDataUri(Answer answer, in AnswerPart part)
    {
        AddOwn("data:"u8);
        if (part.Name.Exists)
            AddOwn(Token(answer, part.Name));
        else
            AddOwn("application/octet-stream"u8);
        AddOwn(";base64,"u8);
        AddOwn(Token(answer, part.Content));
    }

    private void AddText(ReadOnlyMemory<byte> token)
    {
        Content.AddToken(token);
        Grounded?.AddText(token.Span);
    }

    private void AddOwn(ReadOnlyMemory<byte> token)
    {
        Content.AddToken(token);
        Grounded?.AddOwn(token.Span[1..^1]);
    }

    private void AddOwn(ReadOnlySpan<byte> escaped)
    {
        Content.AddEscaped(escaped);
        Grounded?.AddOwn(escaped);
    }

    private static ReadOnlyMemory<byte> Token(Answer answer, Slice slice) => answer.Json.Slice(slice.Start, slice.Length);
}
