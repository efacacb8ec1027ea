using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>
/// Turns parts into blocks: which begins where, and which signature a block of thoughts carries. That comes behind the thoughts,
/// with the part that follows them, so their block stays open until that part is known. The same for streams and whole answers.
/// </summary>
internal sealed class AnswerBlocks(MessagesAnswerContext context, IBlockSink sink)
{
    private enum Open
    {
        Nothing,
        Thought,
        Text,
    }

    private Open _open;
    private bool _any;           // something visible was written
    private int _calls;
    private string? _codeId;     // of code whose output is due
    private string? _query;
    private int _carried = -1;   // where the signature stands that a thought carries, in the event at hand
    private bool _searchWritten;

    /// <summary>Whether the client is asked to call a function.</summary>
    public bool HasCalls => _calls > 0;

    /// <summary>How often Google searched; 0 or 1, since it does not count.</summary>
    public int Searches => _searchWritten ? 1 : 0;

    /// <summary>What Google found; <see langword="null"/> while it told nothing.</summary>
    public GroundedText? Grounded { get; private set; }

    /// <summary>Learns what Google found. In a whole answer before its parts, so that it stands before the text.</summary>
    public void Learn(Answer answer, in AnswerCandidate candidate)
    {
        if (!candidate.Grounding.Exists)
            return;
        ReadOnlyMemory<byte> grounding = answer.Json.Slice(candidate.Grounding.Start, candidate.Grounding.Length);
        (Grounded ??= new GroundedText()).Take(grounding);
        _query ??= PartLookahead.QueryOf(grounding);
    }

    /// <summary>Takes over the parts of <paramref name="candidate"/>.</summary>
    /// <param name="answer">The event.</param>
    /// <param name="candidate">One candidate of it.</param>
    /// <param name="isWhole">Whether nothing follows: then the last text is known.</param>
    public void Take(Answer answer, in AnswerCandidate candidate, bool isWhole)
    {
        _carried = -1;
        ReadOnlySpan<AnswerPart> parts = answer.PartsOf(candidate);
        int lastText = isWhole ? PartLookahead.LastTextOf(parts) : int.MaxValue;
        for (int i = 0; i < parts.Length; i++)
        {
            ref readonly AnswerPart part = ref parts[i];
            if (part.IsThought)
                Think(answer, part, isLastText: i > lastText);
            else
                Add(answer, parts, i, isLastText: i > lastText);
        }
    }

    /// <summary>Closes what is open, and tells what Google found if that was not told.</summary>
    public void Finish()
    {
        if (_open == Open.Text)
            CloseText(isLast: true);
        CloseThought(default);
        Search();
    }

    private void Think(Answer answer, in AnswerPart part, bool isLastText)
    {
        if (part.Kind != PartKind.Text || part.IsEmptyText || context.Thinking != ThinkingForm.Shown)
            return;
        if (_open == Open.Text)
            CloseText(isLastText);
        if (_open == Open.Nothing)
            sink.Open(isThought: true);
        _open = Open.Thought;
        sink.Text.AddToken(Token(answer, part.Value));
        sink.Added();
    }

    private void Add(Answer answer, ReadOnlySpan<AnswerPart> parts, int index, bool isLastText)
    {
        ref readonly AnswerPart part = ref parts[index];
        switch (part.Kind)
        {
            case PartKind.Text when !part.IsEmptyText:
                Carry(answer, parts, index);
                OpenText();
                sink.Text.AddToken(Token(answer, part.Value));
                sink.Added();
                break;
            case PartKind.Text when part.Signature.Exists && _open == Open.Thought:
                Carry(answer, parts, index); // thoughts, and then nothing but their signature
                break;
            case PartKind.FunctionCall when !(context.SingleCall && _calls > 0):
                CloseText(isLastText);
                Carry(answer, parts, index);
                _calls++;
                sink.Call(ToolCall.Read(answer, part, context.Calls, context.RestoreName));
                _any = true;
                break;
            case PartKind.InlineData when part.Content.Exists:
                Carry(answer, parts, index);
                AddMedia(answer, part);
                break;
            case PartKind.FileData when part.Content.Exists:
                Carry(answer, parts, index);
                OpenText();
                sink.Text.AddEscaped("\\n"u8);
                sink.Text.AddToken(Token(answer, part.Content));
                sink.Added();
                break;
            case PartKind.ExecutableCode when part.Content.Exists:
                CloseText(isLastText);
                Carry(answer, parts, index);
                sink.Code(_codeId = context.NewId("srvtoolu_"), Token(answer, part.Content));
                _any = true;
                break;
            case PartKind.CodeExecutionResult:
                AddCodeResult(answer, parts, index, isLastText);
                break;
        }
    }

