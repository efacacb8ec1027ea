using Pollux.Settings;

namespace Pollux.Upstream;

/// <summary>
/// Which of the addresses of <c>BASE_URL</c> an attempt takes: in turns by their weights. One that could not be reached is passed
/// over for a while as long as another is left. Thread-safe.
/// </summary>
internal sealed class BaseRoutes
{
    /// <summary>How long one that could not be reached is passed over: then a single request finds out.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    private readonly string[] _all;
    private readonly int[] _turns; // indexes, each as often as its weight says, evenly mixed
    private readonly long[] _pausedUntil; // UTC ticks
    private readonly TimeProvider _clock;
    private long _turn = -1;

    /// <param name="addresses">At least one.</param>
    /// <param name="clock">Measures pauses.</param>
    public BaseRoutes(IReadOnlyList<WeightedAddress> addresses, TimeProvider clock)
    {
        _all = [.. addresses.Select(static one => one.Address.AbsoluteUri)];
        _pausedUntil = new long[_all.Length];
        _clock = clock;
        _turns = Mix([.. addresses.Select(static one => one.Weight)]);
    }

    /// <summary>All of them, each with a slash at its end.</summary>
    public IReadOnlyList<string> All => _all;

    /// <summary>Whether there is no choice.</summary>
    public bool IsSingle => _all.Length == 1;

    /// <summary>The address for the next attempt.</summary>
    public string Next()
    {
        if (IsSingle)
            return _all[0];
        long now = _clock.GetUtcNow().UtcTicks;
        long first = Interlocked.Increment(ref _turn);
        for (int i = 0; i < _turns.Length; i++)
        {
            int index = _turns[(int)((ulong)(first + i) % (ulong)_turns.Length)];
            if (Volatile.Read(ref _pausedUntil[index]) <= now)
                return _all[index];
        }

        return _all[_turns[(int)((ulong)first % (ulong)_turns.Length)]]; // none may be asked: then the one whose turn it is
    }

    /// <summary>An address could not be reached.</summary>
    public void Failed(string address)
    {
        if (Array.IndexOf(_all, address) is >= 0 and var index)
            Volatile.Write(ref _pausedUntil[index], (_clock.GetUtcNow() + Pause).UtcTicks);
    }

    /// <summary>Smooth weighted turns: who has waited longest for its share comes next, so weights 3 and 1 give a, a, b, a.</summary>
    private static int[] Mix(int[] weights)
    {
        int sum = weights.Sum();
        int[] turns = new int[sum], due = new int[weights.Length];
        for (int turn = 0; turn < sum; turn++)
        {
            int next = 0;
            for (int i = 0; i < weights.Length; i++)
            {
                due[i] += weights[i];
                if (due[i] > due[next])
                    next = i;
            }

            due[next] -= sum;
            turns[turn] = next;
        }

        return turns;
    }
}
