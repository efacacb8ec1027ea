using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Storage;

namespace Pollux.IntegrationTests.Files;

/// <summary>
/// What an upload of 500 MB costs: measured as the peak of the resident memory of a gateway that is a process of its own
/// (<c>VmHWM</c>, which the kernel keeps and forgets on demand).
/// </summary>
[Collection(nameof(Alone))]
[Trait("Feature", "GEM-3")]
public sealed class LargeUploadMemoryTests : IDisposable
{
    private const long Megabyte = 1024 * 1024;
    private const int Most = 30;

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-upload-").FullName;

    public static bool HasProc => OperatingSystem.IsLinux();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory(Skip = "There is no /proc here.", SkipUnless = nameof(HasProc))]
    [InlineData(UploadForm.Resumable, 0)]
    [InlineData(UploadForm.Media, 0)]
    [InlineData(UploadForm.Resumable, 600)] // a copy of it is kept, too
    [InlineData(UploadForm.Media, 600)]
    public async Task An_upload_of_500_MB_takes_less_than_30_MB(UploadForm form, int copiesMegabytes)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        long started = Stopwatch.GetTimestamp();
        await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(cancellation);
        upstream.AddKey(TestGateway.Key);
        using ChildGateway gateway = ChildGateway.Start(upstream, _folder, ("KEY_STORAGE_MODE", "memory"), ("GEMINI_API_KEYS", TestGateway.Key), ("FILES_KEEP_COPIES_MB", copiesMegabytes.ToString(CultureInfo.InvariantCulture)));
        Uri? address = await gateway.Address.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, cancellation);
        Assert.NotNull(address);
        using HttpClient client = ChildGateway.Client(address);
        client.Timeout = TimeSpan.FromSeconds(60);
        for (int i = 0; i < 20; i++) // the code is compiled and the small pools are filled
            await UploadAsync(client, form, 2 * Megabyte, cancellation);

        int before = Memory(gateway, "VmRSS");
        File.WriteAllText($"/proc/{gateway.Id}/clear_refs", "5"); // proc_pid_clear_refs(5)
        string name = await UploadAsync(client, form, 500 * Megabyte, cancellation);
        int peak = Memory(gateway, "VmHWM") - before;

        TestContext.Current.TestOutputHelper!.WriteLine($"{form}, {copiesMegabytes} MB of copies: {before} MB before, +{peak} MB at most; {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s.");
        Assert.Equal(500 * Megabyte, upstream.Files.Find(name)!.Size);
        Assert.InRange(peak, 0, Most - 1);
        Assert.Equal(copiesMegabytes > 0, Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Any(static file => new FileInfo(file).Length == 500 * Megabyte));
    }

    private static async Task<string> UploadAsync(HttpClient client, UploadForm form, long size, CancellationToken cancellation)
    {
        var content = new StreamContent(new MadeStream(size), 128 * 1024);
        content.Headers.ContentLength = size;
        content.Headers.ContentType = new MediaTypeHeaderValue("video/mp4");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload/v1beta/files?uploadType=media") { Content = content };
        if (form == UploadForm.Resumable)
        {
            request.RequestUri = new Uri((await client.StartAsync(size)).Header("X-Goog-Upload-URL")!);
            request.Headers.Add("X-Goog-Upload-Command", "upload, finalize");
            request.Headers.Add("X-Goog-Upload-Offset", "0");
        }

        using HttpResponseMessage response = await client.SendAsync(request, cancellation);
        string body = await response.Content.ReadAsStringAsync(cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        return (string)System.Text.Json.Nodes.JsonNode.Parse(body)!["file"]!["name"]!;
    }

    /// <summary>In MB, rounded up.</summary>
    private static int Memory(ChildGateway gateway, string name)
    {
        string line = File.ReadLines($"/proc/{gateway.Id}/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal));
        return (int.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) + 1023) / 1024;
    }

    /// <summary>So many bytes that are made as they are read.</summary>
    private sealed class MadeStream(long size) : Stream
    {
        private long _left = size;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, _left);
            buffer[..count].Fill((byte)_left);
            _left -= count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
