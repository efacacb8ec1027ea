using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Pacing;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// A whole answer, given to the client as a stream: text in pieces with a pause behind each, everything else whole. Pieces grow
/// where an answer would take longer than <see cref="LongestPlay"/>, and when the request's time is over the rest goes at once:
/// the answer is there, nobody shall lose it to pauses.
/// </summary>
internal sealed class PretendedEvents : IAnswerEvents
{
    /// <summary>Longer than this no client waits for what the gateway has already.</summary>
    public static readonly TimeSpan LongestPlay = TimeSpan.FromSeconds(10);

    private static readonly byte[] ArrayEnd = "]"u8.ToArray();

    private readonly WholeAnswer _whole;
    private readonly AnswerForm _form;
    private readonly RequestLifetime _lifetime;
    private readonly TimeProvider _clock;
    private readonly AnswerPieces _pieces = new();
    private readonly EventFrame _frame;
    private readonly int _piece;
    private TimeSpan _delay;
    private bool _begun;
    private bool _pauses; // the last piece had text
    private bool _closed;

    /// <param name="whole">The answer; owned.</param>
    /// <param name="form">The form of the stream.</param>
    /// <param name="settings">Size and pause of pieces.</param>
    /// <param name="lifetime">How long the client waits.</param>
    /// <param name="clock">Measures pauses.</param>
    public PretendedEvents(WholeAnswer whole, AnswerForm form, StreamSettings settings, RequestLifetime lifetime, TimeProvider clock)
    {
        (_whole, _form, _lifetime, _clock, _delay) = (whole, form, lifetime, clock, settings.PretendedDelay);
        _frame = new EventFrame(form);
        _pieces.Begin(whole.Answer);
        _piece = Math.Max(settings.PretendedPiece, TextPacing.Pressing(_pieces.Characters, LongestPlay, _delay));
    }

    /// <inheritdoc/>
    public Answer Answer => _frame.Answer;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Raw => _closed ? ArrayEnd : _frame.Raw;

    /// <summary>None: a whole answer was judged as a whole.</summary>
    public Fault? Fault => null;

    /// <inheritdoc/>
    public FinishReason FailedFinish => FinishReason.None;

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Headers => _whole.Headers;

    /// <inheritdoc/>
    public async ValueTask<StreamStep> NextAsync()
    {
        if (!_pieces.HasMore)
        {
            if (_form != AnswerForm.JsonArray || _closed)
                return StreamStep.End;
            _closed = true;
            return StreamStep.Framing;
        }

        if (_pauses && _delay > TimeSpan.Zero)
            await PauseAsync();
        _pauses = _frame.Take(_pieces, _piece, _begun ? ",\r\n"u8 : "["u8) > 0;
        _begun = true;
        return StreamStep.Event;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _pieces.Dispose();
        _whole.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task PauseAsync()
    {
        try
        {
            await Task.Delay(_delay, _clock, _lifetime.Token);
        }
        catch (OperationCanceledException) when (_lifetime.TimedOut)
        {
            _delay = TimeSpan.Zero;
        }
    }
}
