using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Pollux.Bench.Load;

/// <summary>
/// A server under load in a process of its own, its output in a file. Counts what the process and its direct children use:
/// nginx works in children. Dispose it to end them.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private ServerProcess(string name, int port, string output, Process process)
    {
        Name = name;
        Port = port;
        Output = output;
        _process = process;
    }

    /// <summary>What the report calls it.</summary>
    public string Name { get; }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>The file that holds what it writes to the console.</summary>
    public string Output { get; }

    /// <summary>Address without a final slash.</summary>
    public string Address => $"http://127.0.0.1:{Port}";

    /// <summary>Processor time used so far, in user and system mode.</summary>
    public TimeSpan ProcessorTime => TimeSpan.FromTicks(Sum(static process => process.TotalProcessorTime.Ticks));

    /// <summary>Resident memory in MiB.</summary>
    public double ResidentMebibytes => Sum(static process => process.WorkingSet64) / 1048576.0;

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Starts a program and waits until it takes connections.</summary>
    /// <param name="name">What the report calls it; also names its output file.</param>
    /// <param name="port">The port it was told to listen on.</param>
    /// <param name="directory">Its working directory, made if need be.</param>
    /// <param name="environment">Added to the environment.</param>
    /// <param name="command">Program and arguments.</param>
    /// <exception cref="InvalidOperationException">It ended, or did not listen in time.</exception>
    public static async Task<ServerProcess> StartAsync(
        string name, int port, string directory, IEnumerable<KeyValuePair<string, string>> environment, params string[] command)
    {
        Directory.CreateDirectory(directory);
        string output = Path.Combine(directory, "output.txt");
        ProcessStartInfo start = new("/bin/sh") { WorkingDirectory = directory, UseShellExecute = false };
        // exec keeps the process id; a file costs this process nothing, a pipe would
        foreach (string word in (string[])["-c", "exec \"$@\" >output.txt 2>&1 </dev/null", "sh", .. command])
            start.ArgumentList.Add(word);
        foreach ((string key, string value) in environment)
            start.Environment[key] = value;

        ServerProcess server = new(name, port, output, Process.Start(start) ?? throw new InvalidOperationException($"{name} cannot be started."));
        try
        {
            await server.WaitForPortAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task WaitForPortAsync()
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < StartDeadline)
        {
            if (_process.HasExited)
                break;

            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        throw new InvalidOperationException($"{Name} does not listen on port {Port}. It wrote:\n{await File.ReadAllTextAsync(Output)}");
    }

    private long Sum(Func<Process, long> measure)
    {
        _process.Refresh();
        long sum = measure(_process);
        foreach (string id in File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            using Process child = Process.GetProcessById(int.Parse(id));
            sum += measure(child);
        }

        return sum;
    }
}
