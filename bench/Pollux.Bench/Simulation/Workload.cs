namespace Pollux.Bench.Simulation;

/// <summary>All requests of a run in order of arrival: the same for every strategy.</summary>
internal static class Workload
{
    // How far an estimate is off, as deviation of its logarithm: text by script class, pictures and sound.
    private const double TextError = 0.08;
    private const double MediaError = 0.30;

    /// <summary>Draws the requests from the seed.</summary>
    public static Arrival[] Draw(SimulationSetup setup)
    {
        List<Arrival> arrivals = [];
        for (var stream = 0; stream < setup.Arrivals.Length; stream++)
            Draw(setup, setup.Arrivals[stream], new Chance(Chance.Seed(setup.Seed, Purpose.Arrivals, stream)), arrivals);
        var all = arrivals.ToArray();
        var order = new (long At, int Index)[all.Length]; // a stable order also where two streams meet in one tick
        for (var i = 0; i < all.Length; i++)
            order[i] = (all[i].At, i);
        Array.Sort(order, all);
        return all;
    }

    private static void Draw(SimulationSetup setup, ArrivalStream stream, Chance chance, List<Arrival> arrivals)
    {
        var minute = 0;
        for (var from = setup.Start; from < setup.End; from += TimeSpan.TicksPerMinute, minute++)
        {
            var rate = stream.PerMinute[minute % stream.PerMinute.Length];
            if (rate <= 0)
                continue;
            var until = Math.Min(setup.End, from + TimeSpan.TicksPerMinute);
            var gap = TimeSpan.TicksPerMinute / rate;
            for (var at = from + (stream.Even ? gap / 2 : Wait(gap, chance)); at < until; at += stream.Even ? gap : Wait(gap, chance))
                arrivals.Add(DrawOne((long)at, stream, chance));
        }
    }

    // Gaps of a Poisson process are exponential, and it has no memory: each minute may begin anew with its own rate.
    private static double Wait(double meanGap, Chance chance) => -meanGap * Math.Log(1 - chance.Next());

    private static Arrival DrawOne(long at, ArrivalStream stream, Chance chance)
    {
        var tokens = Math.Clamp(Math.Exp(stream.Mu + (stream.Sigma * chance.NextNormal())), 1, 1e8);
        var error = chance.Next() < stream.MediaShare ? MediaError : TextError;
        var estimate = Math.Clamp(tokens * Math.Exp(error * chance.NextNormal()), 1, 1e9);
        return new Arrival(at, stream.Model, (int)Math.Round(tokens), (int)Math.Round(estimate), chance.Next(10));
    }
}

/// <summary>A request before anybody handles it.</summary>
/// <param name="At">UTC ticks.</param>
/// <param name="Model">Index of the model.</param>
/// <param name="Tokens">True input tokens.</param>
/// <param name="Estimate">What a strategy sees of them.</param>
/// <param name="Caller">0 to 9.</param>
internal readonly record struct Arrival(long At, int Model, int Tokens, int Estimate, int Caller);
