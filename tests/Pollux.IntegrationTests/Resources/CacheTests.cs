using System.Globalization;
using System.Net;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Resources;

/// <summary>A cache's life, over several keys and for two callers.</summary>
[Trait("Feature", "GEM-4")]
public sealed class CacheTests
{
    [Theory]
    [InlineData("/v1beta")]
    [InlineData("/v1alpha")]
    [InlineData("/v1")]
    [InlineData("/gemini/v1beta")]
    [InlineData("/v2")]
    public async Task A_cache_lives_with_its_key_from_creation_to_deletion(string prefix)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string name = (string)(await gateway.Client.MakeAsync(prefix + "/cachedContents", ResourceStand.CacheBody()))["name"]!;
        string key = gateway.OwnerOf(name);

        for (int i = 0; i < 4; i++) // with three keys, a free choice would miss it
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskCacheAsync(name)).Status);
        Assert.Equal(name, (string?)(await gateway.Client.SendAsync(HttpMethod.Get, $"{prefix}/{name}")).Json["name"]);
        FileSeen moved = await gateway.Client.SendAsync(HttpMethod.Patch, $"{prefix}/{name}?updateMask=ttl", """{"ttl":"7200s"}""");
        Assert.Equal(HttpStatusCode.OK, moved.Status);
        FileSeen list = await gateway.Client.SendAsync(HttpMethod.Get, prefix + "/cachedContents");
        Assert.Equal(name, (string?)Assert.Single(list.Json["cachedContents"]!.AsArray())!["name"]);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Delete, $"{prefix}/{name}")).Status);
        Assert.Null(gateway.Upstream.Resources.Find(name));
        ResourceStand.AssertNotThere(await gateway.Client.SendAsync(HttpMethod.Get, $"{prefix}/{name}"));
        Assert.DoesNotContain("cachedContents", (await gateway.Client.SendAsync(HttpMethod.Get, prefix + "/cachedContents")).Body, StringComparison.Ordinal);

        Assert.All(gateway.Asked().Where(request => request.Status == 200), request => Assert.Equal(key, request.Key));
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static request => request.Headers.Values.Concat(request.Query.Values).Any(static value => value.Contains(TestGateway.Password, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_OpenAI_client_names_a_cache_in_its_extra_body()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string name = await gateway.Client.MakeCacheAsync();
        string body = $$$$"""{"model":"{{{{ResourceStand.Model}}}}","messages":[{"role":"user","content":"Hi"}],"extra_body":{"google":{"cached_content":"{{{{name}}}}"}}}""";

        for (int i = 0; i < 4; i++)
        {
            FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Post, "/v1/chat/completions", body);
            Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        }

        Assert.All(gateway.Asked(), request => Assert.Equal(gateway.OwnerOf(name), request.Key));
        using HttpClient other = gateway.Other();
        long sent = gateway.Upstream.Received.Total;
        FileSeen foreign = await other.SendAsync(HttpMethod.Post, "/v1/chat/completions", body);
        Assert.Equal(HttpStatusCode.NotFound, foreign.Status);
        Assert.NotNull((string?)foreign.Json["error"]!["message"]);
        Assert.Empty(gateway.Asked(sent));
    }

    [Fact]
    public async Task Another_callers_cache_looks_like_none_and_is_never_asked_for()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        using HttpClient other = gateway.Other();
        string name = await gateway.Client.MakeCacheAsync();
        long sent = gateway.Upstream.Received.Total;

        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, "/v1beta/" + name));
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Delete, "/v1beta/" + name));
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Patch, "/v1beta/" + name, """{"ttl":"1s"}"""));
        ResourceStand.AssertNotThere(await other.AskCacheAsync(name));
        Assert.DoesNotContain("cachedContents", (await other.SendAsync(HttpMethod.Get, "/v1beta/cachedContents")).Body, StringComparison.Ordinal);

        Assert.Empty(gateway.Asked(sent));
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, "/v1beta/cachedContents/nobody-made-this"));
    }

    [Fact]
    public async Task A_name_that_is_hidden_in_escapes_is_seen()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(1);
        using HttpClient other = gateway.Other();
        string name = await gateway.Client.MakeCacheAsync();
        string id = (string)(await gateway.Client.MakeAsync("/v1beta/interactions", """{"model":"gemini-3.5-flash","input":"Hi"}"""))["id"]!;
        string file = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10), UploadForm.Media)).File["uri"]!;
        long sent = gateway.Upstream.Received.Total;
        const string Path = $"/v1beta/models/{ResourceStand.Model}:generateContent";

        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Post, Path, "{\"contents\":[{\"parts\":[{\"text\":\"Hi\"}]}],\"\\u0063achedContent\":\"" + name + "\"}"));
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Post, "/v1beta/interactions", "{\"model\":\"gemini-3.5-flash\",\"input\":\"Hi\",\"previous\\u005finteraction_id\":\"" + id + "\"}"));
        Assert.Equal(HttpStatusCode.NotFound, (await other.SendAsync(HttpMethod.Post, Path, "{\"contents\":[{\"parts\":[{\"\\u0066ileData\":{\"fileUri\":\"" + file + "\"}}]}]}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await other.SendAsync(HttpMethod.Get, "/v1beta/fileSearchStores/-/documents")).Status);

        Assert.Empty(gateway.Asked(sent));
    }

    [Fact]
    public async Task The_owners_used_up_quota_is_told_with_the_caches_name()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string name = await gateway.Client.MakeCacheAsync();
        gateway.Upstream.Script.ForKey(gateway.OwnerOf(name)).ForAction("generateContent").Reply(FakeReply.QuotaMinute());

        FileSeen seen = await gateway.Client.AskCacheAsync(name);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.Contains(name, seen.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name)).Status); // to look at it costs no quota
    }

    [Fact]
    public async Task A_key_that_Google_repeats_in_an_error_never_reaches_the_client()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(1);
        string name = await gateway.Client.MakeCacheAsync();
        gateway.Upstream.AddKey(ResourceStand.Key(0)).State = FakeKeyState.Suspended;

        FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name);
        FileSeen made = await gateway.Client.SendAsync(HttpMethod.Post, "/v1beta/cachedContents", ResourceStand.CacheBody());

        Assert.All((FileSeen[])[seen, made], one => Assert.Equal(HttpStatusCode.ServiceUnavailable, one.Status));
        Assert.DoesNotContain(ResourceStand.Key(0), seen.Body + made.Body + seen.Headers + made.Headers + string.Concat(gateway.Logs.Lines.Select(static line => line.Text)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"models/gemini-3.5-flash","contents":[{"role":"user","parts":[{"text":"short"}]}]}""", "too small")]
    [InlineData("""{"model":"models/gemini-3.5-flash","oddity":1}""", "Unknown name")]
    [InlineData("""{"contents":[]}""", "model is required")]
    public async Task What_Google_refuses_is_told_in_its_words(string body, string words)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();

        FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Post, "/v1beta/cachedContents", body);

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Contains(words, (string)seen.Json["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Single(gateway.Asked()); // no other key cures it
    }

    [Fact]
    public async Task A_body_that_is_no_JSON_reaches_nobody()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();

        FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Post, "/v1beta/cachedContents", "{\"model\":");

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Empty(gateway.Asked());
    }

    [Fact]
    public async Task A_cache_is_gone_when_its_time_is_over_and_a_patch_moves_that()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await ResourceStand.StartAsync(clock: clock);
        string shortLived = await gateway.Client.MakeCacheAsync(",\"ttl\":\"600s\"");
        string moved = await gateway.Client.MakeCacheAsync(",\"ttl\":\"600s\"");
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Patch, $"/v1beta/{moved}?updateMask=ttl", """{"ttl":"3600s"}""")).Status);

        clock.Advance(TimeSpan.FromMinutes(11));

        ResourceStand.AssertNotThere(await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + shortLived));
        long sent = gateway.Upstream.Received.Total;
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskCacheAsync(moved)).Status);
        Assert.Equal(gateway.OwnerOf(moved), Assert.Single(gateway.Asked(sent)).Key);
        Assert.Single((await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/cachedContents")).Json["cachedContents"]!.AsArray());
    }

    [Fact]
    public async Task A_cache_that_was_deleted_elsewhere_is_forgotten()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string name = await gateway.Client.MakeCacheAsync();
        gateway.Upstream.Resources.Forget(name);

        ResourceStand.AssertNotThere(await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name));

        Assert.DoesNotContain("cachedContents", (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/cachedContents")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_made_elsewhere_is_found_at_its_key_and_belongs_to_who_asked_first()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        using HttpClient other = gateway.Other();
        gateway.Upstream.Resources.Make(gateway.Upstream.AddKey(ResourceStand.Key(2)), "cachedContents/made-elsewhere");

        FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/cachedContents/made-elsewhere");

        Assert.Equal(HttpStatusCode.OK, seen.Status);
        Assert.InRange(gateway.Asked().Count(), 1, 3);
        long sent = gateway.Upstream.Received.Total;
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskCacheAsync("cachedContents/made-elsewhere")).Status);
        Assert.Equal(ResourceStand.Key(2), Assert.Single(gateway.Asked(sent)).Key);
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, "/v1beta/cachedContents/made-elsewhere"));
    }

    [Fact]
    public async Task A_public_gateway_asks_no_key_for_what_it_does_not_know()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(settings: new Dictionary<string, string> { ["PUBLIC_MODE"] = "true" });
        gateway.Upstream.Resources.Make(gateway.Upstream.AddKey(ResourceStand.Key(2)), "cachedContents/made-elsewhere");

        ResourceStand.AssertNotThere(await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/cachedContents/made-elsewhere"));

        Assert.Empty(gateway.Asked());
    }

    [Fact]
    public async Task Eight_keys_are_asked_at_most()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(keys: 12);

        ResourceStand.AssertNotThere(await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/cachedContents/nobody-made-this"));

        Assert.Equal(8, gateway.Asked().Select(static request => request.Key).Distinct().Count());
        Assert.Equal(8, gateway.Asked().Count());
    }

    [Fact]
    public async Task Two_caches_or_a_cache_and_a_file_of_two_keys_are_a_clear_400()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string file = "", cache = await gateway.Client.MakeCacheAsync();
        do
            file = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10), UploadForm.Media)).File["name"]!;
        while (gateway.Upstream.Files.Find(file)!.Key == gateway.OwnerOf(cache));
        long sent = gateway.Upstream.Received.Total;

        FileSeen seen = await gateway.Client.SendAsync(
            HttpMethod.Post, $"/v1beta/models/{ResourceStand.Model}:generateContent",
            $$$"""{"cachedContent":"{{{cache}}}","contents":[{"role":"user","parts":[{"fileData":{"mimeType":"text/plain","fileUri":"https://generativelanguage.googleapis.com/v1beta/{{{file}}}"}}]}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        string words = (string)seen.Json["error"]!["message"]!;
        Assert.Contains(cache, words, StringComparison.Ordinal);
        Assert.Contains(file, words, StringComparison.Ordinal);
        Assert.DoesNotContain("AQ.key", words, StringComparison.Ordinal);
        Assert.Empty(gateway.Asked(sent));
    }

    [Fact]
    public async Task A_cache_whose_key_died_is_a_503_that_names_it()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string name = await gateway.Client.MakeCacheAsync();
        gateway.Upstream.AddKey(gateway.OwnerOf(name)).State = FakeKeyState.Leaked;

        for (int i = 0; i < 2; i++)
        {
            FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
            Assert.Contains(name, seen.Body, StringComparison.Ordinal);
        }

        FileSeen list = await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/cachedContents"); // it is told as it was seen last
        Assert.Equal("models/" + ResourceStand.Model, (string?)Assert.Single(list.Json["cachedContents"]!.AsArray())!["model"]);
    }

    [Fact]
    public async Task A_list_has_pages_over_all_keys_the_newest_first()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        var made = new List<string>();
        for (int i = 0; i < 7; i++)
            made.Insert(0, await gateway.Client.MakeCacheAsync());
        Assert.True(made.Select(gateway.OwnerOf).Distinct().Count() > 1);

        var seen = new List<string>();
        string token = "";
        do
        {
            FileSeen page = await gateway.Client.SendAsync(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/v1beta/cachedContents?pageSize={3}&pageToken={token}"));
            seen.AddRange(page.Json["cachedContents"]!.AsArray().Select(static cache => (string)cache!["name"]!));
            token = (string?)page.Json["nextPageToken"] ?? "";
        }
        while (token.Length > 0);

        Assert.Equal(made, seen);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/cachedContents?pageToken=nonsense")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/cachedContents?pageSize=-1")).Status);
    }
}
