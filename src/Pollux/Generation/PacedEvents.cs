using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Pacing;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// A true stream whose visible text flows evenly: events with text are held and given on in pieces, everything else goes in its
/// place between them. What the upstream sent is on its way to the client <see cref="TextPacing.LongestLag"/> later at the
/// latest: pieces grow for that, as few as need be. Nothing is read while the client takes nothing but one event, and no more
/// is held than <see cref="MaxHeldEvents"/> and <see cref="MaxHeldBytes"/>: then what is held goes at once. Not thread-safe.
/// </summary>
internal sealed class PacedEvents(UpstreamExchange exchange, AnswerForm form, TextPacing pacing, TimeProvider clock, CancellationToken aborted) : IAnswerEvents
{
    private const int MaxHeldEvents = 64;
    private const int MaxHeldBytes = 256 * 1024;

    /// <summary>A timer cannot wait for less.</summary>
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private readonly Queue<HeldEvent> _held = new();
    private readonly Stack<HeldEvent> _spare = new();
    private readonly EventFrame _frame = new(form);
    private Task<StreamStep>? _reading;
    private Task? _tick;
    private StreamStep? _direct; // an event that needs not be held: the exchange still has it
    private StreamStep? _last;   // the end, once it was read
    private HeldEvent? _served;  // what the client is given now, whole
    private long? _sentAt;       // the last piece
    private TimeSpan _delay;     // behind it
    private int _pressing;       // characters that must go with the last piece
    private int _heldBytes;

    /// <inheritdoc/>
    public Answer Answer { get; private set; } = new();

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Raw { get; private set; }

    /// <inheritdoc/>
    public Fault? Fault => exchange.Fault;

    /// <inheritdoc/>
    public FinishReason FailedFinish => exchange.FailedFinish;

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Headers => exchange.Headers;

    private bool IsFull => _held.Count >= MaxHeldEvents || _heldBytes >= MaxHeldBytes;

    /// <inheritdoc/>
    public async ValueTask<StreamStep> NextAsync()
    {
        Recycle();
        while (true)
        {
            ReadAhead();
            if (_direct is { } direct)
            {
                _direct = null;
                (Answer, Raw) = (exchange.Answer, exchange.Raw);
                return direct;
            }

            if (!_held.TryPeek(out HeldEvent? head))
            {
                if (_last is { } last)
                    return last;
                await _reading!; // throws what the reading threw, once everything before it is with the client
                continue;
            }

            if (head.Length == 0)
                return ServeWhole(head);
            long now = clock.GetTimestamp();
            TimeSpan wait = IsFull || _pressing > 0 ? TimeSpan.Zero : WaitFor(head, now);
            if (wait < ShortestWait)
                return ServePiece(head, now);
            await WaitAsync(wait);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_reading is { IsCompleted: false } reading)
        {
            exchange.Abandon();
            await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // its end is told elsewhere
        }

        _ = _reading?.Exception;
        await exchange.DisposeAsync();
        foreach (HeldEvent held in _held)
            held.Dispose();
        foreach (HeldEvent spare in _spare)
            spare.Dispose();
        _served?.Dispose();
    }

    /// <summary>Takes what has come, and leaves one reading under way.</summary>
    private void ReadAhead()
    {
        while (_last is null && _direct is null && !IsFull)
        {
            if (_reading is null)
            {
                ValueTask<StreamStep> next = exchange.NextAsync();
                if (next.IsCompletedSuccessfully)
                {
                    Take(next.Result);
                    continue;
                }

                _reading = next.AsTask();
            }

            if (!_reading.IsCompletedSuccessfully)
                return;
            StreamStep step = _reading.Result;
            _reading = null;
            Take(step);
        }
    }

    private void Take(StreamStep step)
    {
        if (step is StreamStep.End or StreamStep.Fault)
        {
            _last = step;
            return;
        }

        bool hasText = step == StreamStep.Event && AnswerPieces.HasText(exchange.Answer);
        if (!hasText && _held.Count == 0)
        {
            _direct = step;
            return;
        }

        HeldEvent held = _spare.TryPop(out HeldEvent? spare) ? spare : new HeldEvent();
        held.Fill(step, exchange, hasText, clock.GetTimestamp());
        _held.Enqueue(held);
        _heldBytes += held.Bytes;
    }

    private TimeSpan WaitFor(HeldEvent head, long now)
    {
        if (_sentAt is not { } sentAt)
            return TimeSpan.Zero;
        TimeSpan pause = _delay - clock.GetElapsedTime(sentAt, now);
        TimeSpan limit = Left(head, now);
        return pause < limit ? pause : limit;
    }

    private TimeSpan Left(HeldEvent held, long now) => TextPacing.LongestLag - clock.GetElapsedTime(held.ArrivedAt, now);

