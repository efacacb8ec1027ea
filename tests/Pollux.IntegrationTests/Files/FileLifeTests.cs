using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Affinity;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Files;

/// <summary>A file's life: uploaded in each form, looked at, used, listed, deleted; and what goes wrong on the way.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileLifeTests
{
    private const string Second = "AQ.test-key-0000000000000000000000002";
    private const string OtherCaller = "password-of-the-other-caller";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(UploadForm.Resumable, "/upload/v1beta", "/v1beta")]
    [InlineData(UploadForm.Multipart, "/upload/v1beta", "/v1beta")]
    [InlineData(UploadForm.Media, "/upload/v1beta", "/v1beta")]
    [InlineData(UploadForm.Resumable, "/gemini/upload/v1beta", "/gemini/v1beta")]
    [InlineData(UploadForm.Media, "/upload/v1alpha", "/v1alpha")]
    public async Task A_file_lives_from_upload_to_deletion_with_its_key(UploadForm form, string uploads, string prefix)
    {
        await using TestGateway gateway = await StartAsync();
        byte[] bytes = FileWork.Bytes(70_000);

        JsonNode file = (await gateway.Client.UploadAsync(bytes, form, uploads)).File;
        string name = (string)file["name"]!;
        FakeFile stored = gateway.Upstream.Files.Find(name)!;
        Assert.Equal((70_000L, Convert.ToHexStringLower(SHA256.HashData(bytes)), "text/plain"), (stored.Size, stored.Sha256, stored.MimeType));
        Assert.Equal(form == UploadForm.Media ? null : "notes", stored.DisplayName);

        for (int i = 0; i < 4; i++) // with two keys, a free choice would miss it
        {
            FileSeen answer = await gateway.Client.AskAboutAsync((string)file["uri"]!);
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
            FileSeen seen = await gateway.Client.SeeAsync(HttpMethod.Get, $"{prefix}/{name}");
            Assert.Equal((HttpStatusCode.OK, name), (seen.Status, (string?)seen.Json["name"]));
        }

        FileSeen list = await gateway.Client.SeeAsync(HttpMethod.Get, $"{prefix}/files");
        Assert.Equal(name, (string?)Assert.Single(list.Json["files"]!.AsArray())!["name"]);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SeeAsync(HttpMethod.Delete, $"{prefix}/{name}")).Status);
        Assert.Null(gateway.Upstream.Files.Find(name));
        FileSeen gone = await gateway.Client.SeeAsync(HttpMethod.Get, $"{prefix}/{name}");
        Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (gone.Status, (string?)gone.Json["error"]!["status"]));
        Assert.DoesNotContain("files", (await gateway.Client.SeeAsync(HttpMethod.Get, $"{prefix}/files")).Body, StringComparison.Ordinal);

        Assert.All(gateway.Upstream.Received.Requests.Where(static request => request.Action != "listModels"), request => Assert.Equal(stored.Key, request.Key));
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static request => request.Headers.Values.Concat(request.Query.Values).Any(static value => value.Contains(TestGateway.Password, StringComparison.Ordinal)));
    }

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

    [Theory]
    [InlineData("/v1beta/files/..%2Fmodels")]
    [InlineData("/v1beta/files/a%2Fb")]
    [InlineData("/v1beta/files/a%3Fkey=x")]
    [InlineData("/v1beta/files/%2e%2e:download")]
    [InlineData("/v1beta/files/unknown")]
    [InlineData("/v1beta/files/unknown:download?alt=media")]
    [InlineData("/upload/session/0000000000000000000000000000000000000000000")]
    public async Task Tricks_with_names_reach_nothing(string path)
    {
        await using TestGateway gateway = await StartAsync();

        FileSeen seen = await gateway.Client.SeeAsync(path.StartsWith("/upload", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.NotFound, seen.Status);
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
    public async Task Another_callers_file_looks_like_one_that_is_not_there()
    {
        await using TestGateway gateway = await StartAsync();
        JsonNode file = (await gateway.Client.UploadAsync(FileWork.Bytes(10))).File;
        string name = (string)file["name"]!;
        using HttpClient other = Client(gateway, OtherCaller);
        int sent = Sent(gateway);

        foreach ((HttpMethod method, string path) in ((HttpMethod, string)[])[(HttpMethod.Get, ""), (HttpMethod.Delete, ""), (HttpMethod.Get, ":download?alt=media")])
        {
            FileSeen foreign = await other.SeeAsync(method, $"/v1beta/{name}{path}"), unknown = await other.SeeAsync(method, $"/v1beta/files/doesnotexist{path}");
            Assert.Equal(HttpStatusCode.NotFound, foreign.Status);
            Assert.Equal((unknown.Status, unknown.Body.Replace("doesnotexist", name["files/".Length..], StringComparison.Ordinal)), (foreign.Status, foreign.Body));
        }

        Assert.DoesNotContain(name, (await other.SeeAsync(HttpMethod.Get, "/v1beta/files")).Body, StringComparison.Ordinal);
        FileSeen used = await other.AskAboutAsync((string)file["uri"]!);
        Assert.Equal(HttpStatusCode.NotFound, used.Status);
        Assert.Equal(sent, Sent(gateway)); // nothing of it was sent
        FileSeen never = await other.AskAboutAsync("https://generativelanguage.googleapis.com/v1beta/files/doesnotexist");
        Assert.Equal((used.Status, (string?)used.Json["error"]!["message"]), (never.Status, ((string?)never.Json["error"]!["message"])!.Replace("doesnotexist", name["files/".Length..], StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync((string)file["uri"]!)).Status);
    }

    [Fact]
    public async Task Without_isolation_callers_share_their_files()
    {
        await using TestGateway gateway = await StartAsync(("FILES_USER_ISOLATION_ENABLED", "false"));
        JsonNode file = (await gateway.Client.UploadAsync(FileWork.Bytes(10))).File;
        using HttpClient other = Client(gateway, OtherCaller);

        Assert.Equal(HttpStatusCode.OK, (await other.AskAboutAsync((string)file["uri"]!)).Status);
        Assert.Single((await other.SeeAsync(HttpMethod.Get, "/v1beta/files")).Json["files"]!.AsArray());
        Assert.Equal(HttpStatusCode.OK, (await other.SeeAsync(HttpMethod.Delete, "/v1beta/" + file["name"])).Status);
    }

    /// <summary>KEY-3: what Google refuses about a file is nobody's key's fault.</summary>
    [Fact]
    [Trait("Feature", "KEY-3")]
    public async Task A_file_that_no_key_knows_costs_no_key_its_health()
    {
        await using TestGateway gateway = await StartAsync(("MAX_FAILURES", "1"));

        for (int i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.AskAboutAsync("https://generativelanguage.googleapis.com/v1beta/files/elsewhere")).Status);

        Assert.All(gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials(), static key => Assert.Equal((CredentialStatus.Usable, 0), (key.Health.Status, key.Health.ConsecutiveFailures)));
    }

    [Fact]
    public async Task A_file_of_a_dead_key_gives_a_clear_error_and_stays_in_the_list()
    {
        await using TestGateway gateway = await StartAsync();
        JsonNode file = (await gateway.Client.UploadAsync(FileWork.Bytes(10))).File;
        string name = (string)file["name"]!, key = gateway.Upstream.Files.Find(name)!.Key;
        gateway.Upstream.AddKey(key).State = FakeKeyState.Leaked;

        for (int i = 0; i < 2; i++) // it is found out, and then known
        {
            FileSeen seen = await gateway.Client.AskAboutAsync((string)file["uri"]!);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
            Assert.Contains(name, seen.Body, StringComparison.Ordinal);
            Assert.Contains("out of service", seen.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(key[^8..], seen.Body, StringComparison.Ordinal);
            Assert.NotNull(seen.Header("Retry-After"));
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/" + name)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Client.SeeAsync(HttpMethod.Delete, "/v1beta/" + name)).Status);
        Assert.Contains(name, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/files")).Body, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, request => request.Action == "generateContent" && request.Key != key);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.UploadAsync(FileWork.Bytes(10))).Status); // the other key is there
    }

    [Fact]
    public async Task A_key_that_is_out_of_quota_is_told_with_its_wait_and_its_file_can_still_be_looked_at()
    {
        await using TestGateway gateway = await StartAsync();
        JsonNode file = (await gateway.Client.UploadAsync(FileWork.Bytes(10))).File;
        FakeKey owner = gateway.Upstream.AddKey(gateway.Upstream.Files.Find((string)file["name"]!)!.Key);
        owner.Project.SetQuota(Ask.Model, new FakeQuota(Rpm: 1));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync((string)file["uri"]!)).Status);

        for (int i = 0; i < 2; i++)
        {
            FileSeen refused = await gateway.Client.AskAboutAsync((string)file["uri"]!);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
            Assert.InRange(int.Parse(refused.Header("Retry-After")!), 1, 61);
            Assert.Contains((string)file["name"]!, refused.Body, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/" + file["name"])).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SeeAsync(HttpMethod.Delete, "/v1beta/" + file["name"])).Status);
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, request => request.Action == "generateContent" && request.Key != owner.Key);
    }

    [Fact]
    public async Task Two_files_of_two_keys_are_a_clear_400_that_says_which_lives_where()
    {
        await using TestGateway gateway = await StartAsync();
        (string one, string other) = await UploadApartAsync(gateway);
        int sent = Sent(gateway);

        FileSeen seen = await gateway.Client.AskAboutAsync(FileUri(one), FileUri(other));

        Assert.Equal((HttpStatusCode.BadRequest, sent), (seen.Status, Sent(gateway)));
        Assert.Contains(one, seen.Body, StringComparison.Ordinal);
        Assert.Contains(other, seen.Body, StringComparison.Ordinal);
        foreach (Credential key in gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials())
        {
            Assert.Contains(key.Label, seen.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(key.Secret.Reveal(), seen.Body, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync(FileUri(one), FileUri(one))).Status);
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task An_OpenAI_client_names_a_file_by_its_id(Form form)
    {
        await using TestGateway gateway = await StartAsync();
        string name = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10))).File["name"]!;
        JsonObject body = form.Body("");
        body["messages"]![0]!["content"] = new JsonArray(
            new JsonObject { ["type"] = "text", ["text"] = "What is this?" },
            new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["file_id"] = name } });

        for (int i = 0; i < 4; i++)
        {
            FileSeen seen = await gateway.Client.SeeAsync(new HttpRequestMessage(HttpMethod.Post, form.Path()) { Content = FileWork.Json(body.ToJsonString()) });
            Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        }

        using HttpClient other = Client(gateway, OtherCaller);
        FileSeen foreign = await other.SeeAsync(new HttpRequestMessage(HttpMethod.Post, form.Path()) { Content = FileWork.Json(body.ToJsonString()) });
        Assert.Equal(HttpStatusCode.NotFound, foreign.Status);
        Assert.NotNull(foreign.Json["error"]!["type"]); // in its own dialect
    }

    [Fact]
    public async Task A_file_may_be_named_by_the_address_of_the_gateway()
    {
        await using TestGateway gateway = await StartAsync();
        string name = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10))).File["name"]!;

        for (int i = 0; i < 4; i++)
        {
            FileSeen seen = await gateway.Client.AskAboutAsync($"{gateway.Address}v1beta/{name}");
            Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        }
    }

    [Fact]
    public async Task A_list_is_paged_over_all_keys_and_asks_only_about_what_is_not_ready()
    {
        await using TestGateway gateway = await StartAsync();
        var names = new List<string>();
        for (int i = 0; i < 7; i++)
            names.Insert(0, (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10, (byte)i), UploadForm.Media)).File["name"]!);
        gateway.Upstream.Files.NewState = "PROCESSING";
        names.Insert(0, (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10))).File["name"]!);
        gateway.Upstream.Files.SetState(names[0], "ACTIVE");
        Assert.Equal(2, names.Select(name => gateway.Upstream.Files.Find(name)!.Key).Distinct().Count());
        int sent = Sent(gateway);

        var seen = new List<string>();
        string? token = "";
        while (token is not null)
        {
            JsonNode page = (await gateway.Client.SeeAsync(HttpMethod.Get, $"/v1beta/files?pageSize=3&pageToken={token}")).Json;
            seen.AddRange(page["files"]!.AsArray().Select(static file => (string)file!["name"]!));
            Assert.All(page["files"]!.AsArray(), static file => Assert.Equal("ACTIVE", (string?)file!["state"]));
            token = (string?)page["nextPageToken"];
        }

        Assert.Equal(names, seen);
        Assert.Equal(sent + 1, Sent(gateway));
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/files?pageToken=nonsense")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/files?pageSize=many")).Status);
    }

    [Fact]
    public async Task What_Google_made_is_downloaded_as_it_is_and_an_uploaded_file_is_not()
    {
        await using TestGateway gateway = await StartAsync();
        byte[] film = FileWork.Bytes(300_000);
        FakeFile made = gateway.Upstream.Files.Make(gateway.Upstream.AddKey(Second), film, "video/mp4");
        string caller = await CallerAsync(gateway);
        CredentialId owner = gateway.Services.GetRequiredService<KeyPool.KeyPool>().Find(new SecretText(Second))!.Id;
        gateway.Services.GetRequiredService<AffinityLedger>().Remember(new RemoteResource(made.Name, ResourceKind.File, owner, caller, made.ExpiresAt));

        using HttpResponseMessage response = await gateway.Client.GetAsync(new Uri($"/v1beta/{made.Name}:download?alt=media", UriKind.Relative), Cancellation);

        Assert.Equal((HttpStatusCode.OK, "video/mp4", 300_000L), (response.StatusCode, response.Content.Headers.ContentType!.MediaType, response.Content.Headers.ContentLength));
        Assert.Equal(film, await response.Content.ReadAsByteArrayAsync(Cancellation));
        string uploaded = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10))).File["name"]!;
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.SeeAsync(HttpMethod.Get, $"/v1beta/{uploaded}:download?alt=media")).Status);
    }

    [Fact]
    public async Task A_file_may_be_only_described()
    {
        await using TestGateway gateway = await StartAsync();

        FileSeen seen = await gateway.Client.SeeAsync(new HttpRequestMessage(HttpMethod.Post, "/v1beta/files") { Content = FileWork.Json("""{"file":{"displayName":"empty"}}""") });

        Assert.Equal("empty", (string?)seen.File["displayName"]);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/" + seen.File["name"])).Status);
        FileSeen unknown = await gateway.Client.SeeAsync(new HttpRequestMessage(HttpMethod.Post, "/v1beta/files") { Content = FileWork.Json("""{"file":{"colour":"red"}}""") });
        Assert.Equal(HttpStatusCode.BadRequest, unknown.Status);
        Assert.Contains("colour", unknown.Body, StringComparison.Ordinal); // Google's own words
    }

    [Fact]
    public async Task A_start_passes_over_a_dead_key()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.AddKey(TestGateway.Key).State = FakeKeyState.Invalid;

        for (int i = 0; i < 3; i++)
            Assert.Equal(Second, gateway.Upstream.Files.Find((string)(await gateway.Client.UploadAsync(FileWork.Bytes(10))).File["name"]!)!.Key);
    }

    [Fact]
    public async Task Nobody_without_a_credential_begins_an_upload_or_sees_files()
    {
        await using TestGateway gateway = await StartAsync();
        using HttpClient nobody = Client(gateway, password: null);

        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.StartAsync(10)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.SeeAsync(HttpMethod.Get, "/v1beta/files")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.SeeAsync(HttpMethod.Delete, "/v1beta/files/a")).Status);
        Assert.Equal(0, Sent(gateway));
    }

    /// <summary>What reached the upstream, but for the lists of models that a gateway asks for by itself.</summary>
    private static int Sent(TestGateway gateway) => gateway.Upstream.Received.Requests.Count(static request => request.Action != "listModels");

    private static string FileUri(string name) => "https://generativelanguage.googleapis.com/v1beta/" + name;

    private static async Task<(string One, string Other)> UploadApartAsync(TestGateway gateway)
    {
        string one = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10))).File["name"]!;
        for (int i = 0; i < 10; i++)
        {
            string other = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10, 2))).File["name"]!;
            if (gateway.Upstream.Files.Find(other)!.Key != gateway.Upstream.Files.Find(one)!.Key)
                return (one, other);
        }

        throw new InvalidOperationException("Ten uploads went to one key.");
    }

    /// <summary>The id under which the tests' client is known: that of a file it uploads.</summary>
    private static async Task<string> CallerAsync(TestGateway gateway)
    {
        string owner = "";
        gateway.Services.GetRequiredService<AffinityLedger>().Changed = (resource, _) => owner = resource.Owner;
        await gateway.Client.UploadAsync(FileWork.Bytes(10), UploadForm.Media);
        return owner;
    }

    private static HttpClient Client(TestGateway gateway, string? password)
    {
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        var client = new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030
        if (password is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", password);
        return client;
    }

    private static Task<TestGateway> StartAsync(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["GEMINI_API_KEYS"] = $"{TestGateway.Key},{Second}", ["ALLOWED_TOKENS"] = OtherCaller };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return TestGateway.StartAsync(
            fake =>
            {
                fake.AddKey(TestGateway.Key, fake.AddProject("100000000001"));
                fake.AddKey(Second, fake.AddProject("100000000002"));
            },
            all);
    }
}
