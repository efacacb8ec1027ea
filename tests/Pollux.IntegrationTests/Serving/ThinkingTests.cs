using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-8: how much a model thinks, and where its thoughts are shown.</summary>
[Trait("Feature", "OAI-8")]
public sealed class ThinkingTests
{
    private const string Flash = "gemini-2.5-flash";
    private const string Pro = "gemini-2.5-pro";
    private const string Levels = "gemini-3.5-flash";

    private const string Thought = "The user greets. \u4f60\u597d";
    private const string Said = "Hello \"you\"";

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task Thoughts_stand_in_two_fields_of_their_own(Form form)
    {
        await using TestGateway gateway = await ThinkingAsync();

        Seen seen = await gateway.Client.AskAsync(form, model: Flash);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal((Thought, Said), (seen.Thoughts, seen.Text));
        Assert.Equal(Thought, Reasoning(form, seen));
        Assert.True(Sent(gateway).GetProperty("includeThoughts").GetBoolean());
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task Thoughts_between_tags_stand_in_the_text_before_the_answer(Form form)
    {
        await using TestGateway gateway = await ThinkingAsync(("THINKING_FORMAT", "tags"));

        Seen seen = await gateway.Client.AskAsync(form, model: Flash);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal($"<think>\n{Thought}\n</think>\n\n{Said}", seen.Text);
        Assert.Equal(("", ""), (seen.Thoughts, Reasoning(form, seen)));
    }

    [Theory]
    [InlineData(Form.OpenAI, "fields")]
    [InlineData(Form.OpenAIStream, "fields")]
    [InlineData(Form.OpenAI, "tags")]
    [InlineData(Form.OpenAIStream, "tags")]
    public async Task Thoughts_that_are_not_shown_are_not_asked_for_and_never_in_the_text(Form form, string format)
    {
        await using TestGateway gateway = await ThinkingAsync(("SHOW_THINKING_PROCESS", "false"), ("THINKING_FORMAT", format));

        Seen seen = await gateway.Client.AskAsync(form, model: Flash);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal((Said, "", ""), (seen.Text, seen.Thoughts, Reasoning(form, seen))); // though the upstream told them
        Assert.DoesNotContain("greets", seen.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("includeThoughts", Assert.Single(gateway.Calls()).Json.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-thinking-2048")]
    public async Task A_gateway_that_does_not_think_tells_the_model_nothing_about_it(string ending)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["ENABLE_THINKING"] = "false" });
        JsonObject body = Form.OpenAI.Body("Hello", Flash + ending);
        body["reasoning_effort"] = "high";

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, body);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("", seen.Thoughts);
        Assert.DoesNotContain("thinkingConfig", Assert.Single(gateway.Calls()).Json.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Flash, "-nothinking", """{"thinkingBudget":0}""")]
    [InlineData(Flash, "-non-thinking", """{"thinkingBudget":0}""")]
    [InlineData(Flash, "-maxthinking", """{"includeThoughts":true,"thinkingBudget":24576}""")]
    [InlineData(Flash, "-max", """{"includeThoughts":true,"thinkingBudget":24576}""")]
    [InlineData(Flash, "-thinking", """{"includeThoughts":true}""")]
    [InlineData(Flash, "-thinking-0", """{"thinkingBudget":0}""")]
    [InlineData(Flash, "-thinking-2048", """{"includeThoughts":true,"thinkingBudget":2048}""")]
    [InlineData(Flash, "-thinking-99999", """{"includeThoughts":true,"thinkingBudget":24576}""")]
    [InlineData(Pro, "-nothinking", """{"includeThoughts":true,"thinkingBudget":128}""")] // it cannot stop
    [InlineData(Pro, "-max", """{"includeThoughts":true,"thinkingBudget":32768}""")]
    [InlineData(Levels, "-nothinking", """{"includeThoughts":true,"thinkingLevel":"MINIMAL"}""")]
    [InlineData(Levels, "-max", """{"includeThoughts":true,"thinkingLevel":"HIGH"}""")]
    [InlineData(Levels, "-thinking-512", """{"includeThoughts":true,"thinkingLevel":"LOW"}""")]
    [InlineData(Levels, "-thinking-4000", """{"includeThoughts":true,"thinkingLevel":"MEDIUM"}""")]
    public async Task An_ending_of_the_name_becomes_what_the_family_takes(string model, string ending, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, model: model + ending);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(model, Assert.Single(gateway.Calls()).Model);
        AssertConfig(expected, Sent(gateway));
    }

    [Theory]
    [InlineData(Flash, "none", "thinkingBudget", "0")]
    [InlineData(Flash, "minimal", "thinkingBudget", "1024")]
    [InlineData(Flash, "low", "thinkingBudget", "1024")]
    [InlineData(Flash, "medium", "thinkingBudget", "8192")]
    [InlineData(Flash, "high", "thinkingBudget", "24576")]
    [InlineData(Flash, "xhigh", "thinkingBudget", "24576")]
    [InlineData(Pro, "none", "thinkingBudget", "128")]
    [InlineData(Levels, "minimal", "thinkingLevel", "MINIMAL")]
    [InlineData(Levels, "medium", "thinkingLevel", "MEDIUM")]
    [InlineData("gemini-3.8-flash", "minimal", "thinkingLevel", "LOW")] // it has no level MINIMAL
    [InlineData("gemini-3.8-flash", "xhigh", "thinkingLevel", "HIGH")]
    public async Task An_effort_becomes_a_budget_or_a_level(string model, string effort, string member, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        JsonObject body = Form.OpenAI.Body("Hello", model);
        body["reasoning_effort"] = effort;

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, body);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(expected, Sent(gateway).GetProperty(member).ToString());
    }

    [Theory]
    [InlineData(Flash, "", """{"includeThoughts":true,"thinkingBudget":3000}""")]
    [InlineData(Flash, "\"reasoning_effort\":\"low\"", """{"includeThoughts":true,"thinkingBudget":1024}""")] // who asks knows better
    [InlineData(Flash + "-thinking-700", "\"reasoning_effort\":\"low\"", """{"includeThoughts":true,"thinkingBudget":700}""")] // the name above all
    [InlineData(Pro, "", """{"includeThoughts":true}""")] // another model
    public async Task The_map_of_budgets_holds_where_nobody_says_otherwise(string model, string members, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["THINKING_BUDGET_MAP"] = $$"""{"{{Flash}}":3000}""" });
        JsonObject body = Form.OpenAI.Body("Hello", model);
        foreach ((string name, JsonNode? value) in JsonNode.Parse($"{{{members}}}")!.AsObject())
            body[name] = value!.DeepClone();

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, body)).IsComplete);

        AssertConfig(expected, Sent(gateway));
    }

    [Fact]
    public async Task A_thinking_model_of_the_settings_is_listed_once_more_without_thinking()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["THINKING_MODELS"] = $"{Flash},gemini-embedding-001" });

        JsonNode list = JsonNode.Parse(await gateway.Client.GetStringAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken))!;
        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, model: Flash + "-non-thinking");

        string[] twins = [.. list["data"]!.AsArray().Select(static model => model!["id"]!.GetValue<string>()).Where(static id => id.EndsWith("-non-thinking", StringComparison.Ordinal))];
        Assert.Equal([Flash + "-non-thinking"], twins); // what does not think anyway has none
        Assert.True(seen.IsComplete, seen.Body);
        AssertConfig("""{"thinkingBudget":0}""", Sent(gateway));
    }

    [Fact]
    public async Task An_effort_that_nobody_knows_is_refused_by_the_name_of_its_field()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        JsonObject body = Form.OpenAI.Body("Hello", Flash);
        body["reasoning_effort"] = "heroic";

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, body);

        Assert.Equal((HttpStatusCode.BadRequest, "reasoning_effort"), (seen.Status, seen.Error!["param"]!.GetValue<string>()));
        Assert.Empty(gateway.Calls());
    }

    private static async Task<TestGateway> ThinkingAsync(params (string Name, string Value)[] settings)
    {
        TestGateway gateway = await TestGateway.StartAsync(settings: settings.ToDictionary(static pair => pair.Name, static pair => pair.Value));
        gateway.Upstream.Script.Next(FakeReply.Thinking(Thought, Said));
        return gateway;
    }

    private static JsonElement Sent(TestGateway gateway) => gateway.Calls()[^1].Json.GetProperty("generationConfig").GetProperty("thinkingConfig");

    private static void AssertConfig(string expected, JsonElement seen) =>
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), seen), $"Expected {expected}, sent was {seen.GetRawText()}.");

    private static string Reasoning(Form form, Seen seen) => form == Form.OpenAI
        ? JsonNode.Parse(seen.Body)!["choices"]![0]!["message"]!["reasoning"]?.GetValue<string>() ?? ""
        : string.Concat(seen.Events.SelectMany(static chunk => chunk["choices"]!.AsArray()).Select(static choice => choice!["delta"]?["reasoning"]?.GetValue<string>()));
}
