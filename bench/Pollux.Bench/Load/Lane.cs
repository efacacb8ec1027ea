namespace Pollux.Bench.Load;

/// <summary>One thing that is measured: a request sent to a server, again and again.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Server">Who serves it.</param>
/// <param name="Upstream">Whom the server asks.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Body">The body.</param>
internal sealed record Lane(string Name, ServerProcess Server, ServerProcess Upstream, string Path, string Body)
{
    /// <summary>The full address.</summary>
    public string Url => Server.Address + Path;
}

/// <summary>One measurement.</summary>
/// <param name="Units">Requests or stream events that were served.</param>
/// <param name="Seconds">The time it took.</param>
/// <param name="ProcessorSeconds">Processor time of the server meanwhile.</param>
/// <param name="AllProcessorSeconds">The same of server, upstream and load generator together.</param>
/// <param name="P50">Median latency in milliseconds: of a request, or of a stream's first event.</param>
/// <param name="P99">Its 99th percentile.</param>
/// <param name="Errors">What went wrong.</param>
internal sealed record Sample(long Units, double Seconds, double ProcessorSeconds, double AllProcessorSeconds, double P50, double P99, long Errors)
{
    /// <summary>Units per second.</summary>
    public double Rate => Units / Seconds;

    /// <summary>
    /// Units per second that all processors would serve if nothing else ran: what stays comparable while others use the
    /// machine. It holds where processors are the bound, so for unary requests only.
    /// </summary>
    public double Capacity => Units * Environment.ProcessorCount / AllProcessorSeconds;

    /// <summary>Processor time per unit in microseconds.</summary>
    public double CpuMicroseconds => Units == 0 ? double.NaN : ProcessorSeconds * 1e6 / Units;
}

/// <summary>All rounds of one lane.</summary>
internal sealed class Series(Lane lane)
{
    private readonly List<Sample> _samples = [];

    public Lane Lane => lane;

    public long Units => _samples.Sum(static sample => sample.Units);

    public long Errors => _samples.Sum(static sample => sample.Errors);

    public double Rate => Median(static sample => sample.Rate);

    public double Capacity => Median(static sample => sample.Capacity);

    public double CpuMicroseconds => Median(static sample => sample.CpuMicroseconds);

    public double P50 => Median(static sample => sample.P50);

    public double P99 => Median(static sample => sample.P99);

    public void Add(Sample sample) => _samples.Add(sample);

    /// <summary>The median over rounds of a ratio within one round, so that a busy moment of the machine hits both sides.</summary>
    public double Ratio(Series other, Func<Sample, double> of) =>
        Median([.. _samples.Zip(other._samples, (mine, theirs) => of(mine) / of(theirs))]);

    private double Median(Func<Sample, double> of) => Median([.. _samples.Select(of)]);

    private static double Median(double[] values)
    {
        Array.Sort(values);
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
