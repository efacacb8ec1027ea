using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pollux.Affinity;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Files;
using Pollux.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Files;

/// <summary>With copies kept, files of two keys can be used together: one is uploaded again to the other's key, once, and nobody sees it.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileCopyTests : IAsyncLifetime
{
    private const string Second = "AQ.test-key-0000000000000000000000002";
    private const string OtherCaller = "password-of-the-other-caller";

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-copies-").FullName;
    private FakeGeminiServer _upstream = null!;

    public async ValueTask InitializeAsync()
    {
        _upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);
        _upstream.AddKey(TestGateway.Key, _upstream.AddProject("100000000001"));
        _upstream.AddKey(Second, _upstream.AddProject("100000000002"));
    }

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public static TheoryData<Form, UploadForm> Forms => new(
        from form in (Form[])[Form.Gemini, Form.GeminiStream, Form.OpenAI, Form.OpenAIStream]
        from upload in (UploadForm[])[UploadForm.Resumable, UploadForm.Media]
        select (form, upload));

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Files_of_two_keys_meet_at_one_and_the_second_time_nothing_is_uploaded(Form form, UploadForm upload)
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway, upload);

        Seen seen = await gateway.Client.AskAsync(form, Asking(form, one, other));

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        FakeFile twin = Assert.Single(_upstream.Files.All, file => file.Name != one && file.Name != other);
        string moved = twin.Key == _upstream.Files.Find(one)!.Key ? other : one;
        Assert.Equal((_upstream.Files.Find(moved)!.Sha256, _upstream.Files.Find(moved)!.MimeType), (twin.Sha256, twin.MimeType));
        Assert.Equal(new[] { twin.Name, moved == one ? other : one }.Order(), NamedIn(Generations().Single()).Order());

        int sent = _upstream.Received.Requests.Count(Uploads);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAsync(form, Asking(form, one, other))).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAsync(form, Asking(form, other, one))).Status);
        Assert.Equal((sent, 3), (_upstream.Received.Requests.Count(Uploads), Generations().Count));
        Assert.All(Generations(), request => Assert.Equal(twin.Key, request.Key));

        FileSeen list = await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/files");
        Assert.Equal(new[] { one, other }.Order(), list.Json["files"]!.AsArray().Select(static file => (string)file!["name"]!).Order());
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/" + twin.Name)).Status);
    }

    [Fact]
    public async Task Three_files_meet_where_most_of_them_are()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        string third;
        do
            third = await UploadAsync(gateway, UploadForm.Media, 7);
        while (KeyOf(third) != KeyOf(other));

        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync(Uri(one), Uri(other), Uri(third))).Status);

        Assert.Equal(KeyOf(other), Assert.Single(Generations()).Key);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync(Uri(one), $"{gateway.Address}v1beta/{other}")).Status); // by our own address
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync(Uri(one))).Status); // alone it stays where it is
        Assert.Equal(KeyOf(one), Generations()[^1].Key);
    }

    [Fact]
    public async Task Files_do_not_meet_at_a_key_that_is_out()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        _upstream.AddKey(KeyOf(one)).State = FakeKeyState.Leaked;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Client.AskAboutAsync(Uri(one))).Status); // found out

        FileSeen seen = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        Assert.Equal(KeyOf(other), Generations()[^1].Key);
    }

    [Fact]
    public async Task Twenty_requests_at_once_upload_once()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        FileTwins twins = gateway.Services.GetRequiredService<FileTwins>();
        _upstream.Files.UploadAddress = url => // the upload goes on when all wait for it
        {
            SpinWait.SpinUntil(() => twins.Waiting == 20, TimeSpan.FromSeconds(20));
            return url.AbsoluteUri;
        };

        FileSeen[] seen = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.Client.AskAboutAsync(Uri(one), Uri(other))));

        Assert.All(seen, static each => Assert.True(each.Status == HttpStatusCode.OK, each.Body));
        Assert.Equal((3, 20), (_upstream.Files.All.Count, Generations().Count));
    }

    [Fact]
    public async Task A_request_waits_until_Google_has_processed_the_file()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        _upstream.Files.NewState = "PROCESSING";

        Task<FileSeen> asking = gateway.Client.AskAboutAsync(Uri(one), Uri(other));
        await _upstream.Received.WaitForAsync(static request => request.Method == "GET" && request.Path.Contains("/files/", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.False(asking.IsCompleted);
        _upstream.Files.SetState(_upstream.Files.All.Single(file => file.Name != one && file.Name != other).Name, "ACTIVE");

        FileSeen seen = await asking;
        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
    }

    [Fact]
    public async Task Who_leaves_takes_the_upload_from_nobody_and_what_was_uploaded_is_used_by_the_next()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        _upstream.Files.NewState = "PROCESSING";
        using var left = new CancellationTokenSource();
        Task leaving = gateway.Client.SendAsync(Form.Gemini, Ask.Request(Form.Gemini.Path(), Asking(Form.Gemini, one, other)), left.Token);
        await _upstream.Received.WaitForAsync(IsQuestion, TestContext.Current.CancellationToken);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);

        Task<FileSeen> staying = gateway.Client.AskAboutAsync(Uri(one), Uri(other));
        int asked = _upstream.Received.Requests.Count(IsQuestion);
        await _upstream.Received.WaitForAsync(request => IsQuestion(request) && --asked < 0, TestContext.Current.CancellationToken);
        _upstream.Files.SetState(Assert.Single(_upstream.Files.All, file => file.Name != one && file.Name != other).Name, "ACTIVE");

        FileSeen seen = await staying;
        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        Assert.Equal(3, _upstream.Files.All.Count);

        static bool IsQuestion(ReceivedRequest request) => request.Method == "GET" && request.Path.Contains("/files/", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_goes_to_the_key_of_a_cache_which_cannot_move()
    {
        await using TestGateway gateway = await StartAsync();
        _upstream.Resources.LeastCachedTokens = 1;
        string cache = await gateway.Client.MakeCacheAsync();
        string file;
        do
            file = await UploadAsync(gateway, UploadForm.Media, 1);
        while (KeyOf(file) == _upstream.Resources.Find(cache)!.Key);
        JsonObject body = Asking(Form.Gemini, file);
        body["cachedContent"] = cache;

        Seen seen = await gateway.Client.AskAsync(Form.Gemini, body);

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        Assert.Equal(_upstream.Resources.Find(cache)!.Key, Generations()[^1].Key);
    }

    [Fact]
    public async Task What_Google_cannot_process_is_a_400_and_uploaded_anew_the_next_time()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        _upstream.Files.NewState = "FAILED";
        AssertApart(await gateway.Client.AskAboutAsync(Uri(one), Uri(other)));
        Assert.Contains(gateway.Logs.Lines, static line => line is { Level: LogLevel.Warning } && line.Text.Contains("could not process", StringComparison.Ordinal));

        _upstream.Files.NewState = "ACTIVE";
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync(Uri(one), Uri(other))).Status);
    }

    [Fact]
    public async Task An_upload_that_Google_refuses_is_a_400_and_the_log_says_why()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        _upstream.Files.UploadAddress = static _ => "https://elsewhere.example/upload/v1beta/files?upload_id=1";

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
        int sent = _upstream.Received.Requests.Count(Uploads);

        FileSeen seen = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        AssertApart(seen);
        Assert.Equal((sent, 0), (_upstream.Received.Requests.Count(Uploads), Generations().Count));
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
    public async Task Another_callers_file_is_not_there_and_nothing_is_uploaded()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        using HttpClient stranger = Stranger(gateway);
        string own = (string)(await stranger.UploadAsync(FileWork.Bytes(10))).File["name"]!;
        int sent = _upstream.Received.Requests.Count(Uploads);

        Assert.Equal(HttpStatusCode.NotFound, (await stranger.AskAboutAsync(Uri(one), Uri(other))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.AskAboutAsync(Uri(own), Uri(one), Uri(other))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.AskAboutAsync(Uri(one), Uri(other), Uri(own))).Status);
        Assert.Equal((sent, 0), (_upstream.Received.Requests.Count(Uploads), Generations().Count));
    }

    [Fact]
    public async Task After_a_restart_they_meet_and_stay_together()
    {
        string one, other;
        await using (TestGateway gateway = await StartAsync(("KEY_STORAGE_MODE", "database")))
            (one, other) = await UploadApartAsync(gateway);
        await using (TestGateway again = await StartAsync(("KEY_STORAGE_MODE", "database")))
            Assert.Equal(HttpStatusCode.OK, (await again.Client.AskAboutAsync(Uri(one), Uri(other))).Status);
        int sent = _upstream.Received.Requests.Count(Uploads);

        await using TestGateway last = await StartAsync(("KEY_STORAGE_MODE", "database"));
        Assert.Equal(HttpStatusCode.OK, (await last.Client.AskAboutAsync(Uri(one), Uri(other))).Status);
        Assert.Equal((sent, 2), (_upstream.Received.Requests.Count(Uploads), Copies().Length));
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
        await File.WriteAllTextAsync(Path.Combine(_folder, "file-copies"), "a file where the folder should be", TestContext.Current.CancellationToken);
        await using TestGateway gateway = await StartAsync();

        (string one, string other) = await UploadApartAsync(gateway, UploadForm.Resumable);
        await UploadAsync(gateway, UploadForm.Media, 3);

        AssertApart(await gateway.Client.AskAboutAsync(Uri(one), Uri(other)));
        Assert.Single(gateway.Logs.Lines, static line => line is { Level: LogLevel.Warning } && line.Text.Contains("could not be kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copy_survives_a_break_of_its_upload()
    {
        _upstream.Files.Granularity = 1024;
        await using TestGateway gateway = await StartAsync();
        byte[] bytes = FileWork.Bytes(500_000);
        string url = (await gateway.Client.StartAsync(bytes.Length)).Header("X-Goog-Upload-URL")!;
        _upstream.Files.BreakNextPieceAfter(200_000);
        Assert.NotEqual(HttpStatusCode.OK, (await gateway.Client.PieceAsync(url, "upload, finalize", 0, bytes)).Status);
        int there = int.Parse((await gateway.Client.PieceAsync(url, "query", 0)).Header("X-Goog-Upload-Size-Received")!, System.Globalization.CultureInfo.InvariantCulture);
        string one = (string)(await gateway.Client.PieceAsync(url, "upload, finalize", there, bytes[there..])).File["name"]!;
        string other;
        do
            other = await UploadAsync(gateway, UploadForm.Multipart, 2); // has no copy, so that it is the first that moves
        while (KeyOf(other) == KeyOf(one));

        FileSeen seen = await gateway.Client.AskAboutAsync(Uri(one), Uri(other));

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        Assert.Equal(_upstream.Files.Find(one)!.Sha256, _upstream.Files.All.Single(file => file.Key == KeyOf(other) && file.Size == bytes.Length).Sha256);
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

        Assert.Empty(_upstream.Files.All); // the twin as well
        Assert.Empty(Copies());
        Assert.Equal(0, gateway.Services.GetRequiredService<AffinityLedger>().Count);
    }

    private static void AssertApart(FileSeen seen)
    {
        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Contains("cannot be used together", seen.Body, StringComparison.Ordinal);
    }

    private static JsonObject Asking(Form form, params string[] names)
    {
        JsonObject body = form.Body("");
        if (form.IsOpenAI())
        {
            var content = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "What are these?" });
            foreach (string name in names)
                content.Add((JsonNode)new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["file_id"] = name } });
            body["messages"]![0]!["content"] = content;
            return body;
        }

        var parts = new JsonArray(new JsonObject { ["text"] = "What are these?" });
        foreach (string name in names)
            parts.Add((JsonNode)new JsonObject { ["fileData"] = new JsonObject { ["fileUri"] = Uri(name), ["mimeType"] = "text/plain" } });
        body["contents"]![0]!["parts"] = parts;
        return body;
    }

    private static IEnumerable<string> NamedIn(ReceivedRequest request) =>
        from part in request.Json.GetProperty("contents")[0].GetProperty("parts").EnumerateArray()
        where part.TryGetProperty("fileData", out _)
        select part.GetProperty("fileData").GetProperty("fileUri").GetString()!["https://generativelanguage.googleapis.com/v1beta/".Length..];

    private static string Uri(string name) => "https://generativelanguage.googleapis.com/v1beta/" + name;

    private static bool Uploads(ReceivedRequest request) => request.Path.Contains("/upload/", StringComparison.Ordinal);

    private string KeyOf(string name) => _upstream.Files.Find(name)!.Key;

    private string[] Copies() => Directory.Exists(Path.Combine(_folder, "file-copies")) ? Directory.GetFiles(Path.Combine(_folder, "file-copies")) : [];

    private List<ReceivedRequest> Generations() => [.. _upstream.Received.Requests.Where(static request => request is { Status: 200, Action: "generateContent" or "streamGenerateContent" })];

    private static async Task<string> UploadAsync(TestGateway gateway, UploadForm form, byte seed, int size = 10) =>
        (string)(await gateway.Client.UploadAsync(FileWork.Bytes(size, seed), form)).File["name"]!;

    private async Task<(string One, string Other)> UploadApartAsync(TestGateway gateway, UploadForm form = UploadForm.Resumable, int size = 10)
    {
        string one = await UploadAsync(gateway, form, 1, size);
        for (int i = 0; i < 10; i++)
        {
            string other = await UploadAsync(gateway, form, 2, size);
            if (KeyOf(other) != KeyOf(one))
                return (one, other);
            await gateway.Client.SeeAsync(HttpMethod.Delete, "/v1beta/" + other);
        }

        throw new InvalidOperationException("Ten uploads went to one key.");
    }

    private static HttpClient Stranger(TestGateway gateway)
    {
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        var client = new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030
        client.DefaultRequestHeaders.Authorization = new("Bearer", OtherCaller);
        return client;
    }

    private Task<TestGateway> StartAsync(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["DATA_DIR"] = _folder,
            ["BASE_URL"] = _upstream.BaseAddress.AbsoluteUri,
            ["GEMINI_API_KEYS"] = $"{TestGateway.Key},{Second}",
            ["ALLOWED_TOKENS"] = OtherCaller,
            ["FILES_KEEP_COPIES_MB"] = "100",
        };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return TestGateway.StartAsync(settings: all);
    }
}
