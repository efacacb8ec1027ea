using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>
/// Writes a response: the events of a stream, or one object. The items of both are made by the same hands. An item is done
/// before the next begins, and the end holds all of them once more. Not thread-safe.
/// </summary>
public sealed class ResponsesWriter : IDisposable
{
    private readonly ResponsesAnswerContext _context;
    private readonly ResponseEvents _events;
    private readonly ResponseItems _items;
    private readonly ResponseMessage _message;
    private readonly ResponseReasoning _reasoning;
    private readonly ResponseCalls _calls;
    private readonly ResponseServerTools _tools;
    private readonly ResponseBody _body;
    private readonly List<byte[]> _searches = []; // what was told about searches, for the end
    private GroundedText? _grounded;
    private GeminiUsage _usage;
    private FinishReason _finish = FinishReason.None;
    private string? _refusal;
    private int _callCount;
    private bool _hasSaid;

    /// <param name="context">What the answer must know.</param>
    /// <param name="begun">The writer that began the same response with signs of life only, when another model answers in the end.</param>
    public ResponsesWriter(ResponsesAnswerContext context, ResponsesWriter? begun = null)
    {
        _context = context;
        _events = new ResponseEvents(begun?._events.Count ?? 0);
        _items = new ResponseItems(context.Id, _events);
        _message = new ResponseMessage(_items, _events);
        _reasoning = new ResponseReasoning(context, _items, _events);
        _calls = new ResponseCalls(context, _items, _events);
        _tools = new ResponseServerTools(context, _items, _events);
        _body = new ResponseBody(context);
        _grounded = context.MayHaveSources ? new GroundedText() : null;
    }

    /// <summary>Writes what one event of a stream adds.</summary>
    /// <returns>Whether something was written; an event may add nothing.</returns>
    public bool WriteEvent(Answer answer, IBufferWriter<byte> output)
    {
        int before = _events.Count;
        _events.LeadTo(output);
        WriteBegin();
        Take(answer);
        return _events.Count > before;
    }

