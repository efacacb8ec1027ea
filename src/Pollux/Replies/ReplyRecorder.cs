using Pollux.Dispatch;

namespace Pollux.Replies;

/// <summary>Takes down the events of a stream while they pass, as long as there is memory for it. Belongs to one stream; dispose it.</summary>
internal sealed class ReplyRecorder(ReplyStore store) : IDisposable
{
    private readonly List<byte[]> _events = [];
    private bool _gaveUp;
    private long _reserved;
    private ulong _ended;

    /// <summary>Whether the answer may still become one to keep.</summary>
    public bool IsHopeful => !_gaveUp;

    /// <summary>Takes down a step.</summary>
    public void Take(UpstreamStream stream, StreamStep step)
    {
        if (_gaveUp || step is StreamStep.Framing or StreamStep.End)
            return;
        int bytes = stream.Payload.Length;
        if (step == StreamStep.Fault || !StoredReply.IsGood(stream.Answer, ref _ended) || !store.TryReserve(bytes))
        {
            GiveUp();
            return;
        }

        _reserved += bytes;
        _events.Add(stream.Payload.ToArray());
    }

    /// <summary>The reply, once the stream has come to its end.</summary>
    public StoredReply? Whole(UpstreamStream stream) => _gaveUp || _ended == 0 ? null : new StoredReply([.. _events], stream.Headers);

    /// <inheritdoc/>
    public void Dispose() => GiveUp();

    private void GiveUp()
    {
        _gaveUp = true;
        _events.Clear();
        store.Release(_reserved);
        _reserved = 0;
    }
}
