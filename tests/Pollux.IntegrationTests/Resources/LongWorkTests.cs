using System.Net;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Files;
using Pollux.IntegrationTests.Files;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Resources;

/// <summary>What runs for long at Google: batches, films, tuning. Each is made once and asked for at its key.</summary>
[Trait("Feature", "GEM-5")]
public sealed class LongWorkTests
{
    private const string Requests = """{"batch":{"displayName":"two","inputConfig":{"requests":{"requests":[{"request":{"contents":[{"parts":[{"text":"a"}]}]},"metadata":{"key":"1"}},{"request":{"contents":[{"parts":[{"text":"b"}]}]},"metadata":{"key":"2"}}]}}}}""";
    private const string Film = """{"instances":[{"prompt":"a cat in the rain"}],"parameters":{"durationSeconds":4}}""";

    [Fact]
    public async Task A_batch_is_made_watched_listed_cancelled_and_deleted_at_its_key()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        using HttpClient other = gateway.Other();
        JsonNode made = await gateway.Client.MakeAsync($"/v1beta/models/{ResourceStand.Model}:batchGenerateContent", Requests);
        string name = (string)made["name"]!;
        Assert.Equal(("BATCH_STATE_PENDING", "2"), ((string?)made["metadata"]!["state"], (string?)made["metadata"]!["batchStats"]!["requestCount"]));

