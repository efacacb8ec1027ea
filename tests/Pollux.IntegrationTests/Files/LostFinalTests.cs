using System.Net;
using Microsoft.Extensions.Logging;
using Pollux.FakeGemini.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;

namespace Pollux.IntegrationTests.Files;

/// <summary>Google made the file, and the answer that says so was lost: who asks how far the upload is gets the file.</summary>
[Trait("Feature", "GEM-3")]
public sealed class LostFinalTests
{
    private const string Chosen = "files/chosen-by-the-client";

    /// <summary>What Google tells when it is asked again, and whether the client chose the name.</summary>
    [Theory]
    [InlineData(true, null)]
    [InlineData(false, null)]
    [InlineData(true, Chosen)]
    [InlineData(false, Chosen)]
    public async Task The_question_after_a_lost_end_brings_the_file(bool tellsAgain, string? name)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        gateway.Upstream.Files.TellsFinalAgain = tellsAgain;
        string url = await BeginAsync(gateway, name is null ? "" : $$$"""{"file":{"name":"{{{name}}}","displayName":"notes"}}""");
        gateway.Upstream.Files.LoseNextFinalAnswer();

        FileSeen lost = await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));
        FileSeen asked = await gateway.Client.PieceAsync(url, "query", 0);

        Assert.Equal(HttpStatusCode.BadGateway, lost.Status);
        Assert.True(asked.Status == HttpStatusCode.OK, asked.Body);
        Assert.Equal("final", asked.Header("X-Goog-Upload-Status"));
        FakeFile made = Assert.Single(gateway.Upstream.Files.All);
        Assert.Equal(made.Name, (string?)asked.File["name"]);
        Assert.Equal(name ?? made.Name, made.Name);
        await AssertKnownAsync(gateway, made, url);
    }

    /// <summary>What a client may have said about its file; all of it still reaches Google.</summary>
    [Theory]
    [InlineData("", null)]
    [InlineData("{}", null)]
    [InlineData("""{"file":{}}""", null)]
    [InlineData(""" { "file" : { "displayName" : "notes, \"file\"" } } """, "notes, \"file\"")]
    [InlineData("""{"file":{"display_name":"notes","mimeType":"text/plain"}}""", "notes")]
    public async Task Whatever_was_said_about_a_file_it_is_found_again(string description, string? displayName)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        gateway.Upstream.Files.TellsFinalAgain = false;
        string url = await BeginAsync(gateway, description);
        gateway.Upstream.Files.LoseNextFinalAnswer();
        await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));

        FileSeen asked = await gateway.Client.PieceAsync(url, "query", 0);

        FakeFile made = Assert.Single(gateway.Upstream.Files.All);
        Assert.Equal((made.Name, displayName), ((string?)asked.File["name"], made.DisplayName));
        await AssertKnownAsync(gateway, made, url);
    }

    [Fact]
    public async Task Who_sends_the_end_again_gets_the_file_too()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string url = await BeginAsync(gateway, "");
        gateway.Upstream.Files.LoseNextFinalAnswer();
        await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));

        FileSeen again = await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));

        FakeFile made = Assert.Single(gateway.Upstream.Files.All);
        Assert.Equal((HttpStatusCode.OK, "final", made.Name), (again.Status, again.Header("X-Goog-Upload-Status"), (string?)again.File["name"]));
        await AssertKnownAsync(gateway, made, url);
    }

    [Fact]
    public async Task A_refused_end_stays_refused_and_costs_the_upload_nothing()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string url = await BeginAsync(gateway, "");

        FileSeen refused = await gateway.Client.PieceAsync(url, "upload, finalize", 5, FileWork.Bytes(5));
        FileSeen last = await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK), (refused.Status, last.Status));
        Assert.DoesNotContain(gateway.Logs.Lines, static line => line is { Level: >= LogLevel.Warning });
    }

    [Fact]
    public async Task While_its_key_cannot_be_asked_the_upload_waits_and_then_brings_the_file()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        gateway.Upstream.Files.TellsFinalAgain = false;
        string url = await BeginAsync(gateway, "");
        gateway.Upstream.Files.LoseNextFinalAnswer();
        await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));
        FakeFile made = Assert.Single(gateway.Upstream.Files.All);
        gateway.Upstream.Files.IsDown = true;

        FileSeen down = await gateway.Client.PieceAsync(url, "query", 0);
        gateway.Upstream.Files.IsDown = false;
        FileSeen later = await gateway.Client.PieceAsync(url, "query", 0);

        Assert.InRange((int)down.Status, 500, 599);
        Assert.True(later.Status == HttpStatusCode.OK, later.Body);
        await AssertKnownAsync(gateway, made, url);
    }

    [Fact]
    public async Task A_file_that_is_gone_again_is_a_clear_error_and_a_warning()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        gateway.Upstream.Files.TellsFinalAgain = false;
        string url = await BeginAsync(gateway, "");
        gateway.Upstream.Files.LoseNextFinalAnswer();
        await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));
        gateway.Upstream.Files.Lose(Assert.Single(gateway.Upstream.Files.All).Name);

        FileSeen asked = await gateway.Client.PieceAsync(url, "query", 0);

        Assert.Equal(HttpStatusCode.BadGateway, asked.Status);
        Assert.Contains("Upload it again", asked.Body, StringComparison.Ordinal);
        Assert.Contains(gateway.Logs.Lines, static line => line is { Level: LogLevel.Warning } && line.Text.Contains("cannot be found", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.PieceAsync(url, "query", 0)).Status);
    }

    /// <summary>What goes into a store becomes an operation, whose name nobody can know before.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_went_into_a_store_is_told_if_Google_tells_it_and_else_refused(bool tellsAgain)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        gateway.Upstream.Files.TellsFinalAgain = tellsAgain;
        string store = (string)(await gateway.Client.MakeAsync("/v1beta/fileSearchStores", "{}"))["name"]!;
        string url = await BeginAsync(gateway, "", $"/upload/v1beta/{store}:uploadToFileSearchStore");
        gateway.Upstream.Files.LoseNextFinalAnswer();
        await gateway.Client.PieceAsync(url, "upload, finalize", 0, FileWork.Bytes(10));

        FileSeen asked = await gateway.Client.PieceAsync(url, "query", 0);

        Assert.True(asked.Status == (tellsAgain ? HttpStatusCode.OK : HttpStatusCode.BadGateway), asked.Body);
        if (tellsAgain)
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/" + asked.Json["name"])).Status);
    }

    private static async Task AssertKnownAsync(TestGateway gateway, FakeFile made, string url)
    {
        for (int i = 0; i < 4; i++) // with three keys, a free choice would miss it
        {
            FileSeen answer = await gateway.Client.AskAboutAsync(made.Uri);
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        }

        Assert.Equal(made.Name, (string?)Assert.Single((await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/files")).Json["files"]!.AsArray())!["name"]);
        using HttpClient other = gateway.Other();
        Assert.Equal(HttpStatusCode.NotFound, (await other.SeeAsync(HttpMethod.Get, "/v1beta/" + made.Name)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.PieceAsync(url, "query", 0)).Status); // it is over
        Assert.All(gateway.Asked(), request => Assert.Equal(made.Key, request.Key ?? made.Key));
    }

    private static async Task<string> BeginAsync(TestGateway gateway, string description, string path = "/upload/v1beta/files")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = description.Length > 0 ? FileWork.Json(description) : null };
        request.Headers.Add("X-Goog-Upload-Protocol", "resumable");
        request.Headers.Add("X-Goog-Upload-Command", "start");
        request.Headers.Add("X-Goog-Upload-Header-Content-Length", "10");
        request.Headers.Add("X-Goog-Upload-Header-Content-Type", "text/plain");
        FileSeen begun = await gateway.Client.SeeAsync(request);
        Assert.True(begun.Status == HttpStatusCode.OK, begun.Body);
        return begun.Header("X-Goog-Upload-URL")!;
    }
}
