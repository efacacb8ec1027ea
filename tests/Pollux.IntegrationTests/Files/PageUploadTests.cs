using System.Net;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;

namespace Pollux.IntegrationTests.Files;

/// <summary>A web page uploads a file in pieces, as a browser lets it: each step is asked about before, and only headers that are exposed can be read.</summary>
[Trait("Feature", "GEM-3")]
[Trait("Feature", "ACC-10")]
public sealed class PageUploadTests
{
    private const string Page = "https://app.example";
    private const string Foreign = "https://other.example";

    private static readonly string[] Read = ["X-Goog-Upload-URL", "X-Goog-Upload-Status", "X-Goog-Upload-Size-Received", "X-Goog-Upload-Chunk-Granularity"];

    [Theory]
    [InlineData(Page, Page)]
    [InlineData("", "*")]
    public async Task A_page_of_an_allowed_origin_does_the_whole_upload(string allowed, string told)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(settings: new Dictionary<string, string> { ["ALLOWED_ORIGINS"] = allowed });
        gateway.Upstream.Files.Granularity = 256;
        byte[] bytes = FileWork.Bytes(600);
        string start = new Uri(gateway.Address, "/upload/v1beta/files").AbsoluteUri;

        await AssertAskedAsync(gateway, start, told, "authorization,content-type,x-goog-upload-command,x-goog-upload-header-content-length,x-goog-upload-header-content-type,x-goog-upload-protocol");
        FileSeen begun = await FromPageAsync(gateway.Client, FileWork.Start(bytes.Length));
        AssertReadable(begun, told);
        string url = begun.Header("X-Goog-Upload-URL")!;
        Assert.StartsWith(gateway.Address.AbsoluteUri, url, StringComparison.Ordinal);

        await AssertAskedAsync(gateway, url, told, "x-goog-upload-command,x-goog-upload-offset");
        using HttpClient page = Nobody(gateway); // the address is the credential, as at Google
        FileSeen first = await FromPageAsync(page, Piece(url, "upload", 0, bytes[..512]));
        AssertReadable(first, told);
        Assert.Equal("512", first.Header("X-Goog-Upload-Size-Received"));
        AssertReadable(await FromPageAsync(page, Piece(url, "query", 0, [])), told);
        FileSeen last = await FromPageAsync(page, Piece(url, "upload, finalize", 512, bytes[512..]));
        AssertReadable(last, told);
        Assert.Equal((HttpStatusCode.OK, "final"), (last.Status, last.Header("X-Goog-Upload-Status")));
        Assert.NotNull(gateway.Upstream.Files.Find((string)last.File["name"]!));

        FileSeen over = await FromPageAsync(page, Piece(url, "query", 0, []));
        AssertReadable(over, told); // a page must be able to read a refusal, too
        Assert.Equal(HttpStatusCode.NotFound, over.Status);
    }

    [Fact]
    public async Task A_page_of_another_origin_is_told_nothing_that_would_let_it()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(settings: new Dictionary<string, string> { ["ALLOWED_ORIGINS"] = Page });
        string url = (await gateway.Client.StartAsync(10)).Header("X-Goog-Upload-URL")!;

        foreach (string address in (string[])[new Uri(gateway.Address, "/upload/v1beta/files").AbsoluteUri, url])
        {
            FileSeen asked = await gateway.Client.SeeAsync(Question(address, Foreign, "x-goog-upload-command"));
            Assert.Equal(HttpStatusCode.NoContent, asked.Status);
            Assert.DoesNotContain(asked.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        }

        FileSeen seen = await FromPageAsync(gateway.Client, Piece(url, "query", 0, []), Foreign);
        Assert.DoesNotContain(seen.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase)); // not Google's either
    }

    private static async Task AssertAskedAsync(TestGateway gateway, string address, string told, string headers)
    {
        using HttpClient nobody = Nobody(gateway); // a question carries no credential
        FileSeen asked = await nobody.SeeAsync(Question(address, Page, headers));
        Assert.Equal((HttpStatusCode.NoContent, told), (asked.Status, asked.Header("Access-Control-Allow-Origin")));
        Assert.Contains("POST", asked.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal(headers.Split(',').Order(), asked.Header("Access-Control-Allow-Headers")!.Split(',').Order());
    }

    private static void AssertReadable(FileSeen seen, string told)
    {
        Assert.Equal(told, seen.Header("Access-Control-Allow-Origin"));
        Assert.Equal(told == "*" ? null : "true", seen.Header("Access-Control-Allow-Credentials"));
        string[] exposed = seen.Header("Access-Control-Expose-Headers")!.Split(',', StringSplitOptions.TrimEntries);
        Assert.All(Read, header => Assert.Contains(header, exposed, StringComparer.OrdinalIgnoreCase));
        Assert.DoesNotContain("X-Goog-Upload-Control-URL", exposed, StringComparer.OrdinalIgnoreCase); // that would be Google's list
        Assert.DoesNotContain("X-Origin", seen.Header("Vary") ?? "", StringComparison.OrdinalIgnoreCase);
    }

    private static HttpRequestMessage Question(string address, string origin, string headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, address);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", headers);
        return request;
    }

    private static Task<FileSeen> FromPageAsync(HttpClient client, HttpRequestMessage request, string origin = Page)
    {
        request.Headers.Add("Origin", origin);
        return client.SeeAsync(request);
    }

    private static HttpRequestMessage Piece(string url, string command, int offset, byte[] bytes)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("X-Goog-Upload-Command", command);
        request.Headers.Add("X-Goog-Upload-Offset", offset.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return request;
    }

    private static HttpClient Nobody(TestGateway gateway)
    {
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        return new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030
    }
}
