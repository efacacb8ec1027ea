using System.Diagnostics;
using System.Net.Http.Headers;
using Pollux.FakeGemini;
using Pollux.Settings;

namespace Pollux.IntegrationTests.Storage;

/// <summary>The gateway as a process of its own, which can be killed.</summary>
internal sealed class ChildGateway : IDisposable
{
    /// <summary>The credential of its clients.</summary>
    public const string Password = "test-password-of-the-child";

    private const string Listening = "Pollux listens at ";

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri?> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildGateway(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
        Errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Where it listens; <see langword="null"/> when it ended before.</summary>
    public Task<Uri?> Address => _address.Task;

    /// <summary>All that it wrote to standard error, when it has ended.</summary>
    public Task<string> Errors { get; }

    /// <summary>Number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>Starts it.</summary>
    /// <param name="upstream">Whom it asks.</param>
    /// <param name="folder">Its <c>DATA_DIR</c> and working directory.</param>
    /// <param name="settings">Settings by their environment names.</param>
    public static ChildGateway Start(FakeGeminiServer upstream, string folder, params (string Name, string Value)[] settings) => Start(upstream.BaseAddress, folder, settings);

    /// <summary>Starts it.</summary>
    /// <param name="upstream">Whom it asks.</param>
    /// <param name="folder">Its <c>DATA_DIR</c> and working directory.</param>
    /// <param name="settings">Settings by their environment names.</param>
    public static ChildGateway Start(Uri upstream, string folder, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.ArgumentList.Add(typeof(PolluxSettings).Assembly.Location);
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
            [
                ("HOST", "127.0.0.1"), ("PORT", "0"), ("PASSWORD", Password), ("DATA_DIR", folder), ("LOG_DIR", Path.Combine(folder, "logs")), ("LOG_LEVEL", "information"),
                ("BASE_URL", upstream.AbsoluteUri), ("GEMINI_API_KEYS", ""), ("MAX_REQUESTS_PER_MINUTE", "0"), ("MAX_REQUESTS_PER_DAY_PER_IP", "0"),
                ("SKIP_CHECK_API_KEY", "true"), .. settings,
            ])
            start.Environment[name] = value;
        return new ChildGateway(Process.Start(start)!);
    }

    /// <summary>A client with the right credential.</summary>
    public static HttpClient Client(Uri address)
    {
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        var client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
#pragma warning restore RS0030
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Password);
        return client;
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        _address.TrySetResult(null);
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            _address.TrySetResult(null);
            return;
        }

        int at = line.IndexOf(Listening, StringComparison.Ordinal);
        if (at >= 0)
            _address.TrySetResult(new Uri(line[(at + Listening.Length)..].Split(". ")[0]));
    }
}
