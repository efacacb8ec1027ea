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
        using Process wrk = Process.Start(start) ?? throw new InvalidOperationException("wrk cannot be started.");
        string output = await wrk.StandardOutput.ReadToEndAsync(stopping);
        await wrk.WaitForExitAsync(stopping);
        TimeSpan used = lane.Server.ProcessorTime - before;
        return Parse(output, used);
    }

    private static Sample Parse(string output, TimeSpan used)
    {
        string line = output.Split('\n').LastOrDefault(static line => line.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"wrk gave no result:\n{output}");
        long[] numbers = [.. line.Split(' ').Skip(1).Select(static word => long.Parse(word, CultureInfo.InvariantCulture))];
        return new Sample(numbers[0], numbers[1] / 1e6, used.TotalSeconds, numbers[2] / 1e3, numbers[3] / 1e3, numbers[4]);
    }
}
