namespace Pollux.Bench.Load;

/// <summary>Writes results as Markdown, ready for the README.</summary>
internal static class Report
{
    /// <summary>Writes one table; the first lane is the measure of the others.</summary>
    public static void Write(string title, string unit, Series[] lanes)
    {
        Series first = lanes[0];
        List<Column> columns =
        [
            new($"{unit}s/s", static lane => $"{lane.Rate:F0}"),
            new($"of {first.Lane.Name}", lane => $"{lane.Ratio(first, static sample => sample.Rate):F2}"),
            new($"free machine, {unit}s/s", static lane => $"{lane.Capacity:F0}"),
            new($"of {first.Lane.Name}", lane => $"{lane.Ratio(first, static sample => sample.Capacity):F2}"),
            new($"CPU µs/{unit}", static lane => $"{lane.CpuMicroseconds:F1}"),
            new($"times {first.Lane.Name}", lane => $"{lane.Ratio(first, static sample => sample.CpuMicroseconds):F2}"),
            new("p50 ms", static lane => $"{lane.P50:F2}"),
            new("p99 ms", static lane => $"{lane.P99:F2}"),
            new("errors", static lane => $"{lane.Errors}"),
        ];
        if (double.IsNaN(first.Capacity))
            columns.RemoveRange(2, 2);

        Console.WriteLine($"\n### {title}\n");
        WriteRow(["", .. columns.Select(static column => column.Title)]);
        WriteRow(["---", .. columns.Select(static _ => "---:")]);
        foreach (Series lane in lanes)
            WriteRow([lane.Lane.Name, .. columns.Select(column => column.Text(lane))]);
        Console.WriteLine();
    }

    /// <summary>Writes a sentence.</summary>
    public static void Write(string sentence) => Console.WriteLine(sentence);

    private static void WriteRow(IEnumerable<string> cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    private sealed record Column(string Title, Func<Series, string> Text);
}
