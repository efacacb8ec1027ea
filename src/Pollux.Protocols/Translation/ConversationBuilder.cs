using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>
/// Builds a conversation in the order that Gemini wants, out of what clients of any dialect send: turns alternate, the calls
/// of a step stand in one content, and directly behind it all their answers. Repairs what clients break, and reports it.
/// </summary>
/// <param name="scope">The translation.</param>
/// <param name="list">The member that holds the conversation, for reports: <c>messages</c> or <c>input</c>.</param>
internal sealed class ConversationBuilder(TranslationScope scope, string list)
{
    private readonly List<Content> _contents = scope.Request.Contents;
    private readonly List<MadeCall> _calls = [];
    private ToolStep? _step;

    /// <summary>Adds to the one system instruction that Gemini has.</summary>
    /// <param name="parts">The parts; media among them are sent as the user's.</param>
    /// <param name="path">Where they stand.</param>
    public void AddSystem(List<Part> parts, in MessagePath path)
    {
        if (parts.Count == 0)
            return;
        if (_contents.Count > 0 || _step is not null)
            scope.Losses.Add($"{list}[{path.Message}]", LossKind.Changed, "Gemini has one system instruction; this part of it was moved to the start.");
        foreach (var part in parts)
        {
            if (!part.Text.IsEmpty)
            {
                scope.Request.AddSystemText(part.Text);
                continue;
            }
            scope.Losses.Add(path.Content, LossKind.Changed, "A system instruction is text only; media were sent as the user's.");
            AddUser([part]);
        }
    }

    /// <summary>Adds what the user said; while calls are open it stands behind their answers.</summary>
    public void AddUser(List<Part> parts)
    {
        if (parts.Count > 0)
            (_step is not null ? _step.Behind : Turn(Content.User).Parts).AddRange(parts);
    }

    /// <summary>The assistant speaks: a step whose answers have begun is over.</summary>
    public void BeginAnswer()
    {
        if (_step is { IsFresh: false })
            CloseStep();
    }

    /// <summary>Adds what the assistant said, after <see cref="BeginAnswer"/>.</summary>
    public void AddAnswer(List<Part> parts) => Turn(Content.Model).Parts.AddRange(parts);

    /// <summary>Adds a call that the assistant made, after <see cref="BeginAnswer"/>.</summary>
    public void AddCall(in MadeCall call)
    {
        var content = Turn(Content.Model);
        content.Parts.Add(call.Part);
        _calls.Add(call);
        (_step ??= new ToolStep(content)).Add(call);
    }

    /// <summary>Adds the answer to a call, found by its id, else by its name, else by the order.</summary>
    /// <param name="id">The id under which the client knows the call; absent when it has none.</param>
    /// <param name="name">The client's name of the function; absent when it has none.</param>
    /// <param name="result">What the function answered.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="isError">Whether the client said that the function failed.</param>
    public void AddResult(RawJson id, RawJson name, List<Part> result, in MessagePath path, bool isError = false)
    {
        if (_step is not null && _step.TryFindOpen(id, name, out var slot, out var call))
        {
            _step.Answer(slot, ToolResults.Translate(scope, result, call.Part.FunctionCall!, path, _step, isError));
            return;
        }
        // Clients that cut old messages away leave answers without their calls. As text the model can still read them.
        scope.Losses.Add($"{list}[{path.Message}]", LossKind.Changed, "No call of the turn before has this id; the answer was sent as text of the user.");
        AddUser(result);
    }

    /// <summary>Closes the conversation: its last step, its ends, the signatures that are missing.</summary>
    /// <param name="last">Index of the client's last message.</param>
    public void Finish(int last)
    {
        CloseStep();
        PastPictures.Restore(scope);
        SettleBegin();
        SettleEnd(last);
        CallSignatures.FillGaps(scope, _calls);
    }

    private Content Turn(string role)
    {
        if (_contents.Count == 0 || _contents[^1].Role != role)
            _contents.Add(new Content(role));
        return _contents[^1];
    }

    private void CloseStep()
    {
        _step?.Close(_contents, scope.Losses);
        _step = null;
    }

    private void SettleBegin()
    {
        if (_contents.Count == 0)
        {
            if (scope.Request.SystemInstruction is not { Parts.Count: > 0 } system)
                throw new RequestFormatException($"'{list}' hold no content.", list, RequestFormatCodes.InvalidValue);
            Turn(Content.User).Parts.AddRange(system.Parts); // Gemini wants at least one turn
            scope.Request.SystemInstruction = null;
            scope.Losses.Add($"{list}[0]", LossKind.Changed, "There is no user message; the system instruction was sent as one.");
        }
        if (_contents[0].Role == Content.User)
            return;
        // Role-play clients begin with a greeting of the assistant. Gemini wants the user first; a blank says nothing.
        var opening = new Content(Content.User);
        opening.Parts.Add(Part.FromText(" "));
        _contents.Insert(0, opening);
        scope.Losses.Add(list, LossKind.Changed, "Gemini wants the user to begin; a blank was put first.");
    }

    private void SettleEnd(int last)
    {
        if (!scope.Model.PrefillRefused || _contents[^1].Role != Content.Model)
            return;
        var prefill = _contents[^1];
        _contents.RemoveAt(_contents.Count - 1);
        foreach (var part in prefill.Parts)
            part.ThoughtSignature = default;
        Turn(Content.User).Parts.AddRange(prefill.Parts);
        scope.Losses.Add($"{list}[{last}]", LossKind.Changed, "The model does not continue an answer that was begun; it was sent as the user's.");
    }
}
