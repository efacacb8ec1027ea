using System.Net;
using System.Security.Cryptography;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using static Pollux.IntegrationTests.Files.FileStand;

namespace Pollux.IntegrationTests.Files;

/// <summary>Uploads in pieces, and what goes wrong on the way.</summary>
[Trait("Feature", "GEM-3")]
public sealed class UploadSessionTests
{
    [Fact]
    public async Task An_upload_in_pieces_never_shows_the_upstreams_address_and_stays_on_its_key()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Files.Granularity = 256;
        byte[] bytes = FileWork.Bytes(1000);

        FileSeen start = await gateway.Client.StartAsync(bytes.Length);
        string url = start.Header("X-Goog-Upload-URL")!;
        Assert.StartsWith($"{gateway.Address}upload/session/", url, StringComparison.Ordinal);
        Assert.Equal(("active", "256"), (start.Header("X-Goog-Upload-Status"), start.Header("X-Goog-Upload-Chunk-Granularity")));
        Assert.DoesNotContain("upload_id", start.Headers.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain($":{gateway.Upstream.BaseAddress.Port}", start.Headers.ToString(), StringComparison.Ordinal);

        string id = new Uri(url).Segments[^1];
        Assert.Matches("^[0-9A-Za-z]{43}$", id);
        using HttpClient nobody = Client(gateway, password: null); // as at Google, the address is enough
        FileSeen first = await nobody.PieceAsync(url, "upload", 0, bytes[..512]);
        Assert.Equal((HttpStatusCode.OK, "active", "512"), (first.Status, first.Header("X-Goog-Upload-Status"), first.Header("X-Goog-Upload-Size-Received")));
        Assert.Equal(HttpStatusCode.BadRequest, (await nobody.PieceAsync(url, "upload", 0, bytes[..512])).Status); // there it is already
        Assert.Equal(HttpStatusCode.BadRequest, (await nobody.PieceAsync(url, "upload", 512, bytes[512..700])).Status); // no multiple
        Assert.Equal("512", (await nobody.PieceAsync(url, "query", 0)).Header("X-Goog-Upload-Size-Received"));
        FileSeen last = await nobody.PieceAsync(url, "upload, finalize", 512, bytes[512..]);

        Assert.Equal((HttpStatusCode.OK, "final"), (last.Status, last.Header("X-Goog-Upload-Status")));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), gateway.Upstream.Files.Find((string)last.File["name"]!)!.Sha256);
        Assert.Single(gateway.Upstream.Received.Requests.Where(static request => request.Action == "files").Select(static request => request.Key).Distinct());
        Assert.Equal(HttpStatusCode.NotFound, (await nobody.PieceAsync(url, "query", 0)).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/" + last.File["name"])).Status); // the file is whose who began
        Assert.DoesNotContain(gateway.Logs.Lines, line => line.Text.Contains(id, StringComparison.Ordinal) || line.Text.Contains("upload_id", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broken_piece_is_asked_for_and_resumed()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Files.Granularity = 1024;
        byte[] bytes = FileWork.Bytes(600_000);
        string url = (await gateway.Client.StartAsync(bytes.Length)).Header("X-Goog-Upload-URL")!;
        gateway.Upstream.Files.BreakNextPieceAfter(200_000);

        FileSeen broken = await gateway.Client.PieceAsync(url, "upload, finalize", 0, bytes);
        Assert.InRange((int)broken.Status, 500, 599);
        int arrived = int.Parse((await gateway.Client.PieceAsync(url, "query", 0)).Header("X-Goog-Upload-Size-Received")!);
        Assert.Equal(200_000, arrived);
        FileSeen last = await gateway.Client.PieceAsync(url, "upload, finalize", arrived, bytes[arrived..]);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), gateway.Upstream.Files.Find((string)last.File["name"]!)!.Sha256);
        Assert.Single(gateway.Upstream.Received.Requests.Where(static request => request.Action == "files").Select(static request => request.Key).Distinct());
    }

    [Fact]
    public async Task A_cancelled_upload_is_over()
    {
        await using TestGateway gateway = await StartAsync();
        string url = (await gateway.Client.StartAsync(10)).Header("X-Goog-Upload-URL")!;

        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.PieceAsync(url, "cancel", 0)).Status);

        Assert.Equal(0, gateway.Upstream.Files.Uploads);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.PieceAsync(url, "query", 0)).Status);
    }

    [Fact]
    public async Task An_upload_that_Google_has_forgotten_is_over_here_too()
    {
        await using TestGateway gateway = await StartAsync();
        string url = (await gateway.Client.StartAsync(10)).Header("X-Goog-Upload-URL")!;
        gateway.Upstream.Files.ForgetUploads();

        FileSeen seen = await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));
        int sent = Sent(gateway);

        Assert.Equal(HttpStatusCode.NotFound, seen.Status);
        Assert.DoesNotContain("model", seen.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.PieceAsync(url, "query", 0)).Status);
        Assert.Equal(sent, Sent(gateway));
    }

    [Theory]
    [InlineData("https://evil.test/upload/v1beta/files?upload_id=x")]
    [InlineData("http://127.0.0.1:1/upload/v1beta/files?upload_id=x")]
    [InlineData("http://user@generativelanguage.googleapis.com/upload/v1beta/files?upload_id=x")]
    [InlineData("https://generativelanguage.googleapis.com.evil.test/upload/v1beta/files?upload_id=x")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/models")]
    [InlineData("file:///etc/passwd")]
    public async Task An_address_of_another_host_is_never_followed(string address)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Files.UploadAddress = _ => address;

        FileSeen start = await gateway.Client.StartAsync(10);

        Assert.Equal(HttpStatusCode.BadGateway, start.Status);
        Assert.Null(start.Header("X-Goog-Upload-URL"));
        Assert.DoesNotContain("evil", start.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("upload", "-1", HttpStatusCode.BadRequest)]
    [InlineData("upload", "99999999999999999999999", HttpStatusCode.BadRequest)]
    [InlineData("upload", "9223372036854775807", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("upload", "1e3", HttpStatusCode.BadRequest)]
    [InlineData("start", "0", HttpStatusCode.BadRequest)]
    [InlineData("upload, cancel, query", "0", HttpStatusCode.BadRequest)]
    [InlineData("", "0", HttpStatusCode.BadRequest)]
    public async Task Absurd_commands_and_offsets_are_refused_before_they_are_sent(string command, string offset, HttpStatusCode status)
    {
        await using TestGateway gateway = await StartAsync();
        string url = (await gateway.Client.StartAsync(10)).Header("X-Goog-Upload-URL")!;
        int sent = Sent(gateway);
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(new byte[4]) };
        request.Headers.TryAddWithoutValidation("X-Goog-Upload-Command", command);
        request.Headers.TryAddWithoutValidation("X-Goog-Upload-Offset", offset);

        FileSeen seen = await gateway.Client.SeeAsync(request);

        Assert.Equal(status, seen.Status);
        Assert.Equal(sent, Sent(gateway));
    }

    [Theory]
    [InlineData("-5", HttpStatusCode.BadRequest)]
    [InlineData("99999999999999999999", HttpStatusCode.BadRequest)]
    [InlineData("2147483649", HttpStatusCode.RequestEntityTooLarge)]
    public async Task Absurd_sizes_are_refused(string size, HttpStatusCode status)
    {
        await using TestGateway gateway = await StartAsync();
        HttpRequestMessage request = FileWork.Start(1);
        request.Headers.Remove("X-Goog-Upload-Header-Content-Length");
        request.Headers.TryAddWithoutValidation("X-Goog-Upload-Header-Content-Length", size);

        Assert.Equal(status, (await gateway.Client.SeeAsync(request)).Status);
        Assert.Equal(0, Sent(gateway));
    }

    [Fact]
    public async Task A_body_larger_than_allowed_is_cut_off()
    {
        await using TestGateway gateway = await StartAsync(("FILES_MAX_UPLOAD_MB", "1"));

        var told = new ByteArrayContent(new byte[1_200_000]);
        told.Headers.TryAddWithoutValidation("Content-Type", "text/plain");
        FileSeen known = await gateway.Client.SeeAsync(new HttpRequestMessage(HttpMethod.Post, "/upload/v1beta/files?uploadType=media") { Content = told });
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, 0), (known.Status, Sent(gateway)));
        string url = (await gateway.Client.StartAsync(1000)).Header("X-Goog-Upload-URL")!;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await gateway.Client.PieceAsync(url, "upload, finalize", 0, new byte[1_200_000])).Status);
        Assert.Empty(gateway.Upstream.Files.All);
    }

    [Fact]
    public async Task A_start_passes_over_a_dead_key()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.AddKey(TestGateway.Key).State = FakeKeyState.Invalid;

        for (int i = 0; i < 3; i++)
            Assert.Equal(Second, gateway.Upstream.Files.Find((string)(await gateway.Client.UploadAsync(FileWork.Bytes(10))).File["name"]!)!.Key);
    }
}
