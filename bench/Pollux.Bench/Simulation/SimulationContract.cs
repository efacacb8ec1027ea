using Pollux.KeyPool;

namespace Pollux.Bench.Simulation;

/// <summary>One request of a client.</summary>
internal sealed class SimulatedRequest
{
    /// <summary>Its number in order of arrival, from 0.</summary>
    public required int Id;

    /// <summary>The model asked for.</summary>
    public required string Model;

    /// <summary>Estimated input tokens; the true number is not known before the answer.</summary>
    public required int Estimate;

    /// <summary>When it came.</summary>
    public required DateTimeOffset ArrivedAt;

    /// <summary><see cref="ArrivedAt"/> and the patience: the last instant at which an attempt may be sent.</summary>
    public required DateTimeOffset Deadline;

    /// <summary>Who asks, 0 to 9.</summary>
    public required int Caller;

    /// <summary>Served, failed, or killed by a restart. Set by the engine.</summary>
    public bool Ended;

    /// <summary>Attempts sent so far. Counted by the engine.</summary>
    public int Attempts;

    /// <summary>The strategy's own.</summary>
    public object? State;
}

/// <summary>What came back for one attempt.</summary>
/// <param name="Fault">The verdict of production's fault attribution; <see langword="null"/>: a good answer.</param>
/// <param name="InputTokens">True input tokens as the answer's usage tells them; 0 with a fault.</param>
internal readonly record struct SimulatedAnswer(Fault? Fault, int InputTokens);

/// <summary>What a strategy may do.</summary>
internal interface ISimulationHost
{
    /// <summary>Virtual time. Makes no timers: use <see cref="At"/>.</summary>
    TimeProvider Clock { get; }

    /// <summary>Keys, invalid ones included.</summary>
    int KeyCount { get; }

    /// <summary>All keys with made-up secrets; <see cref="KeyEntry.ProjectGroup"/> is set where the project is declared.</summary>
    IReadOnlyList<KeyEntry> Keys { get; }

    /// <summary>Sends an attempt; several of one request may run at once.</summary>
    /// <exception cref="InvalidOperationException">The request has ended, or its deadline has passed.</exception>
    void Send(SimulatedRequest request, int key, object? state = null);

    /// <summary>Gives the client an error now. Does nothing if the request has ended.</summary>
    void Fail(SimulatedRequest request);

    /// <summary>Calls <see cref="ISimulatedStrategy.OnTimer"/> at this instant, or at once if it has passed.</summary>
    void At(DateTimeOffset when, object state);
}

/// <summary>Decides which request is sent with which key, and when.</summary>
internal interface ISimulatedStrategy
{
    /// <summary>The word of the scenario file.</summary>
    string Name { get; }

    /// <summary>A request came.</summary>
    void OnArrival(SimulatedRequest request);

    /// <summary>An attempt came back; also for losers after the request ended.</summary>
    void OnAnswer(SimulatedRequest request, int key, in SimulatedAnswer answer, object? state);

    /// <summary>An instant asked for by <see cref="ISimulationHost.At"/> has come.</summary>
    void OnTimer(object state);

    /// <summary>
    /// The process was killed and started anew. Requests running then were failed by the engine and do not count as offered;
    /// neither their answers nor timers set before will come.
    /// </summary>
    void OnRestart();
}