        for (int i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name)).Status);
        Assert.Equal(name, (string?)Assert.Single((await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/batches")).Json["operations"]!.AsArray())!["name"]);
        FakeFile results = gateway.Upstream.Files.Make(gateway.Upstream.AddKey(gateway.OwnerOf(name)), "{}"u8.ToArray(), "application/jsonl");
        gateway.Upstream.Resources.Finish(name, $$"""{"responsesFile":"{{results.Name}}"}""");
        Assert.True((bool?)(await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name)).Json["done"]);
        Assert.Equal("{}", (await gateway.Client.SendAsync(HttpMethod.Get, $"/v1beta/{results.Name}:download?alt=media")).Body); // whose the batch is, is the file
        Assert.Equal(HttpStatusCode.NotFound, (await other.SendAsync(HttpMethod.Get, $"/v1beta/{results.Name}:download?alt=media")).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Post, $"/v1beta/{name}:cancel")).Status); // without a body, as some clients do
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Post, $"/v1beta/{name}:cancel", "{}"));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Delete, "/v1beta/" + name)).Status);

        Assert.Single(gateway.Asked().Select(static request => request.Key).Distinct());
    }

    [Fact]
    public async Task A_batch_goes_to_the_key_of_its_file()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        for (int i = 0; i < 4; i++)
        {
            string file = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10, (byte)i), UploadForm.Media)).File["name"]!;
            JsonNode batch = await gateway.Client.MakeAsync($"/v1beta/models/{ResourceStand.Model}:batchGenerateContent", $$$$"""{"batch":{"inputConfig":{"fileName":"{{{{file}}}}"}}}""");
            Assert.Equal(gateway.Upstream.Files.Find(file)!.Key, gateway.OwnerOf((string)batch["name"]!));
        }
    }

    [Fact]
    public async Task A_film_is_begun_watched_and_downloaded_at_its_key()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        using HttpClient other = gateway.Other();
        string name = (string)(await gateway.Client.MakeAsync($"/v1beta/models/{ResourceStand.Veo}:predictLongRunning", Film))["name"]!;
        Assert.StartsWith($"models/{ResourceStand.Veo}/operations/", name, StringComparison.Ordinal);
        Assert.Null((await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name)).Json["done"]);

        byte[] bytes = FileWork.Bytes(300_000);
        FakeFile film = gateway.Upstream.Files.Make(gateway.Upstream.AddKey(gateway.OwnerOf(name)), bytes, "video/mp4");
        gateway.Upstream.Resources.Finish(name, $$$"""{"generateVideoResponse":{"generatedSamples":[{"video":{"uri":"{{{film.Uri}}}:download?alt=media"}}]}}""");
        FileSeen done = await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name);
        Assert.Contains(film.Uri, done.Body, StringComparison.Ordinal);

        Assert.Equal(bytes, await gateway.Client.GetByteArrayAsync($"/v1beta/{film.Name}:download?alt=media", TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.NotFound, (await other.SendAsync(HttpMethod.Get, $"/v1beta/{film.Name}:download?alt=media")).Status);
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, "/v1beta/" + name));
        Assert.Single(gateway.Asked().Select(static request => request.Key).Distinct());
    }

    [Fact]
    [Trait("Feature", "KEY-13")]
    public async Task A_film_is_made_with_the_key_that_is_reserved_for_what_must_be_paid_for()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(2, new Dictionary<string, string> { ["PAID_KEY"] = ResourceStand.Key(2), ["PAID_MODELS"] = "gemini-2.5-pro" });

        for (int i = 0; i < 3; i++)
        {
            string film = (string)(await gateway.Client.MakeAsync($"/v1beta/models/{ResourceStand.Veo}:predictLongRunning", Film))["name"]!;
            string batch = (string)(await gateway.Client.MakeAsync("/v1beta/models/gemini-2.5-pro:batchGenerateContent", Requests))["name"]!;
            string cache = (string)(await gateway.Client.MakeAsync("/v1beta/cachedContents", ResourceStand.CacheBody().Replace(ResourceStand.Model, "gemini-2.5-pro", StringComparison.Ordinal)))["name"]!;
            Assert.All((string[])[film, batch, cache], name => Assert.Equal(ResourceStand.Key(2), gateway.OwnerOf(name)));
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + film)).Status);
            Assert.NotEqual(ResourceStand.Key(2), gateway.OwnerOf(await gateway.Client.MakeCacheAsync()));
        }
    }

    [Fact]
    public async Task What_makes_something_is_sent_again_only_when_it_surely_made_nothing()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string path = $"/v1beta/models/{ResourceStand.Model}:batchGenerateContent";
        gateway.Upstream.Script.Next(FakeReply.QuotaMinute());
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Post, path, Requests)).Status);
        Assert.Equal(2, gateway.Asked().Count());

        foreach (FakeReply reply in (FakeReply[])[FakeReply.InternalError(), FakeReply.Reset(), FakeReply.Overloaded()])
        {
            long sent = gateway.Upstream.Received.Total;
            gateway.Upstream.Script.Next(reply);
            FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Post, path, Requests);
            Assert.InRange((int)seen.Status, 500, 503);
            Assert.Single(gateway.Asked(sent));
        }

        string name = gateway.Upstream.Resources.All[0].Name;
        gateway.Upstream.Script.When(static request => request.Method == "GET").Times(1).Reply(FakeReply.InternalError());
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name)).Status); // to look twice does no harm
    }

    [Fact]
    [Trait("Feature", "GEM-2")]
    public async Task A_tuned_model_is_made_and_asked_at_its_key()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        using HttpClient other = gateway.Other();
        JsonNode made = await gateway.Client.MakeAsync("/v1beta/tunedModels", """{"baseModel":"models/gemini-2.5-flash","tuningTask":{"trainingData":{"examples":{"examples":[]}}}}""");
        string tuned = (string)made["metadata"]!["tunedModel"]!;
        const string Body = """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}""";

        for (int i = 0; i < 3; i++)
            Assert.Contains("I am tuned.", (await gateway.Client.SendAsync(HttpMethod.Post, $"/v1beta/{tuned}:generateContent", Body)).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, $"/v1beta/{(string)made["name"]!}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Post, $"/v1beta/{tuned}/permissions", """{"role":"READER"}""")).Status);
        Assert.Equal(tuned, (string?)Assert.Single((await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/tunedModels")).Json["tunedModels"]!.AsArray())!["name"]);
        long sent = gateway.Upstream.Received.Total;
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Post, $"/v1beta/{tuned}:generateContent", Body));
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, $"/v1beta/{tuned}"));
        Assert.Empty(gateway.Asked(sent));
        Assert.Single(gateway.Asked().Select(static request => request.Key).Distinct());
    }

    [Theory]
    [InlineData("corpora", "name")]
    [InlineData("agents", "id")]
    [InlineData("environments", "id")]
    [InlineData("triggers", "id")]
    [InlineData("webhooks", "id")]
    public async Task Whatever_else_is_kept_at_Google_stays_with_its_key_and_caller(string collection, string member)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        using HttpClient other = gateway.Other();
        string id = (string)(await gateway.Client.MakeAsync("/v1beta/" + collection, """{"displayName":"mine"}"""))[member]!;
        string name = id.Contains('/', StringComparison.Ordinal) ? id : $"{collection}/{id}";

        for (int i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + name)).Status);
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, "/v1beta/" + name));
        Assert.Single((await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + collection)).Json[collection]!.AsArray());
        Assert.Empty((await other.SendAsync(HttpMethod.Get, "/v1beta/" + collection)).Json.AsObject());
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Delete, "/v1beta/" + name)).Status);
        Assert.Single(gateway.Asked().Select(static request => request.Key).Distinct());
    }

    [Fact]
    [Trait("Feature", "GEM-1")]
    public async Task What_nobody_knows_is_handed_on_and_its_404_is_told_as_one()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();

        FileSeen action = await gateway.Client.SendAsync(HttpMethod.Post, $"/v1beta/models/{ResourceStand.Model}:divine", """{"future":true}""");
        FileSeen collection = await gateway.Client.SendAsync(HttpMethod.Post, "/v1beta/oracles", """{"future":true}""");

        Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (action.Status, (string?)action.Json["error"]!["status"]));
        Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (collection.Status, (string?)collection.Json["error"]!["status"]));
        Assert.Equal(2, gateway.Asked().Count());
        gateway.Upstream.Script.Next(FakeReply.Raw(200, "application/json; charset=UTF-8", "{\"name\":\"corpora/new\",\"omen\":"u8.ToArray(), "\"good\"}"u8.ToArray()));
        Assert.Equal("{\"name\":\"corpora/new\",\"omen\":\"good\"}", (await gateway.Client.SendAsync(HttpMethod.Post, "/v1beta/corpora", "{}")).Body);
    }

    [Theory]
    [InlineData("/v1beta/cachedContents/..%2f..%2fx")]
    [InlineData("/v1beta/cachedContents/a%20b")]
    public async Task A_path_that_could_lead_elsewhere_reaches_nobody(string path)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.SendAsync(HttpMethod.Delete, path)).Status);

        Assert.Empty(gateway.Asked());
    }
}
