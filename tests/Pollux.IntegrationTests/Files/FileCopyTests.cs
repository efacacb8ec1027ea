using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pollux.Affinity;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Files;

/// <summary>What is kept of uploads and what is not, and what befalls files that have no copy.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileCopyTests : CopyStand
{
    [Fact]
    public async Task What_Google_cannot_process_is_a_400_and_uploaded_anew_the_next_time()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        Upstream.Files.NewState = "FAILED";
        AssertApart(await gateway.Client.AskAboutAsync(Uri(one), Uri(other)));
        Assert.Contains(gateway.Logs.Lines, static line => line is { Level: LogLevel.Warning } && line.Text.Contains("could not process", StringComparison.Ordinal));

        Upstream.Files.NewState = "ACTIVE";
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync(Uri(one), Uri(other))).Status);
    }

    [Fact]
    public async Task An_upload_that_Google_refuses_is_a_400_and_the_log_says_why()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        Upstream.Files.UploadAddress = static _ => "https://elsewhere.example/upload/v1beta/files?upload_id=1";

        AssertApart(await gateway.Client.AskAboutAsync(Uri(one), Uri(other)));

        Assert.Contains(gateway.Logs.Lines, static line => line is { Level: LogLevel.Warning } && line.Text.Contains("no address to upload to", StringComparison.Ordinal));
        Assert.Empty(Generations());
    }

    /// <summary>Why there may be no copy.</summary>
    [Theory]
    [InlineData("0", UploadForm.Resumable, 10)]
    [InlineData("100", UploadForm.Multipart, 10)]
    [InlineData("1", UploadForm.Media, 1_100_000)] // larger than the room
    public async Task Without_a_copy_they_are_a_400_as_ever(string room, UploadForm upload, int size)
    {
        await using TestGateway gateway = await StartAsync(("FILES_KEEP_COPIES_MB", room));
        (string one, string other) = await UploadApartAsync(gateway, upload, size);
        int sent = Upstream.Received.Requests.Count(Uploads);

        FileSeen seen = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        AssertApart(seen);
        Assert.Equal((sent, 0), (Upstream.Received.Requests.Count(Uploads), Generations().Count));
        Assert.Empty(Copies());
    }

    [Fact]
    public async Task Of_files_whose_copies_made_room_none_is_uploaded_again()
    {
        await using TestGateway gateway = await StartAsync(("FILES_KEEP_COPIES_MB", "1"));
        (string one, string other) = await UploadApartAsync(gateway, UploadForm.Resumable);
        await UploadAsync(gateway, UploadForm.Media, 3, 1024 * 1024); // all of the room

        AssertApart(await gateway.Client.AskAboutAsync(Uri(one), Uri(other)));
        Assert.Single(Copies());
    }

    [Fact]
    public async Task A_restart_without_a_database_leaves_no_copy()
    {
        await using (TestGateway gateway = await StartAsync())
            await UploadApartAsync(gateway);
        Assert.True(Copies().Length >= 2);

        await using TestGateway again = await StartAsync();
        Assert.Empty(Copies());
    }

    [Fact]
    public async Task A_disk_that_refuses_costs_the_copy_and_one_warning_but_no_upload()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "file-copies"), "a file where the folder should be", TestContext.Current.CancellationToken);
        await using TestGateway gateway = await StartAsync();

        (string one, string other) = await UploadApartAsync(gateway, UploadForm.Resumable);
        await UploadAsync(gateway, UploadForm.Media, 3);

        AssertApart(await gateway.Client.AskAboutAsync(Uri(one), Uri(other)));
        Assert.Single(gateway.Logs.Lines, static line => line is { Level: LogLevel.Warning } && line.Text.Contains("could not be kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copy_survives_a_break_of_its_upload()
    {
        Upstream.Files.Granularity = 1024;
        await using TestGateway gateway = await StartAsync();
        byte[] bytes = FileWork.Bytes(500_000);
        string url = (await gateway.Client.StartAsync(bytes.Length)).Header("X-Goog-Upload-URL")!;
        Upstream.Files.BreakNextPieceAfter(200_000);
        Assert.NotEqual(HttpStatusCode.OK, (await gateway.Client.PieceAsync(url, "upload, finalize", 0, bytes)).Status);
        int there = int.Parse((await gateway.Client.PieceAsync(url, "query", 0)).Header("X-Goog-Upload-Size-Received")!, System.Globalization.CultureInfo.InvariantCulture);
        string one = (string)(await gateway.Client.PieceAsync(url, "upload, finalize", there, bytes[there..])).File["name"]!;
        string other;
        do
            other = await UploadAsync(gateway, UploadForm.Multipart, 2); // has no copy, so that it is the first that moves
        while (KeyOf(other) == KeyOf(one));

        FileSeen seen = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        Assert.Equal(Upstream.Files.Find(one)!.Sha256, Upstream.Files.All.Single(file => file.Key == KeyOf(other) && file.Size == bytes.Length).Sha256);
    }

    [Fact]
    public async Task A_copy_that_was_tampered_with_is_not_used()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        foreach (string copy in Copies())
            await File.WriteAllBytesAsync(copy, FileWork.Bytes(10, 99), TestContext.Current.CancellationToken);

        AssertApart(await gateway.Client.AskAboutAsync(Uri(one), Uri(other)));

        Assert.Contains(gateway.Logs.Lines, static line => line is { Level: LogLevel.Warning } && line.Text.Contains("not what was uploaded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_cancels_or_deletes_leaves_nothing_behind()
    {
        await using TestGateway gateway = await StartAsync();
        string url = (await gateway.Client.StartAsync(10)).Header("X-Goog-Upload-URL")!;
        await gateway.Client.PieceAsync(url, "cancel", 0);
        (string one, string other) = await UploadApartAsync(gateway);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync(Uri(one), Uri(other))).Status);

        foreach (JsonNode? file in (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/files?pageSize=100")).Json["files"]!.AsArray())
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SeeAsync(HttpMethod.Delete, "/v1beta/" + file!["name"])).Status);

        Assert.Empty(Upstream.Files.All); // the twin as well
        Assert.Empty(Copies());
        Assert.Equal(0, gateway.Services.GetRequiredService<AffinityLedger>().Count);
    }
}
