using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Pollux.FakeGemini.Fast;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.IntegrationTests.Storage;

namespace Pollux.IntegrationTests.Media;

/// <summary>
/// What pictures of 20 MB cost: measured as the peak of the resident memory of a gateway that is a process of its own, so that
/// every kind of memory counts, and none of the test's. The kernel keeps the peak (<c>VmHWM</c>) and forgets it on demand.
/// </summary>
[Collection(nameof(Alone))]
public sealed class LargeMediaMemoryTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;
    private const int Picture = 20 * Megabyte;
    private const int AtOnce = 50;
    private const int MostAtOnce = 600;

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-media-").FullName;

    public static bool HasProc => OperatingSystem.IsLinux();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Skip = "There is no /proc here.", SkipUnless = nameof(HasProc))]
    [InlineData("by address")]
    [InlineData("by data URI")]
    [InlineData("native")]
    public async Task One_picture_takes_less_than_three_times_its_size_and_fifty_at_once_stay_within_600_MB(string form)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        long started = Stopwatch.GetTimestamp();
        await using FastGeminiServer upstream = await FastGeminiServer.StartAsync(new FastGeminiOptions(), cancellation); // reads bodies and keeps none
        await using MediaHost host = MediaHost.Start();
        byte[] picture = MediaStand.Png(Picture);
        host.File("/x.png", picture, "image/png");
        host.File("/small.png", picture[..200_000], "image/png");
        using ChildGateway gateway = ChildGateway.Start(
            upstream.BaseAddress, _folder,
            ("KEY_STORAGE_MODE", "memory"), ("GEMINI_API_KEYS", TestGateway.Key), ("ALLOW_PRIVATE_MEDIA_URLS", "true"), ("LOG_LEVEL", "info"), ("MAX_RETRY_NUM", "2"),
            ("SAFETY_SETTINGS", """[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}]""")); // native bodies are changed by it
        Uri? address = await gateway.Address.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, cancellation);
        Assert.NotNull(address);
        using HttpClient client = ChildGateway.Client(address);
        client.Timeout = TimeSpan.FromSeconds(60);
        byte[] large = Body(form, host, "x.png", picture);
        byte[] small = Body(form, host, "small.png", picture[..200_000]);
        string path = (form == "native" ? Form.Gemini : Form.OpenAI).Path();
        for (int i = 0; i < 200; i++) // the code is compiled and the small pools are filled
            await AskAsync(client, path, small);

        int before = Memory(gateway, "VmRSS");
        ForgetPeak(gateway);
        await AskAsync(client, path, large);
        int one = Memory(gateway, "VmHWM") - before;
        int after = Memory(gateway, "VmRSS") - before;
        ForgetPeak(gateway);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => AskAsync(client, path, large)));
        int most = Memory(gateway, "VmHWM");
        int left = Memory(gateway, "VmRSS");

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{form}: {before} MB before; one picture +{one} MB, +{after} MB left behind; {AtOnce} at once: {most} MB at most, {left} MB left; {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s.");
        Assert.InRange(one, 20, 3 * Picture / Megabyte - 1);
        Assert.InRange(most, before + 20, MostAtOnce);
    }

    private static byte[] Body(string form, MediaHost host, string name, byte[] picture) => form switch
    {
        "by address" => Chat($"http://127.0.0.1:{host.Port}/{name}"),
        "by data URI" => Chat("data:image/png;base64," + Convert.ToBase64String(picture)),
        _ => Encoding.UTF8.GetBytes($$$"""{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"{{{Convert.ToBase64String(picture)}}}"}}]}]}"""),
    };

    private static byte[] Chat(string url) =>
        Encoding.UTF8.GetBytes($$$"""{"model":"{{{Ask.Model}}}","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{url}}}"}}]}]}""");

    private static async Task AskAsync(HttpClient client, string path, byte[] body)
    {
        using HttpRequestMessage request = Ask.Request(path, body);
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>In MB, rounded up.</summary>
    private static int Memory(ChildGateway gateway, string name)
    {
        string line = File.ReadLines($"/proc/{gateway.Id}/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return (int.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) + 1023) / 1024;
    }

    private static void ForgetPeak(ChildGateway gateway) => File.WriteAllText($"/proc/{gateway.Id}/clear_refs", "5"); // proc_pid_clear_refs(5)
}
