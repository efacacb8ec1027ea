using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Dispatch;

/// <summary>The events of a streamed answer in the order in which a client gets them. Dispose it when the client has them.</summary>
internal interface IAnswerEvents : IAsyncDisposable
{
    /// <summary>The present event as an answer.</summary>
    Answer Answer { get; }

    /// <summary>The present event, or the framing, as a native client reads it.</summary>
    ReadOnlyMemory<byte> Raw { get; }

    /// <summary>Why the stream failed, after <see cref="StreamStep.Fault"/>.</summary>
    Fault? Fault { get; }

    /// <summary>A finish reason that says that the turn failed after something was already sent.</summary>
    FinishReason FailedFinish { get; }

    /// <summary>Headers of the upstream that are worth handing on.</summary>
    IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Gives the next step.</summary>
    ValueTask<StreamStep> NextAsync();
}
