using System.Text.Json;
using Pollux.FakeGemini;

namespace Pollux.IntegrationTests.Agents;

/// <summary>
/// A task as a model would solve it: each step follows from how many results of functions the conversation holds, so that a turn
/// that is asked for again is answered again.
/// </summary>
/// <param name="steps">What the model answers, by the number of results it was given; the last has no calls.</param>
internal sealed class AgentTask(IReadOnlyDictionary<int, FakeReply> steps)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, int> _asked = [];

    /// <summary>Faults by step: they come first, one each.</summary>
    public Dictionary<int, Queue<FakeReply>> Faults { get; } = [];

    /// <summary>How often each step was asked for, faults included.</summary>
    public IReadOnlyDictionary<int, int> Asked => _asked;

    /// <summary>What the model answers.</summary>
    public FakeReply? Answer(ReceivedRequest request)
    {
        if (request.Action is not ("streamGenerateContent" or "generateContent") || !request.Json.TryGetProperty("tools", out _))
            return null; // a side request: the fake has an answer of its own
        int results = ResultsIn(request);
        lock (_lock)
        {
            _asked[results] = _asked.GetValueOrDefault(results) + 1;
            if (Faults.TryGetValue(results, out Queue<FakeReply>? faults) && faults.TryDequeue(out FakeReply? fault))
                return fault;
        }

        return steps.GetValueOrDefault(results);
    }

    /// <summary>How many results of functions a request holds.</summary>
    public static int ResultsIn(ReceivedRequest request) =>
        request.Method == "POST" && request.Json.TryGetProperty("contents", out JsonElement contents)
            ? contents.EnumerateArray().SelectMany(static content => content.GetProperty("parts").EnumerateArray()).Count(static part => part.TryGetProperty("functionResponse", out _))
            : 0;
}
