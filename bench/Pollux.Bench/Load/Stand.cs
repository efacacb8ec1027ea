using System.Globalization;

namespace Pollux.Bench.Load;

/// <summary>A stand-in for Gemini and the proxies in front of it. Dispose it to end them all.</summary>
internal sealed class Stand : IAsyncDisposable
{
    private static readonly KeyValuePair<string, string>[] NoEnvironment = [];

    private readonly LoadOptions _options;
    private readonly string _directory;
    private readonly Stack<ServerProcess> _servers = [];

    private Stand(LoadOptions options, string directory)
    {
        _options = options;
        _directory = directory;
    }

    public ServerProcess Fake { get; private set; } = null!;

    public ServerProcess Nginx { get; private set; } = null!;

    public ServerProcess Reference { get; private set; } = null!;

    public ServerProcess Pollux { get; private set; } = null!;

    /// <summary>A second build of Pollux, if one was given.</summary>
    public ServerProcess? Baseline { get; private set; }

    /// <summary>Starts everything.</summary>
    /// <param name="options">What is measured.</param>
    /// <param name="directory">For configurations and logs.</param>
    /// <param name="fakeArguments">How the stand-in answers.</param>
    public static async Task<Stand> StartAsync(LoadOptions options, string directory, params string[] fakeArguments)
    {
        Stand stand = new(options, directory);
        try
        {
            stand.Fake = await stand.StartFakeAsync(fakeArguments);
            stand.Nginx = await stand.StartNginxAsync();
            stand.Reference = await stand.StartReferenceAsync();
            stand.Pollux = await stand.StartPolluxAsync("pollux", Path.Combine(options.Root, "src/Pollux/bin/Release/net10.0"));
            if (options.Baseline is { } baseline)
                stand.Baseline = await stand.StartPolluxAsync("baseline", baseline);
            return stand;
        }
        catch
        {
            await stand.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        while (_servers.TryPop(out ServerProcess? server))
            await server.DisposeAsync();
    }

    private Task<ServerProcess> StartFakeAsync(string[] arguments)
    {
        int port = ServerProcess.FreePort();
        string program = Path.Combine(_options.Root, "src/Pollux.FakeGemini/bin/Release/net10.0/Pollux.FakeGemini.dll");
        return StartAsync("fake", port, NoEnvironment, ["dotnet", program, "--fast", "--port", Text(port), .. arguments]);
    }

    private Task<ServerProcess> StartReferenceAsync()
    {
        int port = ServerProcess.FreePort();
        return StartAsync("reference", port, NoEnvironment, ["dotnet", typeof(Stand).Assembly.Location, "proxy", Text(port), Fake.Address]);
    }

    private Task<ServerProcess> StartPolluxAsync(string name, string build)
    {
        int port = ServerProcess.FreePort();
        KeyValuePair<string, string>[] environment =
        [
            new("HOST", "127.0.0.1"),
            new("PORT", Text(port)),
            new("BASE_URL", Fake.Address),
            new("GEMINI_API_KEYS", "AQ.load-key-of-the-stand-in-00000001,AQ.load-key-of-the-stand-in-00000002"),
            new("PASSWORD", Bodies.Password),
            new("MAX_REQUESTS_PER_MINUTE", "0"),
            new("MAX_REQUESTS_PER_DAY_PER_IP", "0"),
        ];
        return StartAsync(name, port, environment, "dotnet", Path.Combine(build, "pollux.dll"));
    }

    private async Task<ServerProcess> StartNginxAsync()
    {
        int port = ServerProcess.FreePort();
        string home = Path.Combine(_directory, "nginx");
        Directory.CreateDirectory(home);
        string configuration = Path.Combine(home, "nginx.conf");
        await File.WriteAllTextAsync(configuration, Configuration(home, port));
        return await StartAsync("nginx", port, NoEnvironment, "nginx", "-p", home, "-c", configuration);
    }

    /// <summary>As one would set it up for this purpose: connections reused on both sides, streams not held back, log buffered like ours.</summary>
    private string Configuration(string home, int port) =>
        $$"""
        user {{Environment.UserName}};
        daemon off;
        worker_processes {{Environment.ProcessorCount}};
        worker_rlimit_nofile 16384;
        pid {{home}}/nginx.pid;
        error_log {{home}}/error.log;
        events { worker_connections 8192; }
        http {
            access_log {{home}}/access.log combined buffer=64k flush=1s;
            client_body_temp_path {{home}}/body;
            proxy_temp_path {{home}}/proxy;
            fastcgi_temp_path {{home}}/fastcgi;
            uwsgi_temp_path {{home}}/uwsgi;
            scgi_temp_path {{home}}/scgi;
            keepalive_requests 1000000;
            upstream fake { server 127.0.0.1:{{Fake.Port}}; keepalive 256; keepalive_requests 1000000; }
            server {
                listen 127.0.0.1:{{port}} backlog=4096;
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_read_timeout 300s;
                location / { proxy_pass http://fake; }
                location ~ :streamGenerateContent { proxy_pass http://fake; proxy_buffering off; }
            }
        }
        """;

    private async Task<ServerProcess> StartAsync(string name, int port, IEnumerable<KeyValuePair<string, string>> environment, params string[] command)
    {
        ServerProcess server = await ServerProcess.StartAsync(name, port, Path.Combine(_directory, name), environment, command);
        _servers.Push(server);
        return server;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
