using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Media;
using Pollux.IntegrationTests.Serving;
using Pollux.IntegrationTests.Storage;

namespace Pollux.IntegrationTests.Images;

/// <summary>What an answer with a picture of 20 MB costs: the peak of the resident memory of a gateway that is a process of its own.</summary>
[Collection(nameof(Alone))]
public sealed class LargePictureMemoryTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;
    private const int Picture = 20 * Megabyte;
    private const int MostForOne = 3 * Picture / Megabyte - 1;
    private const int MostInTurn = 100; // MB: nothing piles up
    private const int AtOnce = 50;
    private const int MostAtOnce = 600; // MB, the gateway itself included

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-pictures-").FullName;

    public static bool HasProc => OperatingSystem.IsLinux();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Skip = "There is no /proc here.", SkipUnless = nameof(HasProc))]
    [InlineData("chat", "local")]
    [InlineData("stream", "local")]
    [InlineData("chat", "none")]
    [InlineData("stream", "none")]
    [InlineData("images", "local")]
    [InlineData("images", "none")]
    [InlineData("native", "none")]
    [InlineData("native stream", "none")]
    public async Task A_picture_of_20_MB_takes_less_than_three_times_its_size_and_fifty_at_once_stay_within_600_MB(string form, string store)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(new FakeGeminiOptions(), cancellation);
        upstream.AddKey(TestGateway.Key, upstream.AddProject("100000000001", FakeTier.Paid));
        using ChildGateway gateway = ChildGateway.Start(
            upstream, _folder, ("KEY_STORAGE_MODE", "memory"), ("GEMINI_API_KEYS", TestGateway.Key), ("LOG_LEVEL", "info"), ("IMAGE_STORAGE_TYPE", store), ("IMAGE_STORAGE_DIR", Path.Combine(_folder, "images")));
        Uri? address = await gateway.Address.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, cancellation);
        Assert.NotNull(address);
        using HttpClient client = ChildGateway.Client(address);
        for (int i = 0; i < 20; i++) // the code is compiled
            await AskAsync(client, form);
        upstream.Script.Always().Reply(FakeReply.Picture("image/png", MediaStand.Png(Picture)));

        int before = Memory(gateway, "VmRSS");
        ForgetPeak(gateway);
        long length = await AskAsync(client, form);
        int one = Memory(gateway, "VmHWM") - before;
        for (int i = 0; i < 9; i++)
            await AskAsync(client, form);
        int ten = Memory(gateway, "VmHWM") - before;
        ForgetPeak(gateway);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => AskAsync(client, form)));
        int most = Memory(gateway, "VmHWM");

        TestContext.Current.TestOutputHelper!.WriteLine($"{form}, {store}: one +{one} MB, ten in turn +{ten} MB, {AtOnce} at once {most} MB; {length} bytes to the client.");
        Assert.True(store == "none" ? length > Picture : length < 10_000, $"{length} bytes");
        Assert.InRange(one, 20, MostForOne);
        Assert.InRange(ten, 20, MostInTurn);
        Assert.InRange(most, before + 20, MostAtOnce);
    }

    private static async Task<long> AskAsync(HttpClient client, string form)
    {
        using HttpRequestMessage request = Request(form);
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using Stream stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        byte[] piece = new byte[64 * 1024];
        long length = 0;
        while (await stream.ReadAsync(piece, TestContext.Current.CancellationToken) is > 0 and var read)
            length += read;
        return length;
    }

    private static HttpRequestMessage Request(string form)
    {
        if (form.StartsWith("native", StringComparison.Ordinal))
        {
            string action = form == "native" ? "generateContent" : "streamGenerateContent?alt=sse";
            return Ask.Request($"/v1beta/models/{ImageStand.Painter}:{action}", """{"contents":[{"role":"user","parts":[{"text":"a cat"}]}],"generationConfig":{"responseModalities":["TEXT","IMAGE"]}}"""u8.ToArray());
        }

        var body = form == "images" ? new JsonObject { ["prompt"] = "a cat" } : ImageStand.Chat(ImageStand.Painter, "a cat");
        if (form == "stream")
            body["stream"] = true;
        return Ask.Request(form == "images" ? "/v1/images/generations" : "/v1/chat/completions", Encoding.UTF8.GetBytes(body.ToJsonString()));
    }

    /// <summary>In MB, rounded up.</summary>
    private static int Memory(ChildGateway gateway, string name)
    {
        string line = File.ReadLines($"/proc/{gateway.Id}/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return (int.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) + 1023) / 1024;
    }

    private static void ForgetPeak(ChildGateway gateway) => File.WriteAllText($"/proc/{gateway.Id}/clear_refs", "5"); // proc_pid_clear_refs(5)
}
