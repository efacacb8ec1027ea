using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Affinity;
using Pollux.FakeGemini.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.KeyPool;
using static Pollux.IntegrationTests.Files.FileStand;

namespace Pollux.IntegrationTests.Files;

/// <summary>A file's life: uploaded in each form, looked at, listed, downloaded, deleted.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileLifeTests
{
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
    public async Task Nobody_without_a_credential_begins_an_upload_or_sees_files()
    {
        await using TestGateway gateway = await StartAsync();
        using HttpClient nobody = Client(gateway, password: null);

        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.StartAsync(10)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.SeeAsync(HttpMethod.Get, "/v1beta/files")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.SeeAsync(HttpMethod.Delete, "/v1beta/files/a")).Status);
        Assert.Equal(0, Sent(gateway));
    }
}
