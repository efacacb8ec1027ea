using Pollux.Buffers;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Sse;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>What <see cref="UpstreamStream.NextAsync"/> found.</summary>
internal enum StreamStep
{
    /// <summary>An event: <see cref="UpstreamStream.Answer"/> and <see cref="UpstreamStream.Raw"/> hold it.</summary>
    Event,

    /// <summary>Bytes of the framing alone, for a pass-through to hand on.</summary>
    Framing,

    /// <summary>The end, and every candidate had its finish reason.</summary>
    End,

    /// <summary>The stream broke, was cut, or brought an error: see <see cref="UpstreamStream.Fault"/>.</summary>
    Fault,
}

/// <summary>
/// A streamed answer of the upstream. First <see cref="CommitAsync"/> looks for something meaningful, so that until then
/// another attempt is possible; then <see cref="NextAsync"/> gives event after event, those before the first meaningful
/// one included. Knows whether the stream ended as it must. Not thread-safe; dispose it.
/// </summary>
internal sealed class UpstreamStream : IAsyncDisposable
{
    private const int MaxHeldBytes = 1024 * 1024;

    private readonly HttpResponseMessage _response;
    private readonly Stream _body;
    private readonly StreamFramer _framer;
    private readonly AttemptCancellation _cancellation;
    private readonly Func<ReadOnlyMemory<byte>, Fault> _classify;
    private readonly UpstreamCall _call;
    private readonly AnswerRoom? _room;
    private readonly Answer _live = new();
    private readonly Answer _replayed = new();
    private Queue<(FrameKind Kind, byte[] Payload, byte[] Raw)>? _held;
    private Frame _frame;
    private BodyShare? _share;
    private bool _pending;  // _frame was read by the commit and not given yet
    private bool _ended;
    private bool _done;     // OpenAI's end mark was read
    private bool _blocked;  // the prompt, for a client that is told so: such an answer has no candidate to finish
    private ulong _seen;     // candidates by index
    private ulong _finished;

    /// <param name="response">Owned from here on.</param>
    /// <param name="body">Its content.</param>
    /// <param name="call">What was asked, which says how it is framed and what the client can take.</param>
    /// <param name="cancellation">Owned from here on.</param>
    /// <param name="room">Where a large event gets its share; <see langword="null"/> for bytes that are there already.</param>
    /// <param name="classify">Judges an error object that came inside the stream.</param>
    public UpstreamStream(
        HttpResponseMessage response, Stream body, UpstreamCall call, AttemptCancellation cancellation, AnswerRoom? room,
        Func<ReadOnlyMemory<byte>, Fault> classify)
    {
        _response = response;
        _body = body;
        _framer = call.Form == AnswerForm.JsonArray ? new JsonArrayFramer(LargeMemoryPool.Instance) : new SseFramer(LargeMemoryPool.Instance);
        _cancellation = cancellation;
        _call = call;
        _room = room;
        _classify = classify;
        Answer = _live;
    }

    /// <summary>The present event as an answer.</summary>
    public Answer Answer { get; private set; }

    /// <summary>The present event with its framing, as it came.</summary>
    public ReadOnlyMemory<byte> Raw { get; private set; }

    /// <summary>The JSON of the present event.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    /// <summary>The last token counts seen.</summary>
    public GeminiUsage Usage { get; private set; }

    /// <summary>Why the stream failed, after <see cref="StreamStep.Fault"/>.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>A finish reason that says that the turn failed after something was already sent.</summary>
    public FinishReason FailedFinish { get; private set; } = FinishReason.None;

    /// <summary>Headers of the upstream that are worth handing on.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Reads until something meaningful came.</summary>
    /// <returns><see langword="null"/> when it came; else why another attempt is due.</returns>
    public async ValueTask<Fault?> CommitAsync()
    {
        int heldBytes = 0;
        while (true)
        {
            StreamStep step = await ReadAsync();
            if (step == StreamStep.Fault)
                return Fault;

            if (step == StreamStep.End)
                return FaultAttribution.FromAnswer(AnswerJudgement.FailureOf(FailedFinish) ?? AnswerFault.Empty);

            if (step == StreamStep.Event)
            {
                _blocked = _live.BlockReason.Exists && _live.Candidates.Length == 0;
                if (_blocked && !_call.BlockReachesClient)
                    return FaultAttribution.FromAnswer(AnswerFault.PromptBlocked);

                if (_blocked || _call.IsOpenAI || AnswerJudgement.IsMeaningful(_live, _call.ThoughtsReachClient) || heldBytes > MaxHeldBytes)
                {
                    _pending = true;
                    return null;
                }
            }

            heldBytes += _frame.Raw.Length;
            (_held ??= new()).Enqueue((_frame.Kind, _frame.Payload.ToArray(), _frame.Raw.ToArray()));
        }
    }

