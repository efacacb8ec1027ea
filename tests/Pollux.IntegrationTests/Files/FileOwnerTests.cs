using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using static Pollux.IntegrationTests.Files.FileStand;

namespace Pollux.IntegrationTests.Files;

/// <summary>Requests that name files go to the key that owns them, for the caller whose they are; and what is told where that cannot be.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileOwnerTests
{
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
}
