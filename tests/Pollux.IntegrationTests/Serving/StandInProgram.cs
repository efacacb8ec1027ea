namespace Pollux.IntegrationTests.Serving;

/// <summary>A script that stands in for ffmpeg, in a folder of its own that goes with it.</summary>
internal sealed class StandInProgram : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-program-").FullName;
    private readonly string _path;

    /// <param name="script">What the shell does.</param>
    public StandInProgram(string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in is a script of a Unix shell.");
        _path = Path.Combine(_folder, "ffmpeg");
        File.WriteAllText(_path, "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Settings of a gateway that uses it.</summary>
    public Dictionary<string, string> Settings => new() { ["FFMPEG_PATH"] = _path };

    /// <summary>Waits for a file that the script moves beside itself, and reads it.</summary>
    public async Task<string> WrittenAsync(string ending)
    {
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(_folder, "ffmpeg" + ending) { EnableRaisingEvents = true };
        watcher.Created += (_, _) => there.TrySetResult();
        watcher.Renamed += (_, _) => there.TrySetResult();
        if (!File.Exists(_path + ending))
            await there.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        return await File.ReadAllTextAsync(_path + ending, TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
