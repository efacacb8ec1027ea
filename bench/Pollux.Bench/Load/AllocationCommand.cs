using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Hosting;
using Pollux.Settings;

namespace Pollux.Bench.Load;

/// <summary>
/// Counts what a request allocates in a whole gateway, which no busy machine can blur. The gateway runs in this process, the
/// upstream in another one, and the client sends bytes made beforehand, so nothing else allocates.
/// </summary>
internal static class AllocationCommand
{
    private const int WarmUp = 20_000;
    private const int Requests = 20_000;

    /// <summary>Counts and tells.</summary>
    public static async Task<int> RunAsync(string root)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("pollux-allocations-");
        try
        {
            int port = ServerProcess.FreePort();
            string program = Path.Combine(root, "src/Pollux.FakeGemini/bin/Release/net10.0/Pollux.FakeGemini.dll");
            await using ServerProcess fake = await ServerProcess.StartAsync(
                "fake", port, Path.Combine(directory.FullName, "fake"), [], "dotnet", program, "--fast", "--port", port.ToString(CultureInfo.InvariantCulture));
            TextWriter console = Console.Out;
            Console.SetOut(TextWriter.Null); // the gateway's log is rendered, and thrown away here
            await using WebApplication gateway = Gateway.Build(Settings(fake, directory.FullName));
            await gateway.StartAsync();
            Uri address = new(gateway.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
            await console.WriteLineAsync($"Pass-through: {Measure(address.Port, Bodies.NativePath, Bodies.Native)} bytes allocated per request, its log line included");
            await console.WriteLineAsync($"Chat: {Measure(address.Port, Bodies.ChatPath, Bodies.Chat)} bytes");
            return 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static PolluxSettings Settings(ServerProcess fake, string directory)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal)
        {
            ["HOST"] = "127.0.0.1",
            ["PORT"] = "0",
            ["BASE_URL"] = fake.Address,
            ["GEMINI_API_KEYS"] = "AQ.load-key-of-the-stand-in-00000001",
            ["PASSWORD"] = Bodies.Password,
            ["LOG_DIR"] = directory,
            ["DATA_DIR"] = directory,
            ["KEY_STORAGE_MODE"] = "memory",
            ["MAX_REQUESTS_PER_MINUTE"] = "0",
            ["MAX_REQUESTS_PER_DAY_PER_IP"] = "0",
        };
        return SettingsLoader.Load(new SettingSource(settings, null));
    }

    private static long Measure(int port, string path, string body)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        byte[] request = Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {Bodies.Password}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        byte[] buffer = new byte[64 * 1024];
        Send(socket, request, buffer, WarmUp);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Send(socket, request, buffer, Requests);
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests;
    }

    /// <summary>One request after the other; an answer is complete when nothing more is to be read after its last byte.</summary>
    private static void Send(Socket socket, byte[] request, byte[] buffer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            socket.Send(request);
            int length = 0;
            while (!IsComplete(buffer.AsSpan(0, length += socket.Receive(buffer.AsSpan(length)))))
            {
                // the rest is on its way
            }
        }
    }

    private static bool IsComplete(ReadOnlySpan<byte> answer)
    {
        int head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return false;
        int field = answer[..head].IndexOf("Content-Length: "u8);
        if (field < 0)
            return answer.EndsWith("0\r\n\r\n"u8);
        return Utf8Parser.TryParse(answer[(field + "Content-Length: ".Length)..], out int length, out _) && answer.Length >= head + 4 + length;
    }
}