    /// <summary>Gives the next step.</summary>
    public async ValueTask<StreamStep> NextAsync()
    {
        if (_held is { Count: > 0 })
        {
            (FrameKind kind, byte[] payload, byte[] raw) = _held.Dequeue();
            (Raw, Payload) = (raw, payload);
            Answer = _replayed;
            AnswerReader.TryRead(payload, _replayed); // it was read once before
            return kind == FrameKind.Framing ? StreamStep.Framing : StreamStep.Event;
        }

        if (_pending)
        {
            _pending = false;
            Answer = _live;
            (Raw, Payload) = (_frame.Raw, _frame.Payload);
            return StreamStep.Event;
        }

        StreamStep step = await ReadAsync();
        Answer = _live;
        (Raw, Payload) = (_frame.Raw, _frame.Payload);
        return step;
    }

    /// <summary>Closes the connection, so that a reading that is under way ends. It is still to be disposed of afterwards.</summary>
    public void Abandon() => _response.Dispose();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _framer.Dispose();
        await _body.DisposeAsync();
        _response.Dispose(); // before the end of the stream this closes the connection: the upstream stops working for us
        _cancellation.Dispose();
        _share?.Dispose();
    }

    private async ValueTask<StreamStep> ReadAsync()
    {
        while (true)
        {
            if (_framer.TryRead(out _frame) || (_ended && _framer.TryReadLast(out _frame)))
            {
                StreamStep? step = Take();
                if (step is { } found)
                    return found;
                continue;
            }

            if (_ended)
                return End();

            try
            {
                if (_room is not null && _framer.NextLargeBytes is > 0 and var size)
                    await MakeRoomAsync(_room, size);
                int read = await _body.ReadAsync(_framer.GetMemory(), _cancellation.Token);
                if (read == 0)
                    _ended = true;
                else
                    _framer.Advance(read);
                _cancellation.Heard();
            }
            catch (Exception fault) when (fault is IOException or HttpRequestException or InvalidDataException)
            {
                return Fail(FaultAttribution.FromTransport(fault is InvalidDataException ? TransportFault.MalformedAnswer : TransportFault.StreamCut));
            }
            catch (NoRoomException)
            {
                return Fail(FaultAttribution.FromTransport(TransportFault.NoRoom));
            }
            catch (OperationCanceledException) when (!_cancellation.RequestEnded)
            {
                return Fail(FaultAttribution.FromTransport(TransportFault.Silence));
            }
        }
    }

    /// <summary>An event is large: it needs its share, and one that holds a share already takes what more it needs.</summary>
    private async ValueTask MakeRoomAsync(AnswerRoom room, int size)
    {
        if (_share is null)
            _share = await room.TakeAsync(Math.Max(size, LargeMemory.LeastMapped), !_call.IsOneOfSeveral, _cancellation);
        else
            AnswerRoom.Fit(_share, Math.Max(size, LargeMemory.LeastMapped));
    }

    private StreamStep? Take()
    {
        if (_frame.Kind == FrameKind.Framing)
            return StreamStep.Framing;

        if (_call.IsOpenAI && _frame.Payload.Span.SequenceEqual("[DONE]"u8))
        {
            _done = true;
            return StreamStep.Event;
        }

        bool readable = AnswerReader.TryRead(_frame.Payload, _live);
        if (_frame.Kind == FrameKind.BareJson || _live.Error.Exists)
        {
            return Fail(readable && _live.Error.Exists
                ? _classify(_frame.Payload)
                : FaultAttribution.FromTransport(readable ? TransportFault.MalformedAnswer : TransportFault.StreamCut));
        }

        if (!readable)
            return Fail(FaultAttribution.FromTransport(TransportFault.MalformedAnswer));

        if (_call.IsOpenAI)
        {
            if (OpenAIUsage.Read(_frame.Payload.Span) is { Total: > 0 } usage)
                Usage = usage;
            _done |= _call.Service != UpstreamCall.Google && TellsFinish(_frame.Payload.Span); // not all others send the end mark
            return StreamStep.Event;
        }

        if (_call.NeedsWholeCalls && AnswerJudgement.HasCallWithoutName(_live))
            return Fail(FaultAttribution.FromAnswer(AnswerFault.MalformedFunctionCall));

        if (_live.HasUsage)
            Usage = Usage.Update(_live.Usage);

        foreach (ref readonly AnswerCandidate candidate in _live.Candidates)
        {
            ulong bit = 1UL << (candidate.Index & 63);
            _seen |= bit;
            if (candidate.FinishReason == FinishReason.None)
                continue;
            _finished |= bit;
            if (candidate.FinishReason.IsFailure())
                FailedFinish = candidate.FinishReason;
        }

        return StreamStep.Event;
    }

    /// <summary>Whether a chunk of OpenAI's form tells why it ends. In a text the quotes would be escaped.</summary>
    private static bool TellsFinish(ReadOnlySpan<byte> chunk) => chunk.IndexOf("\"finish_reason\":\""u8) >= 0 || chunk.IndexOf("\"finish_reason\": \""u8) >= 0;

    private StreamStep End() =>
        _blocked || _done || (_finished != 0 && (_seen & ~_finished) == 0) ? StreamStep.End : Fail(FaultAttribution.FromTransport(TransportFault.StreamCut));

    private StreamStep Fail(Fault fault)
    {
        Fault = fault;
        return StreamStep.Fault;
    }
}
