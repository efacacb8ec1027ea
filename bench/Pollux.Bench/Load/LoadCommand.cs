using System.Globalization;
using System.Runtime.InteropServices;

namespace Pollux.Bench.Load;

/// <summary>
/// The load run. Everything happens on one machine whose speed differs from minute to minute, so lanes take turns within each
/// round, and what counts is the ratio to nginx in the same round.
/// </summary>
internal static class LoadCommand
{
    /// <summary>Runs it.</summary>
    /// <returns>The exit code: 0 good, 1 something failed under load, 2 wrong call.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        LoadOptions options;
        try
        {
            options = LoadOptions.Parse(arguments);
        }
        catch (FormatException fault)
        {
            await Console.Error.WriteLineAsync($"{fault.Message}\n\n{LoadOptions.Usage}");
            return 2;
        }

        if (options.Help)
        {
            Console.WriteLine(LoadOptions.Usage);
            return 0;
        }

        using CancellationTokenSource stopping = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pollux-load-");
        try
        {
            return await MeasureAsync(options, directory.FullName, stopping.Token) ? 0 : 1;
        }
        finally
        {
            if (options.Keep)
                Console.WriteLine($"Logs: {directory.FullName}");
            else
                directory.Delete(recursive: true);
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }
    }

    private static async Task<bool> MeasureAsync(LoadOptions options, string directory, CancellationToken stopping)
    {
        bool good = true;
        if (options.Runs("unary"))
            good &= await UnaryAsync(options, Path.Combine(directory, "unary"), stopping);
        if (options.Runs("stream"))
            good &= await StreamAsync(options, Path.Combine(directory, "stream"), stopping);
        if (options.Runs("held") && options.Held > 0)
            good &= await HeldAsync(options, Path.Combine(directory, "held"), stopping);
        return good;
    }

    private static async Task<bool> UnaryAsync(LoadOptions options, string directory, CancellationToken stopping)
    {
        await using Stand stand = await Stand.StartAsync(options, directory);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, stopping); // start-up work ends: keys and models are checked
        double idle = stand.Pollux.ResidentMebibytes;
        UnaryLoad load = new(options, directory);
        Series[] lanes = [.. Lanes(stand, Bodies.NativePath, Bodies.Native, Bodies.ChatPath, Bodies.Chat).Select(static lane => new Series(lane))];
        long warmUp = 0;
        foreach (Series series in lanes)
        {
            Sample sample = await load.MeasureAsync(series.Lane, options.Seconds * 2, stopping); // the just-in-time compiler has its turn
            warmUp += series.Lane.Server == stand.Pollux ? sample.Units : 0;
        }

        await RoundsAsync(options.Rounds, lanes, lane => load.MeasureAsync(lane, options.Seconds, stopping));
        Report.Write($"Unary requests, {options.Connections} connections, as fast as they are answered", "request", lanes);
        Report.Write($"Resident memory of Pollux: {idle:F0} MiB idle after the start, {stand.Pollux.ResidentMebibytes:F0} MiB after this load.");
        bool logged = await TellLogAsync(stand.Pollux, warmUp + lanes.Where(series => series.Lane.Server == stand.Pollux).Sum(static series => series.Units), stopping);
        return logged && lanes.All(static series => series.Errors == 0);
    }

    /// <summary>Figures "with logs on" are worth nothing if the log was not written: counts its lines.</summary>
    private static async Task<bool> TellLogAsync(ServerProcess pollux, long requests, CancellationToken stopping)
    {
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, stopping); // what still waits in the queue is written
        long lines = File.ReadLines(pollux.Output).LongCount(static line => line.Contains(" RequestLog ", StringComparison.Ordinal));
        Report.Write($"Log lines of Pollux: {lines * 100.0 / requests:F0} % of its requests have theirs.");
        return lines > 0;
    }

    private static async Task<bool> StreamAsync(LoadOptions options, string directory, CancellationToken stopping)
    {
        await using Stand stand = await Stand.StartAsync(
            options, directory, "--chunks", Text(options.Events), "--interval-ms", Text(options.IntervalMilliseconds));
        using StreamLoad load = new();
        Series[] lanes = [.. Lanes(stand, Bodies.NativeStreamPath, Bodies.Native, Bodies.ChatPath, Bodies.ChatStream).Select(static lane => new Series(lane))];
        foreach (Series series in lanes)
            await load.MeasureAsync(series.Lane, options.Streams, options.Events, stopping);

        await RoundsAsync(options.Rounds, lanes, lane => load.MeasureAsync(lane, options.Streams, options.Events, stopping));
        Report.Write($"{options.Streams} streams of {options.Events} events, {options.IntervalMilliseconds} ms between two events; latency is that of the first event", "event", lanes);
        return lanes.All(static series => series.Errors == 0);
    }

    private static async Task<bool> HeldAsync(LoadOptions options, string directory, CancellationToken stopping)
    {
        const int HoldMilliseconds = 20_000;
        await using Stand stand = await Stand.StartAsync(options, directory, "--chunks", "2", "--interval-ms", Text(HoldMilliseconds));
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, stopping);
        bool good = true;
        foreach (Lane lane in Lanes(stand, Bodies.NativeStreamPath, Bodies.Native, Bodies.ChatPath, Bodies.ChatStream))
        {
            using StreamLoad load = new();
            double before = lane.Server.ResidentMebibytes;
            double open = 0;
            int completed = await load.HoldAsync(lane, options.Held, () => open = lane.Server.ResidentMebibytes, stopping);
            Report.Write($"{lane.Name}: {completed} of {options.Held} streams held at once and completed; {before:F0} MiB before, {open:F0} MiB while open ({(open - before) * 1024 / options.Held:F0} KiB each).");
            good &= completed == options.Held;
        }

        return good;
    }

    /// <summary>nginx first: the report compares with it.</summary>
    private static IEnumerable<Lane> Lanes(Stand stand, string nativePath, string native, string chatPath, string chat)
    {
        yield return new Lane("nginx", stand.Nginx, stand.Fake, nativePath, native);
        yield return new Lane("bare .NET proxy", stand.Reference, stand.Fake, nativePath, native);
        yield return new Lane("Pollux, pass-through", stand.Pollux, stand.Fake, nativePath, native);
        yield return new Lane("Pollux, chat translated", stand.Pollux, stand.Fake, chatPath, chat);
        if (stand.Baseline is not { } baseline)
            yield break;
        yield return new Lane("baseline, pass-through", baseline, stand.Fake, nativePath, native);
        yield return new Lane("baseline, chat translated", baseline, stand.Fake, chatPath, chat);
    }

    private static async Task RoundsAsync(int rounds, Series[] lanes, Func<Lane, Task<Sample>> measure)
    {
        for (int round = 0; round < rounds; round++)
        {
            foreach (Series series in lanes)
                series.Add(await measure(series.Lane));
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
