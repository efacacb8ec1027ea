using System.Diagnostics;

namespace Pollux.IntegrationTests.Agents;

/// <summary>
/// A coding agent that works in a folder of its own, with a home of its own: nothing of the machine's user reaches it, and nothing
/// of it stays.
/// </summary>
internal sealed class AgentRun : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    /// <summary>An address at which nobody listens: port 9 is "discard".</summary>
    private const string Nowhere = "http://127.0.0.1:9";

    private static readonly string[] Proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-agent-").FullName;

    public AgentRun()
    {
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(Work);
    }

    /// <summary>Where the agent keeps its settings.</summary>
    public string Home => Path.Combine(_folder, "home");

    /// <summary>Where it works.</summary>
    public string Work => Path.Combine(_folder, "work");

    /// <summary>What it wrote, both streams.</summary>
    public string Output { get; private set; } = "";

    /// <summary>The installed agents, or <see langword="null"/> where there are none.</summary>
    public static string? Installed { get; } = Find();

    /// <summary>The text of a file in its work folder.</summary>
    public string Read(string name) => File.ReadAllText(Path.Combine(Work, name));

    /// <summary>Puts a file into its home or work folder.</summary>
    public static void Write(string folder, string name, string text)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>Whether a file of the installed agents is there.</summary>
    /// <param name="file">Its path below the installed agents.</param>
    public static bool Has(string file) => Installed is not null && File.Exists(Path.Combine(Installed, file));

    /// <summary>Whether a folder of the installed agents is there.</summary>
    /// <param name="pattern">Its scope and its name, which may hold an asterisk.</param>
    public static bool HasFolder(string pattern) =>
        Installed is not null && Path.Combine(Installed, Path.GetDirectoryName(pattern)!) is var scope
        && Directory.Exists(scope) && Directory.EnumerateDirectories(scope, Path.GetFileName(pattern)).Any();

    /// <summary>Runs a program of Node.js to its end.</summary>
    /// <param name="script">Its path below the installed agents.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Its environment, beside <c>PATH</c> and <c>HOME</c>.</param>
    /// <returns>Its exit code.</returns>
    public Task<int> RunScriptAsync(string script, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        RunAsync("node", [Path.Combine(Installed!, script), .. arguments], environment);

    /// <summary>Runs a program of its own to its end.</summary>
    /// <param name="program">Its path below the installed agents.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Its environment, beside <c>PATH</c> and <c>HOME</c>.</param>
    /// <returns>Its exit code.</returns>
    public Task<int> RunProgramAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        RunAsync(Path.Combine(Installed!, program), arguments, environment);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<int> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            WorkingDirectory = Work,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        string? path = start.Environment["PATH"]; // all else that it inherits would be of this machine's user
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["HOME"] = Home;
        start.Environment["TERM"] = "dumb";
        start.Environment["NO_COLOR"] = "1";
        foreach (string proxy in Proxies)
            start.Environment[proxy] = Nowhere; // what an agent needs comes from its packages and the gateway
        start.Environment["NO_PROXY"] = start.Environment["no_proxy"] = "127.0.0.1,localhost";
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Longest);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException fault)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The agent did not end. It wrote:\n{await output}\n{await errors}", fault);
        }

        Output = $"{await output}\n{await errors}";
        return process.ExitCode;
    }

    private static string? Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Pollux.slnx")))
            directory = directory.Parent;
        string modules = Path.Combine(directory?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository."), "tests", "agents", "node_modules");
        return Directory.Exists(modules) ? modules : null;
    }
}
