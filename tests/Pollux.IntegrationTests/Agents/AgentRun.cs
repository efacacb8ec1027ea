using System.Diagnostics;

namespace Pollux.IntegrationTests.Agents;

/// <summary>
/// A coding agent that works in a folder of its own, with a home of its own: nothing of the machine's user reaches it, and nothing
/// of it stays.
/// </summary>
internal sealed class AgentRun : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

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

    /// <summary>Runs a program of Node.js to its end.</summary>
    /// <param name="script">Its path below the installed agents.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Its environment, beside <c>PATH</c> and <c>HOME</c>.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> RunAsync(string script, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("node")
        {
            UseShellExecute = false,
            WorkingDirectory = Work,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(Installed!, script));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        string? path = start.Environment["PATH"]; // all else that it inherits would be of this machine's user
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["HOME"] = Home;
        start.Environment["TERM"] = "dumb";
        start.Environment["NO_COLOR"] = "1";
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

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string? Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Pollux.slnx")))
            directory = directory.Parent;
        string modules = Path.Combine(directory?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository."), "tests", "agents", "node_modules");
        return Directory.Exists(modules) ? modules : null;
    }
}
