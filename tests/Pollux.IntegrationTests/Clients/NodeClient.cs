using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Pollux.IntegrationTests.Clients;

/// <summary>A client for Node.js: each scenario is a script below <c>tests/clients</c>, run as a process.</summary>
/// <param name="folder">The folder of its scripts.</param>
/// <param name="provider">For clients with several providers: which one.</param>
internal sealed class NodeClient(string folder, string? provider = null) : IClient
{
    private static readonly string Root = FindRoot();

    private static readonly Lazy<string?> Missing = new(FindWhatIsMissing);

    public async Task<ClientReport> RunAsync(ClientCall call, CancellationToken cancellation)
    {
        await using NodeRun run = Start(call, cancellation);
        return await run.ReportAsync();
    }

    public Task<IAbortableRun> StartAsync(ClientCall call, CancellationToken cancellation) =>
        Task.FromResult<IAbortableRun>(Start(call, cancellation));

    private NodeRun Start(ClientCall call, CancellationToken cancellation)
    {
        if (Missing.Value is { } missing)
            Assert.Skip(missing);

        var start = new ProcessStartInfo("node", [Path.Combine(Root, folder, call.Scenario + ".mjs")])
        {
            UseShellExecute = false,
            WorkingDirectory = Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GATEWAY_URL"] = call.Gateway.AbsoluteUri.TrimEnd('/');
        start.Environment["GATEWAY_KEY"] = call.Credential;
        start.Environment["MODEL"] = call.Model;
        if (provider is not null)
            start.Environment["PROVIDER"] = provider;
        return new NodeRun(Process.Start(start)!, $"{folder}/{call.Scenario}.mjs", cancellation);
    }

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Pollux.slnx")))
            directory = directory.Parent;
        return Path.Combine(directory?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository."), "tests", "clients");
    }

    private static string? FindWhatIsMissing()
    {
        try
        {
            using Process node = Process.Start(new ProcessStartInfo("node", ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            node.WaitForExit();
        }
        catch (Win32Exception)
        {
            return "Node.js is not installed; the clients for it need version 20 or newer.";
        }

        return Directory.Exists(Path.Combine(Root, "node_modules")) ? null : "The clients are not installed; ./test installs them, or run npm ci in tests/clients.";
    }
}

/// <summary>A script that runs. Whatever goes wrong with it fails the test with all that the script wrote.</summary>
internal sealed class NodeRun : IAbortableRun
{
    private const int Answered = 0;
    private const int Threw = 3;

    private readonly Process _process;
    private readonly string _script;
    private readonly CancellationTokenSource _deadline;
    private readonly Task<string> _errors;
    private readonly List<string> _lines = [];

    public NodeRun(Process process, string script, CancellationToken cancellation)
    {
        (_process, _script) = (process, script);
        _deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _deadline.CancelAfter(TimeSpan.FromMinutes(2));
        _errors = process.StandardError.ReadToEndAsync(_deadline.Token);
    }

    /// <summary>Waits for the end and reads the report.</summary>
    public async Task<ClientReport> ReportAsync()
    {
        ClientReport report = Read(await NextLineAsync());
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(_deadline.Token);
        return _process.ExitCode == (report.Error is null ? Answered : Threw) ? report : throw await BrokenAsync();
    }

    /// <inheritdoc/>
    public async Task BeganAsync()
    {
        if (await NextLineAsync() != """{"began":true}""")
            throw await BrokenAsync();
    }

    /// <inheritdoc/>
    public async Task<ClientReport> AbortAsync()
    {
        await _process.StandardInput.WriteLineAsync("abort".AsMemory(), _deadline.Token);
        await _process.StandardInput.FlushAsync(_deadline.Token);
        return Read(await NextLineAsync());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        await _errors.ContinueWith(static _ => { }, TaskScheduler.Default);
        _process.Dispose();
        _deadline.Dispose();
    }

    private static ClientReport Read(string line) => JsonSerializer.Deserialize<ClientReport>(line, JsonSerializerOptions.Web)!;

    private async Task<string> NextLineAsync()
    {
        string? line = await _process.StandardOutput.ReadLineAsync(_deadline.Token);
        _lines.Add(line ?? "(end)");
        return line ?? throw await BrokenAsync();
    }

    private async Task<Exception> BrokenAsync()
    {
        if (!_process.HasExited && _lines is not [.., "(end)"])
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(_deadline.Token);
        return new Xunit.Sdk.XunitException(
            $"{_script} ended with code {_process.ExitCode}.\nIt wrote:\n{string.Join('\n', _lines)}\nand as errors:\n{await _errors}");
    }
}
