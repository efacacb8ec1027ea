namespace Pollux.Bench.Simulation;

/// <summary>
/// Chance that can be replayed. Either a sequence, or a value for a place (request and attempt): the network delay of a
/// request's first attempt is then the same for all strategies, so that they are compared under the same weather.
/// </summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood 2014): passes the usual tests, and any seed is as good as another.</remarks>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next share, 0 inclusive to 1 exclusive.</summary>
    public double Next() => Share(Mix(_state += 0x9E3779B97F4A7C15));

    /// <summary>The next whole number below the bound.</summary>
    public int Next(int bound) => (int)(Next() * bound);

    /// <summary>The next value of the standard normal distribution (Box and Muller).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - Next())) * Math.Cos(2 * Math.PI * Next());

    /// <summary>Puts the items into a random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var last = items.Length - 1; last > 0; last--)
        {
            var other = Next(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>The share that belongs to a place.</summary>
    public static double At(long seed, Purpose purpose, int first, int second) =>
        Share(Mix(Mix(Seed(seed, purpose) + ((ulong)(uint)first << 32) + (uint)second)));

    /// <summary>A seed of its own for each purpose, so that one more draw here changes nothing there.</summary>
    public static ulong Seed(long seed, Purpose purpose, int number = 0) =>
        Mix((ulong)seed + (0x9E3779B97F4A7C15 * (((ulong)purpose << 32) + (uint)number + 1)));

    private static double Share(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>What chance decides in a simulation.</summary>
internal enum Purpose
{
    Arrivals = 1,
    Keys,
    NetworkDelay,
    AnswerTime,
    Overload,
    DayDelay,
    Strategy,
}
