using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.FakeGemini;
using Pollux.Settings;
using Pollux.Storage;

namespace Pollux.Hosting;

/// <summary>The commands of the program. Exit codes: 0 good, 1 failed, 2 wrong call, 78 wrong configuration.</summary>
internal static class CommandLine
{
    /// <summary>Done.</summary>
    public const int Good = 0;

    /// <summary>Not done; what was said tells why.</summary>
    public const int Failed = 1;

    /// <summary>The call is not one that is known.</summary>
    public const int WrongCall = 2;

    /// <summary>The settings forbid it.</summary>
    public const int WrongConfiguration = 78; // EX_CONFIG of sysexits.h

    private const string Help = $"""
        Pollux, a gateway for many Gemini API keys.

          pollux [serve]    start the gateway (default); settings come from the environment and from .env
          pollux demo       start it with a built-in stand-in for Gemini: no key needed
        {KeysCommand.Help}
          pollux --version  print the version
          pollux --help     print this

        """;

    /// <summary>Carries out a command.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case [] or ["serve"]:
                return await ServeAsync(SettingsLoader.FromProcess());
            case ["demo"]:
                return await DemoAsync(SettingsLoader.FromProcess());
            case ["keys", .. string[] rest]:
                return await KeysAsync(rest, SettingsLoader.FromProcess()) ?? await RefuseAsync(["keys"]); // what was typed behind it may be a key
            case ["--version"]:
                Console.WriteLine(typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
                return Good;
            case ["--help" or "-h" or "help"]:
                Console.Write(Help);
                return Good;
            default:
                return await RefuseAsync(arguments);
        }
    }

    private static async Task<int> RefuseAsync(string[] arguments)
    {
        await Console.Error.WriteLineAsync($"Unknown command: {string.Join(' ', arguments)}");
        await Console.Error.WriteAsync(Help);
        return WrongCall;
    }

    private static async Task<int?> KeysAsync(string[] arguments, SettingSource source)
    {
        PolluxSettings settings = SettingsLoader.Load(source);
        return TellFaults(source)
            ? WrongConfiguration
            : await new KeysCommand(settings, Console.In, Console.Out, Console.Error, TimeProvider.System).RunAsync(arguments, CancellationToken.None);
    }

    private static async Task<int> ServeAsync(SettingSource source)
    {
        PolluxSettings settings = SettingsLoader.Load(source);
        return TellFaults(source) ? WrongConfiguration : await RunAsync(settings, static _ => { });
    }

    private static async Task<int> DemoAsync(SettingSource source)
    {
        PolluxSettings settings = SettingsLoader.Load(source);
        if (TellFaults(source))
            return WrongConfiguration;

        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(new FakeGeminiOptions(), CancellationToken.None);
        const string Key = "AQ.demo-key-of-the-built-in-upstream-00000001";
        upstream.AddKey(Key);
        settings = settings with
        {
            Pool = settings.Pool with { Keys = [Key], InvalidKeys = [] },
            Dispatch = settings.Dispatch with { BaseAddresses = [new WeightedAddress(upstream.BaseAddress, 1)] },
            Vertex = settings.Vertex with { Mode = VertexMode.Off, OnlyOnceThere = false, ServiceAccounts = [], ExpressKeys = [] },
            Others = settings.Others.WithoutKeys(),
            Storage = settings.Storage with { KeyStorage = KeyStorageMode.Memory }, // stored keys are not for a stand-in
        };
        return await RunAsync(settings, address =>
        {
            Console.WriteLine($$"""

                A built-in stand-in for Gemini answers. In another terminal:

                curl {{address}}/v1/chat/completions -H "Authorization: Bearer {{Credential(settings)}}" -H "Content-Type: application/json" -d '{"model":"gemini-3.5-flash","messages":[{"role":"user","content":"Hello, Pollux"}]}'

                Ctrl+C ends it.
                """);
        });
    }

    private static string Credential(PolluxSettings settings) => AccessModel.NeedsGeneratedPassword(settings.Access) ? PasswordRules.Default : "YOUR_PASSWORD";

    private static async Task<int> RunAsync(PolluxSettings settings, Action<string> whenStarted)
    {
        WidenConsole();
        WebApplication built;
        try
        {
            built = Gateway.Build(settings);
        }
        catch (StorageException fault)
        {
            await Console.Error.WriteLineAsync("error: " + fault.Message);
            return Failed;
        }

        await using WebApplication app = built;
        try
        {
            await app.StartAsync();
        }
        catch (IOException fault) when (fault.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"Port {settings.Server.Port} is taken: {fault.Message} Set PORT to another one.");
            return Failed;
        }

        string address = Address(app);
        StartupMessages.Listening(app.Logger, address);
        whenStarted(address);
        await app.WaitForShutdownAsync();
        return Good;
    }

    /// <summary>
    /// The console's own writer hands on 256 characters at a time: one system call per log line. This one hands on what was
    /// written at once, at once.
    /// </summary>
    private static void WidenConsole()
    {
        const int BufferCharacters = 16 * 1024;
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferCharacters) { AutoFlush = true };
        Console.SetOut(TextWriter.Synchronized(output));
    }

    /// <summary>The address as a client on this machine reaches it.</summary>
    private static string Address(WebApplication app)
    {
        string bound = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        return bound.Replace(IPAddress.Any.ToString(), "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "127.0.0.1", StringComparison.Ordinal);
    }

    /// <summary>Says all faults at once.</summary>
    /// <returns>Whether one of them forbids to start.</returns>
    private static bool TellFaults(SettingSource source)
    {
        foreach (SettingFault fault in source.Faults)
            Console.Error.WriteLine((fault.RefusesStart ? "error: " : "warning: ") + fault.Message);
        return source.Faults.Any(fault => fault.RefusesStart);
    }
}
