using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>A call that the assistant made, and where it stood.</summary>
/// <param name="Part">The part with the call.</param>
/// <param name="Id">The id under which the client knows it, a JSON string; absent for the older functions.</param>
/// <param name="ClientName">The client's name of the function, a JSON string.</param>
/// <param name="Path">Where it stood.</param>
internal readonly record struct MadeCall(Part Part, RawJson Id, RawJson ClientName, CallPath Path);

/// <summary>
/// The calls of one assistant step while their answers are being gathered. Gemini wants all calls of a step in one
/// content, and directly behind it all answers in one content, in the order of the calls; clients send one message per
/// answer, in any order, sometimes with a user message between.
/// </summary>
internal sealed class ToolStep(Content calls)
{
    private readonly List<MadeCall> _calls = new(1);
    private readonly List<Part?> _answers = new(1);
    private List<Part>? _behind;

    /// <summary>Whether nothing came after the calls yet, so that more calls still belong to the same step.</summary>
    public bool IsFresh { get; private set; } = true;

    public void Add(in MadeCall call)
    {
        _calls.Add(call);
        _answers.Add(null);
    }

    /// <summary>User parts that arrived before the step was over: they stand behind the answers.</summary>
    public List<Part> Behind
    {
        get
        {
            IsFresh = false;
            return _behind ??= [];
        }
    }

    /// <summary>Finds the call that an answer belongs to: by id, else by name, else the next in turn.</summary>
    /// <param name="id">The answer's call id; absent when it has none.</param>
    /// <param name="name">The answer's function name, as the client knows it.</param>
    /// <param name="index">Where the answer goes.</param>
    /// <param name="call">The call.</param>
    public bool TryFindOpen(RawJson id, RawJson name, out int index, out MadeCall call)
    {
        index = -1;
        for (var i = 0; i < _calls.Count && index < 0; i++)
            if (_answers[i] is null && !id.IsEmptyText && _calls[i].Id.Utf8.Span.SequenceEqual(id.Utf8.Span))
                index = i;
        // Without an id, the name tells; some upstreams have given out empty ids, for which the order is all there is.
        for (var i = 0; i < _calls.Count && index < 0 && id.IsEmptyText; i++)
            if (_answers[i] is null && (name.IsEmptyText || _calls[i].ClientName.Utf8.Span.SequenceEqual(name.Utf8.Span)))
                index = i;
        call = index < 0 ? default : _calls[index];
        return index >= 0;
    }

    public void Answer(int index, Part answer)
    {
        IsFresh = false;
        _answers[index] = answer;
    }

    /// <summary>Puts the answers behind the calls. Calls without one are taken out again: their number must be equal.</summary>
    public void Close(List<Content> contents, LossReport losses)
    {
        var user = new Content(Content.User);
        for (var i = 0; i < _calls.Count; i++)
        {
            if (_answers[i] is { } answer)
                user.Parts.Add(answer);
            else
            {
                calls.Parts.Remove(_calls[i].Part);
                losses.Add(_calls[i].Path.Whole, LossKind.Dropped, "No message answers this call; Gemini wants an answer for each.");
            }
        }
        if (_behind is not null)
            user.Parts.AddRange(_behind);
        if (calls.Parts.Count == 0)
            contents.Remove(calls);
        if (user.Parts.Count == 0)
            return;
        if (contents.Count > 0 && contents[^1].Role == Content.User)
            contents[^1].Parts.AddRange(user.Parts); // the calls between are gone
        else
            contents.Add(user);
    }
}
