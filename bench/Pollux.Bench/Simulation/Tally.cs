using Pollux.KeyPool;

namespace Pollux.Bench.Simulation;

/// <summary>What is counted while a strategy runs.</summary>
internal sealed class Tally(long start)
{
    // "First ten minutes": the prototype's refusals there were nearly all lessons about projects, limits and entitlement.
    private readonly long _learningEnd = start + (10 * TimeSpan.TicksPerMinute);
    private readonly List<int> _waitsMs = [];

    public long Offered { get; set; }

    public long Served => _waitsMs.Count;

    public long Attempts { get; set; }

    public long QuotaRefusals { get; private set; }

    public long AvoidableRefusals { get; private set; }

    public long LearningRefusals { get; private set; }

    public long Overloads { get; private set; }

    public long InvalidKeyAnswers { get; private set; }

    /// <summary>A request got its answer.</summary>
    /// <param name="wait">Ticks from its arrival to the sending of the attempt that won.</param>
    public void Serve(long wait) => _waitsMs.Add((int)(wait / TimeSpan.TicksPerMillisecond));

    /// <summary>An attempt failed.</summary>
    public void Refuse(Fault fault, bool avoidable, long now)
    {
        switch (fault.HttpStatus)
        {
            case 429:
                QuotaRefusals++;
                AvoidableRefusals += avoidable ? 1 : 0;
                LearningRefusals += now < _learningEnd ? 1 : 0;
                break;
            case 503:
                Overloads++;
                break;
            default:
                InvalidKeyAnswers++;
                break;
        }
    }

    /// <summary>Waits in milliseconds at these shares of all served requests; to be asked once, at the end.</summary>
    public int[] Percentiles(params ReadOnlySpan<double> shares)
    {
        _waitsMs.Sort();
        var values = new int[shares.Length];
        for (var i = 0; i < shares.Length && _waitsMs.Count > 0; i++)
            values[i] = _waitsMs[Math.Min(_waitsMs.Count - 1, (int)(shares[i] * _waitsMs.Count))];
        return values;
    }
}
