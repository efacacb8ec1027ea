using System.Diagnostics;
using System.Globalization;

namespace Pollux.Bench.Load;

/// <summary>Unary requests as fast as they are answered, sent by wrk.</summary>
internal sealed class UnaryLoad(LoadOptions options, string directory)
{
    /// <summary>Sends for some seconds.</summary>
    public async Task<Sample> MeasureAsync(Lane lane, int seconds, CancellationToken stopping)
    {
        string body = Path.Combine(directory, lane.Path.Contains("chat", StringComparison.Ordinal) ? "chat.json" : "native.json");
        await File.WriteAllTextAsync(body, lane.Body, stopping);
        ProcessStartInfo start = new("wrk") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string word in (string[])
        [
            "--threads", "1", "--connections", options.Connections.ToString(CultureInfo.InvariantCulture), "--duration", $"{seconds}s", "--timeout", "10s",
            "--script", Path.Combine(options.Root, "bench/load/post.lua"), lane.Url, "--", body, $"Authorization=Bearer {Bodies.Password}",
        ])
        {
            start.ArgumentList.Add(word);
        }

        TimeSpan before = lane.Server.ProcessorTime;
        TimeSpan upstreamBefore = lane.Upstream.ProcessorTime;
        TimeSpan endedBefore = EndedChildrenTime();
        using Process wrk = Process.Start(start) ?? throw new InvalidOperationException("wrk cannot be started.");
        string output = await wrk.StandardOutput.ReadToEndAsync(stopping);
        await wrk.WaitForExitAsync(stopping);
        TimeSpan used = lane.Server.ProcessorTime - before;
        TimeSpan all = used + EndedChildrenTime() - endedBefore + lane.Upstream.ProcessorTime - upstreamBefore;
        return Parse(output, used, all);
    }

    /// <summary>Processor time of the children of this process that have ended, wrk among them (cutime and cstime of proc(5)).</summary>
    private static TimeSpan EndedChildrenTime()
    {
        const long TicksPerSecond = 100; // USER_HZ
        string stat = File.ReadAllText("/proc/self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // the name before may hold blanks; "state", field 3, is the first here
        long ticks = long.Parse(fields[16 - 3], CultureInfo.InvariantCulture) + long.Parse(fields[17 - 3], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / (double)TicksPerSecond);
    }

    private static Sample Parse(string output, TimeSpan used, TimeSpan all)
    {
        string line = output.Split('\n').LastOrDefault(static line => line.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"wrk gave no result:\n{output}");
        long[] numbers = [.. line.Split(' ').Skip(1).Select(static word => long.Parse(word, CultureInfo.InvariantCulture))];
        return new Sample(numbers[0], numbers[1] / 1e6, used.TotalSeconds, all.TotalSeconds, numbers[2] / 1e3, numbers[3] / 1e3, numbers[4]);
    }
}
