using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-7: code and addresses by the settings, and how code is shown.</summary>
[Trait("Feature", "OAI-7")]
public sealed class GoogleToolTests
{
    private const string Flash = "gemini-2.5-flash";
    private const string Picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    [Theory]
    [InlineData(Flash, "", "codeExecution")]
    [InlineData("gemini-3.5-flash", "", "codeExecution")]
    [InlineData(Flash + "-search", "", "googleSearch")]
    [InlineData(Flash, """{"tools":[{"type":"function","function":{"name":"f"}}]}""", "functionDeclarations")]
    [InlineData(Flash, """{"response_format":{"type":"json_object"}}""", "")]
    [InlineData(Flash, """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"PICTURE"}}]}]}""", "")]
    [InlineData("gemini-2.5-flash-image", "", "")]
    public async Task Code_execution_is_added_where_nothing_forbids_it(string model, string more, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["TOOLS_CODE_EXECUTION_ENABLED"] = "true" });

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, With(model, more));

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(expected, string.Join(',', Tools(gateway)));
        Assert.DoesNotContain("x-pollux-losses", seen.Headers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", Flash, "urlContext")]
    [InlineData("gemini-2.5-pro", Flash, "")]
    [InlineData(Flash, Flash, "urlContext")]
    public async Task Addresses_are_read_where_the_settings_say_so(string models, string model, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["URL_CONTEXT_ENABLED"] = "true", ["URL_CONTEXT_MODELS"] = models });

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, model: model)).IsComplete);
        Assert.Equal(expected, string.Join(',', Tools(gateway)));
    }

    [Fact]
    public async Task Nothing_is_added_by_itself()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, model: Flash)).IsComplete);
        Assert.Empty(Tools(gateway));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task Code_and_its_result_are_shown_as_Markdown(Form form)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Parts(
            new JsonObject { ["text"] = "Let me compute." },
            new JsonObject { ["executableCode"] = new JsonObject { ["language"] = "PYTHON", ["code"] = "print(6 * 7)\nprint(\"\u4f60\u597d\")" } },
            new JsonObject { ["codeExecutionResult"] = new JsonObject { ["outcome"] = "OUTCOME_OK", ["output"] = "42\n\u4f60\u597d\n" } },
            new JsonObject { ["text"] = "It is 42." }));

        Seen seen = await gateway.Client.AskAsync(form, model: Flash);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("Let me compute.\n\n```python\nprint(6 * 7)\nprint(\"\u4f60\u597d\")\n```\n\n```\n42\n\u4f60\u597d\n\n```\n\nIt is 42.", seen.Text);
    }

    private static JsonObject With(string model, string more)
    {
        JsonObject body = Form.OpenAI.Body("Hello", model);
        if (more.Length > 0)
        {
            foreach ((string name, JsonNode? value) in JsonNode.Parse(more.Replace("PICTURE", Picture, StringComparison.Ordinal))!.AsObject())
                body[name] = value!.DeepClone();
        }

        return body;
    }

    private static IEnumerable<string> Tools(TestGateway gateway) =>
        SearchTests.ToolsOf(gateway.Upstream.Received.Requests.Last(static request => request.Method == "POST"));
}