    /// <summary>Writes the end of a stream.</summary>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        _events.LeadTo(output);
        WriteBegin();
        CloseAll();
        ResponseState state = State;
        WriteState(state.Status == ResponseState.Completed ? ResponseEventNames.Completed : ResponseEventNames.Incomplete, state);
    }

    /// <summary>Writes a sign of life: the state, once it was told that the response is there.</summary>
    public void WriteKeepAlive(IBufferWriter<byte> output)
    {
        _events.LeadTo(output);
        if (!WriteBegin())
            WriteState(ResponseEventNames.InProgress, new ResponseState(ResponseState.InProgress));
    }

    /// <summary>Writes a failure, and with it the end: clients act on its code. What was begun and not done is no part of it.</summary>
    /// <param name="code">OpenAI's word.</param>
    /// <param name="message">What happened.</param>
    /// <param name="output">Where to.</param>
    public void WriteFailure(string code, string message, IBufferWriter<byte> output)
    {
        _events.LeadTo(output);
        WriteBegin();
        WriteState(ResponseEventNames.Failed, new ResponseState(ResponseState.Failed) { ErrorCode = code, ErrorMessage = message });
    }

    /// <summary>Writes a whole answer.</summary>
    public void WriteWhole(Answer answer, IBufferWriter<byte> output)
    {
        Take(answer);
        CloseAll();
        WriteObject(output);
    }

    /// <summary>Writes the response as it ended, for whoever keeps it.</summary>
    public void WriteObject(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, ResponseEvents.WriterOptions);
        _body.Write(json, State, _items.Done.Span, _usage);
        json.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _events.Dispose();
        _items.Dispose();
    }

    private ResponseState State => _finish switch
    {
        FinishReason.MaxTokens => new ResponseState(ResponseState.Incomplete) { IncompleteReason = "max_output_tokens" },
        _ when _finish.IsBlock() => new ResponseState(ResponseState.Incomplete) { IncompleteReason = "content_filter" },
        _ => new ResponseState(ResponseState.Completed),
    };

    /// <returns>Whether the response was not told before.</returns>
    private bool WriteBegin()
    {
        if (_events.Count > 0)
            return false;
        var state = new ResponseState(ResponseState.InProgress);
        WriteState(ResponseEventNames.Created, state);
        WriteState(ResponseEventNames.InProgress, state);
        return true;
    }

    private void WriteState(JsonEncodedText type, ResponseState state)
    {
        _events.Begin(type);
        _events.Json.WritePropertyName("response"u8);
        _body.Write(_events.Json, state, state.HasOutput ? _items.Done.Span : default, _usage);
        _events.End();
    }

    private void Take(Answer answer)
    {
        if (answer.HasUsage)
            _usage = _usage.Update(answer.Usage);
        if (answer.Candidates.IsEmpty)
            return;
        ref readonly AnswerCandidate candidate = ref answer.Candidates[0]; // one was asked for
        foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            Take(answer, part);
        if (candidate.Grounding.Exists)
        {
            ReadOnlyMemory<byte> grounding = Token(answer, candidate.Grounding);
            (_grounded ??= new GroundedText()).Take(grounding);
            _searches.Add(grounding.ToArray());
        }

        if (candidate.FinishReason == FinishReason.None)
            return;
        _finish = candidate.FinishReason;
        if (_finish.IsBlock())
            _refusal = ChatJson.RefusalText(_finish, answer.Text(candidate.FinishReasonToken), answer.Text(candidate.FinishMessage));
    }

    private void Take(Answer answer, in AnswerPart part)
    {
        if (part.IsThought)
        {
            if (part.Kind == PartKind.Text && !part.IsEmptyText && _context.ShowsThoughts)
            {
                if (!_reasoning.IsOpen)
                    CloseBefore();
                _reasoning.Think(Token(answer, part.Value));
            }

            return;
        }

        switch (part.Kind)
        {
            case PartKind.Text:
                TakeText(answer, part);
                break;
            case PartKind.FunctionCall when !(_context.SingleCall && _callCount > 0):
                _callCount++;
                CloseBefore();
                _reasoning.Close(Signature(answer, part));
                _calls.Tell(ToolCall.Read(answer, part, _context.Calls, _context.RestoreName));
                break;
            case PartKind.InlineData when part.Content.Exists:
                TakeMedia(answer, part);
                break;
            case PartKind.FileData when part.Content.Exists:
                Say(Token(answer, part.Content), isGeminis: false);
                break;
            case PartKind.ExecutableCode when part.Content.Exists:
                CloseBefore();
                _reasoning.Close(default);
                _tools.Run(Token(answer, part.Content));
                break;
            case PartKind.CodeExecutionResult when _tools.IsCodeOpen:
                if (part.Content.Exists)
                    _tools.Print(Token(answer, part.Content));
                else
                    _tools.CloseCode();
                break;
            case PartKind.ServerTool:
                CloseBefore();
                _reasoning.Close(default);
                _tools.Search(Token(answer, part.Value));
                break;
        }
    }

    private void TakeText(Answer answer, in AnswerPart part)
    {
        ReadOnlySpan<byte> signature = Signature(answer, part);
        if (!part.IsEmptyText)
        {
            if (_reasoning.IsOpen)
                _reasoning.Close(signature);
            Say(Token(answer, part.Value), isGeminis: true);
        }

        if (signature.Length > 2 && _message.Id is { } id && answer.Text(part.Signature) is { } text)
            _context.RememberText?.Invoke(id, text);
    }

    private void TakeMedia(Answer answer, in AnswerPart part)
    {
        string mediaType = answer.Text(part.Name) ?? "application/octet-stream";
        ReadOnlyMemory<byte> data = Token(answer, part.Content);
        if (_context.ReturnsPictures && mediaType.StartsWith("image/", StringComparison.OrdinalIgnoreCase))
        {
            CloseBefore();
            _reasoning.Close(default);
            _tools.Paint(mediaType, data);
            return;
        }

        ReadOnlySpan<byte> address = _context.Pictures.Find(part.Content);
        byte[] markdown = address.IsEmpty
            ? [.. _hasSaid ? "\"\\n\\n![image](data:"u8 : "\"![image](data:"u8, .. JsonEncodedText.Encode(mediaType).EncodedUtf8Bytes, .. ";base64,"u8, .. data.Span[1..^1], .. ")\""u8]
            : [.. _hasSaid ? "\"\\n\\n![image]("u8 : "\"![image]("u8, .. address, .. ")\""u8];
        Say(markdown, isGeminis: false);
    }

    private void Say(ReadOnlyMemory<byte> token, bool isGeminis)
    {
        _reasoning.Close(default);
        _tools.CloseCode();
        _message.Say(token, _grounded);
        _hasSaid = true;
        if (isGeminis)
            _grounded?.AddText(token.Span);
        else
            _grounded?.AddOwn(token.Span[1..^1]);
    }

    /// <summary>Ends what was said, before something else begins.</summary>
    private void CloseBefore()
    {
        _message.Close(grounded: null, refusal: null, isComplete: true);
        _tools.CloseCode();
    }

    private void CloseAll()
    {
        _reasoning.Close(default);
        _tools.CloseCode();
        if (_message.IsOpen && _context.SourcesHeading is { } heading && _grounded is { HasSources: true } sources)
        {
            var list = new RawText();
            sources.AppendList(list, heading);
            Say(list.ToToken(), isGeminis: false);
        }

        _message.Close(_grounded, _refusal, State.Status == ResponseState.Completed);
        IEnumerable<string> found = _grounded is null ? [] : _grounded.Citations().Select(static citation => citation.Address).Distinct(StringComparer.Ordinal);
        foreach (byte[] grounding in _searches)
            _tools.TellSearches(grounding, found);
    }

    private static ReadOnlyMemory<byte> Token(Answer answer, Slice slice) => answer.Json.Slice(slice.Start, slice.Length);

    private static ReadOnlySpan<byte> Signature(Answer answer, in AnswerPart part) => part.Signature.Exists ? answer.Bytes(part.Signature) : default;
}
