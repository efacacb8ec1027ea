using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Files;
using Pollux.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Files;

/// <summary>With copies kept, files of two keys can be used together: one is uploaded again to the other's key, once, and nobody sees it.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileReunionTests : CopyStand
{
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
        FakeFile twin = Assert.Single(Upstream.Files.All, file => file.Name != one && file.Name != other);
        string moved = twin.Key == Upstream.Files.Find(one)!.Key ? other : one;
        Assert.Equal((Upstream.Files.Find(moved)!.Sha256, Upstream.Files.Find(moved)!.MimeType), (twin.Sha256, twin.MimeType));
        Assert.Equal(new[] { twin.Name, moved == one ? other : one }.Order(), NamedIn(Generations().Single()).Order());

        int sent = Upstream.Received.Requests.Count(Uploads);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAsync(form, Asking(form, one, other))).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAsync(form, Asking(form, other, one))).Status);
        Assert.Equal((sent, 3), (Upstream.Received.Requests.Count(Uploads), Generations().Count));
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
        Upstream.AddKey(KeyOf(one)).State = FakeKeyState.Leaked;
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
        Upstream.Files.UploadAddress = url => // the upload goes on when all wait for it
        {
            SpinWait.SpinUntil(() => twins.Waiting == 20, TimeSpan.FromSeconds(20));
            return url.AbsoluteUri;
        };

        FileSeen[] seen = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.Client.AskAboutAsync(Uri(one), Uri(other))));

        Assert.All(seen, static each => Assert.True(each.Status == HttpStatusCode.OK, each.Body));
        Assert.Equal((3, 20), (Upstream.Files.All.Count, Generations().Count));
    }

    [Fact]
    public async Task A_request_waits_until_Google_has_processed_the_file()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        Upstream.Files.NewState = "PROCESSING";

        Task<FileSeen> asking = gateway.Client.AskAboutAsync(Uri(one), Uri(other));
        await Upstream.Received.WaitForAsync(static request => request.Method == "GET" && request.Path.Contains("/files/", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.False(asking.IsCompleted);
        Upstream.Files.SetState(Upstream.Files.All.Single(file => file.Name != one && file.Name != other).Name, "ACTIVE");

        FileSeen seen = await asking;
        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
    }

    [Fact]
    public async Task Who_leaves_takes_the_upload_from_nobody_and_what_was_uploaded_is_used_by_the_next()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        Upstream.Files.NewState = "PROCESSING";
        using var left = new CancellationTokenSource();
        Task leaving = gateway.Client.SendAsync(Form.Gemini, Ask.Request(Form.Gemini.Path(), Asking(Form.Gemini, one, other)), left.Token);
        await Upstream.Received.WaitForAsync(IsQuestion, TestContext.Current.CancellationToken);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);

        Task<FileSeen> staying = gateway.Client.AskAboutAsync(Uri(one), Uri(other));
        int asked = Upstream.Received.Requests.Count(IsQuestion);
        await Upstream.Received.WaitForAsync(request => IsQuestion(request) && --asked < 0, TestContext.Current.CancellationToken);
        Upstream.Files.SetState(Assert.Single(Upstream.Files.All, file => file.Name != one && file.Name != other).Name, "ACTIVE");

        FileSeen seen = await staying;
        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        Assert.Equal(3, Upstream.Files.All.Count);

        static bool IsQuestion(ReceivedRequest request) => request.Method == "GET" && request.Path.Contains("/files/", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_goes_to_the_key_of_a_cache_which_cannot_move()
    {
        await using TestGateway gateway = await StartAsync();
        Upstream.Resources.LeastCachedTokens = 1;
        string cache = await gateway.Client.MakeCacheAsync();
        string file;
        do
            file = await UploadAsync(gateway, UploadForm.Media, 1);
        while (KeyOf(file) == Upstream.Resources.Find(cache)!.Key);
        JsonObject body = Asking(Form.Gemini, file);
        body["cachedContent"] = cache;

        Seen seen = await gateway.Client.AskAsync(Form.Gemini, body);

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        Assert.Equal(Upstream.Resources.Find(cache)!.Key, Generations()[^1].Key);
    }

    [Fact]
    public async Task Another_callers_file_is_not_there_and_nothing_is_uploaded()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        using HttpClient stranger = Stranger(gateway);
        string own = (string)(await stranger.UploadAsync(FileWork.Bytes(10))).File["name"]!;
        int sent = Upstream.Received.Requests.Count(Uploads);

        Assert.Equal(HttpStatusCode.NotFound, (await stranger.AskAboutAsync(Uri(one), Uri(other))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.AskAboutAsync(Uri(own), Uri(one), Uri(other))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.AskAboutAsync(Uri(one), Uri(other), Uri(own))).Status);
        Assert.Equal((sent, 0), (Upstream.Received.Requests.Count(Uploads), Generations().Count));
    }

    [Fact]
    public async Task After_a_restart_they_meet_and_stay_together()
    {
        string one, other;
        await using (TestGateway gateway = await StartAsync(("KEY_STORAGE_MODE", "database")))
            (one, other) = await UploadApartAsync(gateway);
        await using (TestGateway again = await StartAsync(("KEY_STORAGE_MODE", "database")))
            Assert.Equal(HttpStatusCode.OK, (await again.Client.AskAboutAsync(Uri(one), Uri(other))).Status);
        int sent = Upstream.Received.Requests.Count(Uploads);

        await using TestGateway last = await StartAsync(("KEY_STORAGE_MODE", "database"));
        Assert.Equal(HttpStatusCode.OK, (await last.Client.AskAboutAsync(Uri(one), Uri(other))).Status);
        Assert.Equal((sent, 2), (Upstream.Received.Requests.Count(Uploads), Copies().Length));
    }
}
