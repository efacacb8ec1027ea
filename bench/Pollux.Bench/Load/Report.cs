namespace Pollux.Bench.Load;

/// <summary>Writes results as Markdown, ready for the README.</summary>
internal static class Report
{
    /// <summary>Writes one table; the first lane is the measure of the others.</summary>
    public static void Write(string title, string unit, Series[] lanes)
    {
        Series first = lanes[0];
        Console.WriteLine($"\n### {title}\n");
        Console.WriteLine($"| | {unit}s/s | of {first.Lane.Name} | free machine, {unit}s/s | of {first.Lane.Name} | CPU µs/{unit} | times {first.Lane.Name} | p50 ms | p99 ms | errors |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (Series lane in lanes)
        {
            Console.WriteLine(
                $"| {lane.Lane.Name} | {lane.Rate:F0} | {lane.Ratio(first, static sample => sample.Rate):F2} | {lane.Capacity:F0} | "
                + $"{lane.Ratio(first, static sample => sample.Capacity):F2} | {lane.CpuMicroseconds:F1} | "
                + $"{lane.Ratio(first, static sample => sample.CpuMicroseconds):F2} | {lane.P50:F2} | {lane.P99:F2} | {lane.Errors} |");
        }

        Console.WriteLine();
    }

    /// <summary>Writes a sentence.</summary>
    public static void Write(string sentence) => Console.WriteLine(sentence);
}