    private async ValueTask WaitAsync(TimeSpan wait)
    {
        _tick ??= Task.Delay(wait, clock, aborted);
        if (_reading is { IsCompleted: false } reading)
            await Task.WhenAny(reading, _tick);
        else
            await _tick;
        if (!_tick.IsCompleted)
            return; // something came: it may have to wait as long as what is there
        await _tick;
        _tick = null;
    }

    private StreamStep ServeWhole(HeldEvent head)
    {
        Leave();
        _served = head;
        (Answer, Raw) = (head.Answer, head.Raw);
        return head.Step;
    }

    private StreamStep ServePiece(HeldEvent head, long now)
    {
        TimeSpan delay = pacing.DelayOf(head.Length);
        int pressing = _pressing > 0 ? _pressing : Pressing(delay, now);
        int piece = Math.Max(pressing, pacing.PieceOf(head.Length));
        if (!head.Begun && piece >= head.Length)
        {
            Sent(pressing - head.Length, delay, now);
            return ServeWhole(head);
        }

        head.Begun = true;
        int taken = _frame.Take(head.Pieces, piece, head.Separator(form));
        head.SeparatorTaken = true;
        (Answer, Raw) = (_frame.Answer, _frame.Raw);
        if (!head.Pieces.HasMore)
        {
            Leave();
            Recycle(head);
        }

        Sent(pressing - taken, delay, now);
        return StreamStep.Event;
    }

    private void Sent(int stillPressing, TimeSpan delay, long now)
    {
        _pressing = Math.Max(0, stillPressing);
        (_sentAt, _delay) = (now, delay);
        _tick = null;
    }

    /// <summary>How many characters must go now, so that everything that is held is gone in its time.</summary>
    private int Pressing(TimeSpan delay, long now)
    {
        bool full = IsFull;
        int before = 0;
        int most = 0;
        foreach (HeldEvent held in _held)
        {
            before += held.CharactersLeft;
            most = Math.Max(most, full ? before : TextPacing.Pressing(before, Left(held, now), delay));
        }

        return most;
    }

    private void Leave() => _heldBytes -= _held.Dequeue().Bytes;

    private void Recycle()
    {
        if (_served is { } served)
            Recycle(served);
        _served = null;
    }

    private void Recycle(HeldEvent held)
    {
        if (held.Bytes <= MaxHeldBytes / 4)
            _spare.Push(held);
        else
            held.Dispose();
    }

    /// <summary>An event, and how much of it the client has.</summary>
    private sealed class HeldEvent : IDisposable
    {
        private byte[] _bytes = [];
        private int _rawLength;
        private int _jsonLength;

        /// <summary>What it is.</summary>
        public StreamStep Step { get; private set; }

        /// <summary>The whole event.</summary>
        public Answer Answer { get; } = new();

        /// <summary>Its pieces, where it has text.</summary>
        public AnswerPieces Pieces { get; } = new();

        /// <summary>The whole event with its framing.</summary>
        public ReadOnlyMemory<byte> Raw => _bytes.AsMemory(0, _rawLength);

        /// <summary>When it came.</summary>
        public long ArrivedAt { get; private set; }

        /// <summary>Characters of its text; 0 for an event that is not cut.</summary>
        public int Length { get; private set; }

        /// <summary>Characters that the client does not have yet.</summary>
        public int CharactersLeft => Length == 0 ? 0 : Pieces.Characters;

        /// <summary>Whether the client has a piece.</summary>
        public bool Begun { get; set; }

        /// <summary>Whether what stands before the event in an array was sent.</summary>
        public bool SeparatorTaken { get; set; }

        /// <summary>The memory it takes.</summary>
        public int Bytes => _bytes.Length;

        /// <summary>Copies the present event.</summary>
        public void Fill(StreamStep step, UpstreamExchange exchange, bool hasText, long now)
        {
            ReadOnlySpan<byte> raw = exchange.Raw.Span;
            ReadOnlySpan<byte> json = step == StreamStep.Event ? exchange.Answer.Json.Span : default;
            if (_bytes.Length < raw.Length + json.Length)
                _bytes = new byte[raw.Length + json.Length];
            raw.CopyTo(_bytes);
            json.CopyTo(_bytes.AsSpan(raw.Length));
            (Step, ArrivedAt, Length, Begun, SeparatorTaken) = (step, now, 0, false, false);
            (_rawLength, _jsonLength) = (raw.Length, json.Length);
            if (step != StreamStep.Event)
                return;
            AnswerReader.TryRead(_bytes.AsMemory(raw.Length, json.Length), Answer); // it was read once before
            if (!hasText)
                return;
            Pieces.Begin(Answer);
            Length = Pieces.Characters;
        }

        /// <summary>What stands before the next piece in an array: at first what stood before the event.</summary>
        public ReadOnlySpan<byte> Separator(AnswerForm form) =>
            form != AnswerForm.JsonArray ? default : SeparatorTaken ? ",\r\n"u8 : _bytes.AsSpan(0, _rawLength - _jsonLength);

        /// <inheritdoc/>
        public void Dispose() => Pieces.Dispose();
    }
}
