using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Vertex;

/// <summary>Who serves: by route, by name, by <c>VERTEX_MODE</c>; and who steps in.</summary>
[Trait("Feature", "UPS-1")]
public sealed class VertexChoiceTests
{
    private const string Gemini = "gemini";
    private const string Account = "account";
    private const string Express = "express";

    [Theory]
    [InlineData("", "", "gemini-3.5-flash", Gemini)]
    [InlineData("ENABLE_VERTEX", "true", "gemini-3.5-flash", Account)]
    [InlineData("VERTEX_MODE", "only", "gemini-3.5-flash", Account)]
    [InlineData("VERTEX_MODE", "off", "gemini-3.5-flash", Gemini)]
    [InlineData("VERTEX_MODE", "mixed", "gemini-3.5-flash", Gemini)]
    [InlineData("", "", "[PAY]gemini-3.5-flash", Account)]
    [InlineData("", "", "[PAY]gemini-3.5-flash-nothinking", Account)]
    [InlineData("", "", "[EXPRESS] gemini-3.5-flash", Express)]
    [InlineData("VERTEX_MODE", "mixed", "[EXPRESS] gemini-3.5-flash-search", Express)]
    [Trait("Feature", "KEY-13")]
    public async Task A_name_is_served_by(string setting, string value, string model, string side)
    {
        var settings = new Dictionary<string, string>();
        if (setting.Length > 0)
            settings[setting] = value;
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true, settings: settings);

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, model: model);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal([side], Sides(gateway));
        Assert.Equal(model, JsonNode.Parse(seen.Body)!["model"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/aistudio/chat/completions", Gemini)]
    [InlineData("/aistudio/v1/chat/completions", Gemini)]
    [InlineData("/vertex/chat/completions", Account)]
    [InlineData("/vertex-express/v1/chat/completions", Express)]
    public async Task A_route_beats_the_mode(string path, string side)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true, settings: new Dictionary<string, string> { ["VERTEX_MODE"] = side == Gemini ? "only" : "mixed" });

        Seen seen = await gateway.Client.SendAsync(Form.OpenAI, Ask.Request(path, Form.OpenAI.Body("Hello")), TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal([side], Sides(gateway));
    }

    [Theory]
    [InlineData("/aistudio/chat/completions", "[PAY]gemini-3.5-flash")]
    [InlineData("/aistudio/chat/completions", "[EXPRESS] gemini-3.5-flash")]
    [InlineData("/vertex-express/v1/chat/completions", "[PAY]gemini-3.5-flash")]
    public async Task A_name_that_contradicts_its_route_is_not_there(string path, string model)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true);

        Seen seen = await gateway.Client.SendAsync(Form.OpenAI, Ask.Request(path, Form.OpenAI.Body("Hello", model)), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, seen.Status);
        Assert.Empty(Sides(gateway));
    }

    [Fact]
    public async Task Mixed_asks_what_is_free_first_then_express_then_the_account()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(
            express: 1, gemini: true, settings: new Dictionary<string, string> { ["VERTEX_MODE"] = "mixed", ["ENABLE_VERTEX_EXPRESS"] = "true" });
        gateway.Upstream.Script.ForKey(VertexStand.GeminiKey).When(static request => request.Method == "POST").Reply(FakeReply.QuotaDay());
        gateway.Upstream.Script.ForKey(VertexStand.ExpressKeys[0]).Reply(FakeReply.VertexExhausted());

        Seen first = await gateway.Client.AskAsync(Form.OpenAI);
        Assert.True(first.IsComplete, first.Body);
        Assert.Equal([Gemini, Express, Account], Sides(gateway));

        Seen second = await gateway.Client.AskAsync(Form.GeminiStream);
        Assert.True(second.IsComplete, second.Body);
        Assert.Equal([Gemini, Express, Account, Account], Sides(gateway)); // the walls are known
    }

    [Fact]
    public async Task Mixed_leaves_files_of_the_Gemini_API_to_it()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(gemini: true, settings: new Dictionary<string, string> { ["VERTEX_MODE"] = "mixed" }, checksFiles: false);
        gateway.Upstream.Script.ForKey(VertexStand.GeminiKey).When(static request => request.Method == "POST").Reply(FakeReply.QuotaDay());
        JsonNode body = JsonNode.Parse("""{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"image/png","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}]}]}""")!;

        Seen seen = await gateway.Client.AskAsync(Form.Gemini, body);

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.Empty(gateway.ToVertex());
    }

    [Fact]
    public async Task Another_account_steps_in_and_the_dead_one_stays_out()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(accounts: 3, arrange: static (_, accounts) =>
        {
            accounts[0].State = FakeAccountState.ServiceDisabled;
            accounts[1].State = FakeAccountState.BillingDisabled;
        });

        for (int i = 0; i < 4; i++)
            Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);

        Assert.Equal((CredentialStatus.Out, FaultReason.ServiceDisabled), StateOf(gateway, "test-project-1"));
        Assert.Equal((CredentialStatus.Stopped, FaultReason.BillingStopped), StateOf(gateway, "test-project-2"));
        Assert.Equal(6, gateway.ToVertex().Count);
    }

    [Fact]
    public async Task A_project_without_the_model_keeps_its_other_models()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(accounts: 2, arrange: static (_, accounts) => accounts[0].Without(Ask.Model));

        for (int i = 0; i < 3; i++)
            Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);

        Assert.Single(gateway.ToVertex(), static request => request.Project == "test-project-1");
        Assert.Equal(CredentialStatus.Usable, gateway.Of("test-project-1").Health.Status);
        Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex", model: "gemini-2.5-flash")).IsComplete);
        Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex", model: "gemini-2.5-flash")).IsComplete);
        Assert.Equal(2, gateway.ToVertex().Count(static request => request.Project == "test-project-1"));
    }

    [Fact]
    public async Task A_refusal_without_a_delay_is_answered_by_a_retreat_that_grows_and_ends()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await VertexStand.StartAsync(settings: new Dictionary<string, string> { ["MAX_RETRY_NUM"] = "1" }, clock: clock);
        var waits = new List<int>();
        gateway.Upstream.Script.When(static request => request.IsVertex).Times(4).Reply(FakeReply.VertexExhausted());
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.AskAsync(Form.OpenAI, "vertex")).Status);
            CredentialRestriction wait = Assert.Single(gateway.Services.GetRequiredService<KeyPool.KeyPool>().RestrictionsOf(gateway.Of("test-project-1").Id));
            TimeSpan left = wait.Until - clock.GetUtcNow();
            waits.Add((int)left.TotalSeconds);
            clock.Advance(left + TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal([1, 2, 4, 8], waits);
        Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);
    }

    [Fact]
    public async Task Without_any_credential_the_operator_is_told_what_is_missing()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(accounts: 0, gemini: true);

        Seen seen = await gateway.AskAsync(Form.OpenAI, "vertex");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Equal("no_usable_key", seen.ErrorCode);
        Assert.Contains("GOOGLE_CREDENTIALS_JSON", seen.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_name_who_serves()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true);

        string[] plain = await NamesAsync(gateway, "/v1/models");
        string[] vertex = await NamesAsync(gateway, "/vertex/models");
        string[] studio = await NamesAsync(gateway, "/aistudio/models");

        Assert.Contains("[PAY]gemini-2.5-flash", plain);
        Assert.Contains("[EXPRESS] gemini-2.5-flash", plain);
        Assert.Contains("[PAY]gemini-2.5-flash-nothinking", vertex);
        Assert.Contains("[PAY]gemini-2.5-flash-max", vertex);
        Assert.Contains("gemini-2.5-flash", vertex);
        Assert.DoesNotContain(studio, static name => name.StartsWith('['));
    }

    [Theory]
    [InlineData("[PAY]gemini-3.5-flash", Account)]
    [InlineData("%5BPAY%5Dgemini-3.5-flash", Account)]
    [InlineData("[PAY]%20gemini-3.5-flash-nothinking", Account)]
    [InlineData("[EXPRESS]%20gemini-3.5-flash", Express)]
    [InlineData("%5BEXPRESS%5D%20gemini-3.5-flash", Express)]
    [InlineData("[EXPRESS]gemini-3.5-flash", Express)]
    [Trait("Feature", "UPS-2")]
    public async Task A_native_path_may_say_who_serves(string name, string side)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true);

        foreach (string prefix in (string[])["/v1beta", "/v1", "/gemini/v1beta", side == Account ? "/vertex/v1beta" : "/vertex-express/v1beta"])
        {
            foreach (Form form in (Form[])[Form.Gemini, Form.GeminiStream, Form.GeminiArray])
            {
                Seen seen = await gateway.Client.SendAsync(form, Ask.Request(prefix + form.Path(name)["/v1beta".Length..], form.Body("Hello")), TestContext.Current.CancellationToken);
                Assert.True(seen.IsComplete, $"{prefix} {form}: {seen.Body}");
            }

            (HttpStatusCode status, JsonNode json) = await gateway.PostAsync($"{prefix}/models/{name}:countTokens", Form.Gemini.Body("Hello"));
            Assert.True(status == HttpStatusCode.OK, json.ToJsonString());
        }

        Assert.Equal(Enumerable.Repeat(side, 16), Sides(gateway));
        Assert.All(gateway.ToVertex(), static request => Assert.Equal("gemini-3.5-flash", request.Model));
    }

    [Theory]
    [InlineData("/aistudio/v1beta/models/[PAY]gemini-3.5-flash:generateContent")]
    [InlineData("/vertex-express/v1beta/models/[PAY]gemini-3.5-flash:generateContent")]
    [InlineData("/vertex/v1beta/models/[EXPRESS]%20..:generateContent")]
    [InlineData("/v1beta/models/[PAY]:generateContent")]
    [InlineData("/v1beta/models/[PAY][PAY]gemini-3.5-flash:generateContent")]
    [InlineData("/v1beta/models/[OTHER]gemini-3.5-flash:generateContent")]
    [InlineData("/v1beta/tunedModels/[PAY]mine:generateContent")]
    [InlineData("/v1beta/models/[PAY]gemini-3.5-flash%2F..:generateContent")]
    public async Task A_native_path_that_contradicts_itself_is_not_there(string path)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true);

        (HttpStatusCode status, JsonNode json) = await gateway.PostAsync(path, Form.Gemini.Body("Hello"));

        Assert.True(status == HttpStatusCode.NotFound, json.ToJsonString());
        Assert.Equal("NOT_FOUND", (string?)json["error"]!["status"]);
        Assert.Empty(Sides(gateway));
    }

    [Theory]
    [InlineData("/v1/models", "/v1beta/models")]
    [InlineData("/vertex/v1/models", "/vertex/v1beta/models")]
    [InlineData("/vertex-express/v1/models", "/vertex-express/v1beta/models")]
    [InlineData("/aistudio/v1/models", "/aistudio/v1beta/models")]
    public async Task The_native_list_names_who_serves_as_the_other_does(string openAI, string native)
    {
        await using TestGateway gateway = await VertexStand.StartAsync(express: 1, gemini: true);
        string[] due = [.. (await NamesAsync(gateway, openAI)).Where(static name => name.StartsWith('['))];

        JsonNode list = JsonNode.Parse(await gateway.Client.GetStringAsync(native + "?pageSize=1000", TestContext.Current.CancellationToken))!;

        string[] names = [.. list["models"]!.AsArray().Select(static model => ((string)model!["name"]!)["models/".Length..])];
        Assert.Equal(due, names.Where(static name => name.StartsWith('[')));
        Assert.Equal(native.StartsWith("/aistudio", StringComparison.Ordinal), due.Length == 0);
        foreach (string name in due.Take(3))
        {
            JsonNode one = JsonNode.Parse(await gateway.Client.GetStringAsync($"{native}/{Uri.EscapeDataString(name)}", TestContext.Current.CancellationToken))!;
            Assert.Equal("models/" + name, (string?)one["name"]);
            Assert.NotNull(one["supportedGenerationMethods"]);
        }
    }

    [Fact]
    public async Task With_Vertex_alone_the_shipped_list_is_told()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(settings: new Dictionary<string, string> { ["ENABLE_VERTEX"] = "true" });

        string[] names = await NamesAsync(gateway, "/v1/models");

        Assert.Contains("gemini-2.5-flash", names);
        Assert.Contains("[PAY]gemini-2.5-flash", names);
        Assert.True((await gateway.Client.AskAsync(Form.Gemini)).IsComplete);
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static request => request.Action == "listModels");
    }

    private static async Task<string[]> NamesAsync(TestGateway gateway, string path)
    {
        JsonNode list = JsonNode.Parse(await gateway.Client.GetStringAsync(path, TestContext.Current.CancellationToken))!;
        return [.. list["data"]!.AsArray().Select(static model => model!["id"]!.GetValue<string>())];
    }

    private static (CredentialStatus, FaultReason?) StateOf(TestGateway gateway, string project) => (gateway.Of(project).Health.Status, gateway.Of(project).Health.Reason);

    private static string[] Sides(TestGateway gateway) =>
        [.. gateway.Upstream.Received.Requests.Where(static request => request is { Method: "POST" } and not { Action: "token" }).Select(static request => !request.IsVertex ? Gemini : request.Project is null ? Express : Account)];
}