    private void AddCodeResult(Answer answer, ReadOnlySpan<AnswerPart> parts, int index, bool isLastText)
    {
        ref readonly AnswerPart part = ref parts[index];
        CloseText(isLastText);
        Carry(answer, parts, index);
        if (_codeId is null)
            sink.Code(_codeId = context.NewId("srvtoolu_"), "\"\""u8.ToArray()); // a result belongs to a use
        bool succeeded = !part.Name.Exists || answer.Bytes(part.Name).IndexOf("OUTCOME_OK"u8) >= 0 || answer.Bytes(part.Name).SequenceEqual("1"u8);
        sink.CodeResult(_codeId, part.Content.Exists ? Token(answer, part.Content) : default, succeeded);
        _codeId = null;
        _any = true;
    }

    private void AddMedia(Answer answer, in AnswerPart part)
    {
        bool isPicture = !part.Name.Exists || !answer.Bytes(part.Name).StartsWith("\"audio/"u8);
        bool goesOn = _open == Open.Text;
        OpenText();
        RawText text = sink.Text;
        text.AddEscaped(goesOn ? "\\n\\n"u8 : default);
        text.AddEscaped(isPicture ? "![image]("u8 : "[audio]("u8);
        ReadOnlySpan<byte> address = context.Pictures.Find(part.Content);
        if (address.IsEmpty)
        {
            text.AddEscaped("data:"u8);
            if (part.Name.Exists)
                text.AddToken(Token(answer, part.Name));
            else
                text.AddEscaped("application/octet-stream"u8);
            text.AddEscaped(";base64,"u8);
            text.AddToken(Token(answer, part.Content)); // a picture that nobody stores is still an answer
        }
        else
        {
            text.AddEscaped(address);
        }

        text.AddEscaped(")"u8);
        sink.Added();
    }

    private void OpenText()
    {
        if (_open == Open.Text)
            return;
        sink.Open(isThought: false);
        _open = Open.Text;
        _any = true;
    }

    /// <summary>Before something that is no thought: closes the thoughts before it, with the signature that belongs to them.</summary>
    private void Carry(Answer answer, ReadOnlySpan<AnswerPart> parts, int index)
    {
        if (context.Thinking == ThinkingForm.Hidden)
            return;
        Slice signature = PartLookahead.SignatureBehind(parts, index);
        bool isNew = signature.Exists && signature.Start != _carried;
        if (_open == Open.Thought)
        {
            _carried = signature.Exists ? signature.Start : _carried;
            CloseThought(signature.Exists ? Token(answer, signature) : default);
        }
        else if (isNew && (parts[index].Kind == PartKind.FunctionCall ? parts[index].Signature == signature : !_any && context.Thinking == ThinkingForm.Omitted))
        {
            CloseText(isLast: false);
            _carried = signature.Start;
            sink.Open(isThought: true); // no thought is shown, but something must carry the signature
            _open = Open.Thought;
            CloseThought(Token(answer, signature));
        }
    }

    private void CloseThought(ReadOnlyMemory<byte> signature)
    {
        if (_open != Open.Thought)
            return;
        sink.CloseThought(signature);
        _open = Open.Nothing;
    }

    private void CloseText(bool isLast)
    {
        if (_open != Open.Text)
            return;
        GroundedText? cited = isLast && Grounded is { HasSources: true } ? Grounded : null;
        if (cited is not null && context.SourcesHeading is { } heading)
        {
            cited.AppendList(sink.Text, heading);
            sink.Added();
        }

        sink.CloseText(cited);
        _open = Open.Nothing;
    }

    /// <summary>Tells what Google found, once, between two blocks.</summary>
    public void Search()
    {
        if (_searchWritten || Grounded is not { HasSources: true } found)
            return;
        _searchWritten = true;
        sink.Search(context.NewId("srvtoolu_"), _query ?? "", found);
    }

    private static ReadOnlyMemory<byte> Token(Answer answer, Slice slice) => answer.Json.Slice(slice.Start, slice.Length);
}
