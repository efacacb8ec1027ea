using System.Runtime.InteropServices;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Fast;

(ProgramArguments? arguments, string? fault) = ProgramArguments.Parse(args);
if (arguments is null)
{
    await Console.Error.WriteLineAsync($"{fault}\n\n{ProgramArguments.Usage}");
    return 2;
}

if (arguments.Help)
{
    Console.WriteLine(ProgramArguments.Usage);
    return 0;
}

using CancellationTokenSource stopping = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await (arguments.Fast ? ServeFastAsync(arguments, stopping.Token) : ServeAsync(arguments, stopping.Token));
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stopping.Cancel();
}

static async Task ServeAsync(ProgramArguments arguments, CancellationToken stopping)
{
    FakeGeminiOptions options = new()
    {
        Port = arguments.Port,
        Seed = arguments.Seed,
        Chunks = arguments.Chunks ?? 3,
        Latency = TimeSpan.FromMilliseconds(arguments.LatencyMilliseconds),
    };
    await using FakeGeminiServer server = await FakeGeminiServer.StartAsync(options, stopping);
    if (arguments.Chaos > 0) server.Script.Chaos = FakeChaos.Seeded(arguments.Chaos, new Random(arguments.Seed));
    foreach (string key in arguments.Keys) server.AddKey(key);
    for (int i = 1; i <= arguments.GeneratedKeys; i++)
    {
        FakeKey key = server.AddKey($"AQ.fake-key-{i:D4}", server.AddProject($"2000000{i:D5}"));
        Console.WriteLine($"key {key.Key} of project {key.Project.Number}");
    }

    Console.WriteLine($"Gemini API at {server.BaseAddress}v1beta with {options.Models.Count} models and {arguments.Keys.Count + arguments.GeneratedKeys} keys");
    if (arguments.Keys.Count + arguments.GeneratedKeys == 0) Console.WriteLine("No key is valid: give some with --key or --keys.");
    await UntilAsync(stopping);
}

static async Task ServeFastAsync(ProgramArguments arguments, CancellationToken stopping)
{
    FastGeminiOptions options = new()
    {
        Port = arguments.Port,
        Events = arguments.Chunks ?? 20,
        ChunkBytes = arguments.ChunkBytes,
        Latency = TimeSpan.FromMilliseconds(arguments.LatencyMilliseconds),
        Interval = TimeSpan.FromMilliseconds(arguments.IntervalMilliseconds),
    };
    await using FastGeminiServer server = await FastGeminiServer.StartAsync(options, stopping);
    Console.WriteLine($"Fast Gemini API at {server.BaseAddress}v1beta: streams of {options.Events} events, {options.ChunkBytes} characters each");
    await UntilAsync(stopping);
}

static async Task UntilAsync(CancellationToken stopping)
{
    TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    await using CancellationTokenRegistration registration = stopping.Register(stopped.SetResult);
    await stopped.Task;
}
