using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Protocols.Answers.Recorded;
using static Pollux.IntegrationTests.Responses.ResponseStand;

namespace Pollux.IntegrationTests.Responses;

/// <summary>Responses that are kept: asked for again, gone on from, deleted, and nobody else's.</summary>
[Trait("Feature", "OAI-13")]
public sealed class StoredResponseTests : IDisposable
{
    private const string Signature = "YSBzaWduYXR1cmUgb2YgdGhlIHVwc3RyZWFt";
    private const string OtherToken = "other-token-of-the-gateway";
    private const string Tools = """{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("pollux-responses-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_conversation_goes_on_from_a_response_and_its_calls_are_signed(bool streams)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.RegisterSignature(Signature);
        gateway.Upstream.Script.Next(
            FakeReply.Parts(ResponseTests.Call("paris-1", "get_weather", """{"city":"Paris"}""", Signature)), FakeReply.Text("Sunny."), FakeReply.Text("You are welcome."));
        string more = $"\"stream\":{(streams ? "true" : "false")},\"tools\":[{Tools}]";

        SeenResponse first = await gateway.Client.RespondAsync(Body("How is the weather in Paris?", more));
        string callId = ResponsesOutcome.Word(Assert.Single(first.Good().Of("function_call")), "call_id")!;
        SeenResponse second = await gateway.Client.RespondAsync(Body($$"""[{"type":"function_call_output","call_id":"{{callId}}","output":"{\"sky\":\"clear\"}"}]""", $"\"previous_response_id\":\"{first.Id}\",{more}"));
        SeenResponse third = await gateway.Client.RespondAsync(Body("Thank you", $"\"previous_response_id\":\"{second.Id}\",{more}"));

        Assert.Equal("Sunny.", second.Good().Text);
        Assert.Equal("You are welcome.", third.Good().Text);
        Assert.Equal(second.Id, ResponsesOutcome.Word(third.Outcome!.Response, "previous_response_id"));
        JsonArray contents = gateway.Sent()[2]["contents"]!.AsArray();
        Assert.Equal(["user", "model", "user", "model", "user"], contents.Select(static content => content!["role"]!.GetValue<string>()));
        Assert.Equal("How is the weather in Paris?", contents[0]!["parts"]![0]!["text"]!.GetValue<string>());
        Assert.Equal((Signature, "paris-1"), (contents[1]!["parts"]![0]!["thoughtSignature"]!.GetValue<string>(), contents[1]!["parts"]![0]!["functionCall"]!["id"]!.GetValue<string>()));
        Assert.Equal("clear", contents[2]!["parts"]![0]!["functionResponse"]!["response"]!["sky"]!.GetValue<string>());
        Assert.Equal("Thank you", contents[4]!["parts"]![0]!["text"]!.GetValue<string>());
        Assert.All(gateway.Upstream.Received.Requests, static request => Assert.Equal(200, request.Status));
    }

    [Fact]
    public async Task A_response_survives_a_restart_with_what_its_calls_need()
    {
        (string, string)[] settings = [("KEY_STORAGE_MODE", "database"), ("DATA_DIR", _folder)];
        string id, callId;
        await using (TestGateway gateway = await StartAsync(settings))
        {
            gateway.Upstream.Script.Next(FakeReply.Parts(ResponseTests.Call("paris-1", "get_weather", """{"city":"Paris"}""", Signature)));
            SeenResponse first = await gateway.Client.RespondAsync(Body("How is the weather in Paris?", $"\"tools\":[{Tools}]"));
            (id, callId) = (first.Id, ResponsesOutcome.Word(Assert.Single(first.Good().Of("function_call")), "call_id")!);
        }

        Assert.DoesNotContain("Paris", string.Concat(Directory.EnumerateFiles(_folder, "pollux.db*").Select(static file => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file)))), StringComparison.Ordinal);
        await using TestGateway again = await StartAsync(settings);
        again.Upstream.RegisterSignature(Signature);
        SeenResponse second = await again.Client.RespondAsync(Body($$"""[{"type":"function_call_output","call_id":"{{callId}}","output":"clear"}]""", $"\"previous_response_id\":\"{id}\",\"tools\":[{Tools}]"));

        second.Good();
        Assert.Equal(Signature, Assert.Single(again.Sent())["contents"]![1]!["parts"]![0]!["thoughtSignature"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(again, HttpMethod.Get, $"/v1/responses/{id}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(again, HttpMethod.Delete, $"/v1/responses/{id}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(again, HttpMethod.Get, $"/v1/responses/{id}")).Status);
    }

    [Fact]
    public async Task A_response_is_given_again_with_its_input_and_deleted()
    {
        await using TestGateway gateway = await StartAsync();
        SeenResponse made = await gateway.Client.RespondAsync(Body("""[{"role":"user","content":"One"},{"role":"assistant","content":"Two"},{"role":"user","content":[{"type":"input_text","text":"Three"}]}]"""));

        (HttpStatusCode Status, JsonObject Body) got = await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{made.Id}");
        JsonObject all = (await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{made.Id}/input_items?order=asc")).Body;
        JsonObject last = (await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{made.Id}/input_items?limit=2")).Body;
        JsonObject rest = (await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{made.Id}/input_items?limit=2&after={last["last_id"]}")).Body;
        (HttpStatusCode cancelled, _) = await AskAsync(gateway, HttpMethod.Post, $"/v1/responses/{made.Id}/cancel");
        (_, JsonObject deleted) = await AskAsync(gateway, HttpMethod.Delete, $"/v1/responses/{made.Id}");

        Assert.True(JsonNode.DeepEquals(made.Good().Response!["output"], got.Body["output"]));
        Assert.Equal(["One", "Two", "Three"], Texts(all));
        Assert.Equal(["Three", "Two"], Texts(last));
        Assert.Equal(["One"], Texts(rest));
        Assert.Equal((true, false), (last["has_more"]!.GetValue<bool>(), rest["has_more"]!.GetValue<bool>()));
        Assert.Equal(HttpStatusCode.BadRequest, cancelled);
        Assert.True(deleted["deleted"]!.GetValue<bool>());
        foreach ((HttpMethod method, string path) in new[] { (HttpMethod.Get, ""), (HttpMethod.Delete, ""), (HttpMethod.Get, "/input_items"), (HttpMethod.Post, "/cancel") })
            Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(gateway, method, $"/v1/responses/{made.Id}{path}")).Status);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("order=sideways", "order")]
    [InlineData("after=msg_none", "after")]
    public async Task A_bad_question_about_items_is_refused_by_its_name(string query, string param)
    {
        await using TestGateway gateway = await StartAsync();
        SeenResponse made = await gateway.Client.RespondAsync(Body("Hello"));

        (HttpStatusCode status, JsonObject body) = await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{made.Id}/input_items?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, param), (status, body["error"]!["param"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Nobody_elses_response_is_found()
    {
        await using TestGateway gateway = await StartAsync(("ALLOWED_TOKENS", OtherToken));
        SeenResponse made = await gateway.Client.RespondAsync(Body("A secret"));
        string item = ResponsesOutcome.Word(made.Good().Items[0], "id")!;
        gateway.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", OtherToken);

        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{made.Id}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(gateway, HttpMethod.Delete, $"/v1/responses/{made.Id}")).Status);
        SeenResponse goneOn = await gateway.Client.RespondAsync(Body("And?", $"\"previous_response_id\":\"{made.Id}\""));
        Assert.Equal("previous_response_not_found", goneOn.Error["code"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.RespondAsync(Body($$"""[{"type":"item_reference","id":"{{item}}"}]"""))).Status);
        Assert.Single(gateway.Sent());
    }

    [Fact]
    public async Task Items_may_be_named_in_place_of_being_sent()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Text("Blue."), FakeReply.Text("Red."));
        SeenResponse made = await gateway.Client.RespondAsync(Body("Which colour?"));
        string item = ResponsesOutcome.Word(made.Good().Items[0], "id")!;

        (await gateway.Client.RespondAsync(Body($$"""[{"role":"user","content":"Which colour?"},{"type":"item_reference","id":"{{item}}"},{"role":"user","content":"Another."}]"""))).Good();

        Assert.Equal(["Which colour?", "Blue.", "Another."], gateway.Sent()[1]["contents"]!.AsArray().Select(static content => content!["parts"]![0]!["text"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("\"store\":false", "30")]
    [InlineData("\"store\":true", "0")]
    public async Task What_is_not_to_be_kept_is_not(string store, string retention)
    {
        await using TestGateway gateway = await StartAsync(("RESPONSES_RETENTION", retention));

        SeenResponse made = await gateway.Client.RespondAsync(Body("Hello", store));

        Assert.False(made.Good().Response!["store"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{made.Id}")).Status);
    }

    [Fact]
    public async Task Without_a_database_the_oldest_go_when_there_is_no_room()
    {
        await using TestGateway gateway = await StartAsync(("RESPONSES_MAX_MB", "1"));
        string half = new('x', 400_000);

        SeenResponse first = await gateway.Client.RespondAsync(Body(half));
        SeenResponse second = await gateway.Client.RespondAsync(Body(half));

        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{first.Id}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, HttpMethod.Get, $"/v1/responses/{second.Id}")).Status);
    }

    private static string[] Texts(JsonObject list) => [.. list["data"]!.AsArray().Select(static item => item!["content"]![0]!["text"]!.GetValue<string>())];

    private static async Task<(HttpStatusCode Status, JsonObject Body)> AskAsync(TestGateway gateway, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject());
    }
}
