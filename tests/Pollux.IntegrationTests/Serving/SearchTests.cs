using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-6: who gets Google's search, and what becomes of the sources it found.</summary>
[Trait("Feature", "OAI-6")]
public sealed class SearchTests
{
    private const string Flash = "gemini-2.5-flash";
    private const string First = "\u5317\u4eac\u5929\u6c14\u5f88\u597d\ud83d\ude00\u3002"; // Chinese and a pictograph: 3 and 4 bytes a character
    private const string Second = " The sky is blue.";

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_name_that_ends_in_search_asks_for_search(Form form)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        Seen seen = await gateway.Client.AskAsync(form, model: Flash + "-search");

        Assert.True(seen.IsComplete, seen.Body);
        ReceivedRequest request = Sent(gateway);
        Assert.Equal(Flash, request.Model);
        Assert.Equal(["googleSearch"], ToolsOf(request));
    }

    [Theory]
    [InlineData("gemini-2.5-flash-search-nothinking")]
    [InlineData("gemini-2.5-flash-nothinking-search")]
    public async Task It_goes_with_other_endings_in_any_order(string model)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, model: model)).IsComplete);

        Assert.Equal(["googleSearch"], ToolsOf(Sent(gateway)));
        Assert.Equal(0, Sent(gateway).Json.GetProperty("generationConfig").GetProperty("thinkingConfig").GetProperty("thinkingBudget").GetInt32());
    }

    [Theory]
    [InlineData("SEARCH_MODE", "false", Flash + "-search")]
    [InlineData("SEARCH_MODELS", "gemini-2.5-pro", Flash + "-search")]
    [InlineData("SEARCH_MODELS", "", "gemini-embedding-001-search")]
    [InlineData("SEARCH_MODELS", "", Flash + "-search-search")]
    public async Task A_name_that_does_not_exist_is_not_found(string setting, string value, string model)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { [setting] = value });

        string listed = await gateway.Client.GetStringAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, model: model);

        Assert.DoesNotContain(model, listed, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (seen.Status, seen.ErrorCode));
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static request => request.Method == "POST");
    }

    [Theory]
    [InlineData("", "gemini-2.5-pro", Flash, "gemini-3-pro-image")]
    [InlineData("gemini-2.5-pro", "gemini-2.5-pro")]
    public async Task The_names_with_search_are_those_of_the_settings_else_of_all_that_can(string models, params string[] expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["SEARCH_MODELS"] = models });

        JsonNode list = JsonNode.Parse(await gateway.Client.GetStringAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken))!;
        string[] listed = [.. list["data"]!.AsArray().Select(static model => model!["id"]!.GetValue<string>()).Where(static id => id.EndsWith("-search", StringComparison.Ordinal))];

        Assert.All(expected, name => Assert.Contains(name + "-search", listed));
        Assert.True(models.Length == 0 || listed.Length == expected.Length, string.Join(", ", listed));
        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, model: expected[0] + "-search")).IsComplete);
        Assert.Equal(["googleSearch"], ToolsOf(Sent(gateway)));
    }

    [Fact]
    public async Task Search_can_be_asked_for_by_its_options()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["SEARCH_MODE"] = "false" });
        JsonObject body = Form.OpenAI.Body("Hello", Flash);
        body["web_search_options"] = new JsonObject();

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, body)).IsComplete);
        Assert.Equal(["googleSearch"], ToolsOf(Sent(gateway)));
    }

    [Theory]
    [InlineData("What about \u5317\u4eac?", "\u5f15\u7528\u6765\u6e90")]
    [InlineData("What about Beijing?", "Sources")]
    [InlineData("\u00bfQu\u00e9 tiempo hace?", "Sources")]
    public async Task The_heading_speaks_the_language_of_the_last_question(string question, string heading)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => Answer(fake));
        JsonObject body = Form.OpenAI.Body(heading == "Sources" ? "\u4f60\u597d" : "Hi", Flash + "-search"); // an earlier one does not count
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "assistant", ["content"] = "\u597d" });
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "user", ["content"] = question });

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, body);

        Assert.Equal(2, seen.Text.Split($"**{heading}**").Length); // once
    }

    [Fact]
    public async Task The_prompt_of_the_settings_joins_the_system_instruction()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["SEARCH_PROMPT"] = "Use what you find." });
        JsonObject body = Form.OpenAI.Body("Hello", Flash + "-search");
        body["messages"]!.AsArray().Insert(0, new JsonObject { ["role"] = "system", ["content"] = "Be short." });

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, body)).IsComplete);
        Assert.Equal(["Be short.", "Use what you find."], Sent(gateway).Json.GetProperty("systemInstruction").GetProperty("parts").EnumerateArray().Select(static part => part.GetProperty("text").GetString()));

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, model: Flash)).IsComplete);
        Assert.False(Sent(gateway).Json.TryGetProperty("systemInstruction", out JsonElement _)); // nobody asked for search
    }

    [Theory]
    [InlineData("""{"type":"web_search"}""")]
    [InlineData("""{"type":"function","function":{"name":"googleSearch"}}""")]
    [InlineData("""{"google_search":{}}""")]
    public async Task Search_can_be_asked_for_as_a_tool(string tool)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        JsonObject body = Form.OpenAI.Body("Hello", Flash);
        body["tools"] = new JsonArray(JsonNode.Parse(tool));

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, body)).IsComplete);
        Assert.Equal(["googleSearch"], ToolsOf(Sent(gateway)));
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task Sources_become_citations_counted_in_characters_and_a_list_behind_the_text(Form form)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => Answer(fake));

        Seen seen = await gateway.Client.AskAsync(form, "\u5317\u4eac\u7684\u5929\u6c14\uff1f", Flash + "-search");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(First + Second + "\n\n---\n\n**\u5f15\u7528\u6765\u6e90**\n\n- [weather.example](https://weather.example/a)\n- [wiki \\[sky\\]](https://wiki.example/sky_%28blue%29)\n", seen.Text);
        Assert.Equal("stop", seen.Finish);
        JsonArray annotations = Annotations(form, seen);
        Assert.Equal(
            [(First, "https://weather.example/a", "weather.example"), ("The sky is blue.", "https://weather.example/a", "weather.example"), ("The sky is blue.", "https://wiki.example/sky_(blue)", "wiki [sky]")],
            annotations.Select(annotation => Cited(annotation!, seen.Text)));
    }

    [Fact]
    public async Task Places_hold_behind_thoughts_between_tags_too()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => Answer(fake, thought: "I should \u201clook\u201d \ud83d\ude80."), new Dictionary<string, string> { ["THINKING_FORMAT"] = "tags" });

        foreach (Form form in (Form[])[Form.OpenAI, Form.OpenAIStream])
        {
            Seen seen = await gateway.Client.AskAsync(form, "Weather?", Flash + "-search");

            Assert.StartsWith("<think>\nI should", seen.Text, StringComparison.Ordinal);
            Assert.Contains("**Sources**", seen.Text, StringComparison.Ordinal); // asked in English
            Assert.Equal([First, "The sky is blue.", "The sky is blue."], Annotations(form, seen).Select(annotation => Cited(annotation!, seen.Text).Text));
        }
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task The_list_can_be_left_out_and_never_spoils_JSON(Form form)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => Answer(fake), new Dictionary<string, string> { ["SHOW_SEARCH_LINK"] = "false" });
        Seen plain = await gateway.Client.AskAsync(form, "Weather?", Flash + "-search");
        Assert.Equal(First + Second, plain.Text);
        Assert.Equal(3, Annotations(form, plain).Count);

        await using TestGateway listing = await TestGateway.StartAsync(static fake => Answer(fake));
        JsonObject body = form.Body("Weather?", Flash + "-search");
        body["response_format"] = new JsonObject { ["type"] = "json_object" };
        Assert.Equal(First + Second, (await listing.Client.AskAsync(form, body)).Text);
    }

    [Fact]
    public async Task Sources_that_stand_behind_no_place_are_cited_at_the_end()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => Answer(fake, withPlaces: false));

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, "Weather?", Flash + "-search");

        int end = (First + Second).EnumerateRunes().Count();
        Assert.Equal([(end, end), (end, end)], Annotations(Form.OpenAI, seen).Select(static annotation => (Number(annotation!, "start_index"), Number(annotation!, "end_index"))));
    }

    [Fact]
    public async Task OpenAIs_client_for_Node_sees_the_citations()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => Answer(fake));

        ClientReport report = await new NodeClient("openai").RunAsync(new ClientCall("search", gateway.Address, TestGateway.Password, Flash + "-search"), TestContext.Current.CancellationToken);

        Assert.Null(report.Error);
        JsonElement seen = report.Object!.Value;
        string[] expected = ["https://weather.example/a", "https://weather.example/a", "https://wiki.example/sky_(blue)"];
        Assert.Equal(expected, seen.GetProperty("whole").EnumerateArray().Select(static url => url.GetString()));
        Assert.Equal(expected, seen.GetProperty("streamed").EnumerateArray().Select(static url => url.GetString()));
        Assert.Contains("**Sources**", report.Text, StringComparison.Ordinal);
    }

    /// <summary>An answer with two sources, in the form that was asked for; in a stream they come with the last event.</summary>
    internal static void Answer(FakeGeminiServer fake, string? thought = null, bool withPlaces = true)
    {
        fake.AddKey(TestGateway.Key);
        int middle = Encoding.UTF8.GetByteCount(First);
        var grounding = new JsonObject
        {
            ["groundingChunks"] = new JsonArray(
                new JsonObject { ["web"] = new JsonObject { ["uri"] = "https://weather.example/a", ["title"] = "weather.example" } },
                new JsonObject { ["web"] = new JsonObject { ["uri"] = "https://wiki.example/sky_(blue)", ["title"] = "wiki [sky]" } }),
            ["webSearchQueries"] = new JsonArray("weather"),
        };
        if (withPlaces)
        {
            grounding["groundingSupports"] = new JsonArray(
                Support(0, middle, First, 0),
                Support(middle + 1, middle + Encoding.UTF8.GetByteCount(Second), "The sky is blue.", 0, 1));
        }

        JsonObject[] parts = [.. thought is null ? (JsonObject[])[] : [new JsonObject { ["text"] = thought, ["thought"] = true }], new JsonObject { ["text"] = First }, new JsonObject { ["text"] = Second }];
        fake.Script.ForAction("generateContent").Reply(FakeReply.Raw(200, "application/json", Event(parts, grounding.DeepClone())));
        fake.Script.ForAction("streamGenerateContent").Reply(FakeReply.Raw(
            200, "text/event-stream", [.. parts.Select((part, index) => (ReadOnlyMemory<byte>)(byte[])[.. "data: "u8, .. Event([part.DeepClone().AsObject()], index == parts.Length - 1 ? grounding.DeepClone() : null), .. "\r\n\r\n"u8])]));
    }

    private static byte[] Event(IEnumerable<JsonObject> parts, JsonNode? grounding)
    {
        var candidate = new JsonObject { ["content"] = new JsonObject { ["role"] = "model", ["parts"] = new JsonArray([.. parts]) } };
        if (grounding is not null)
            (candidate["finishReason"], candidate["groundingMetadata"]) = ("STOP", grounding);
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["candidates"] = new JsonArray(candidate),
            ["usageMetadata"] = new JsonObject { ["promptTokenCount"] = 3, ["candidatesTokenCount"] = 12, ["totalTokenCount"] = 15 },
            ["modelVersion"] = Flash,
        }.ToJsonString());
    }

    private static JsonObject Support(int start, int end, string text, params int[] sources)
    {
        var segment = new JsonObject { ["endIndex"] = end, ["text"] = text };
        if (start > 0)
            segment["startIndex"] = start; // 0 is left out
        return new JsonObject { ["segment"] = segment, ["groundingChunkIndices"] = new JsonArray([.. sources.Select(static index => (JsonNode)index)]) };
    }

    private static JsonArray Annotations(Form form, Seen seen) => form == Form.OpenAI
        ? JsonNode.Parse(seen.Body)!["choices"]![0]!["message"]!["annotations"]!.AsArray()
        : Assert.Single(seen.Events.Select(static chunk => chunk["choices"]!.AsArray().FirstOrDefault()?["delta"]!["annotations"]).OfType<JsonArray>());

    private static (string Text, string Url, string Title) Cited(JsonNode annotation, string content)
    {
        Assert.Equal("url_citation", annotation["type"]!.GetValue<string>());
        string[] characters = [.. content.EnumerateRunes().Select(static rune => rune.ToString())];
        JsonNode citation = annotation["url_citation"]!;
        return (string.Concat(characters[Number(annotation, "start_index")..Number(annotation, "end_index")]), citation["url"]!.GetValue<string>(), citation["title"]!.GetValue<string>());
    }

    private static int Number(JsonNode annotation, string name) => annotation["url_citation"]![name]!.GetValue<int>();

    private static ReceivedRequest Sent(TestGateway gateway) => gateway.Upstream.Received.Requests.Last(static request => request.Method == "POST");

    internal static IEnumerable<string> ToolsOf(ReceivedRequest request) =>
        request.Json.TryGetProperty("tools", out JsonElement tools) ? tools.EnumerateArray().SelectMany(static tool => tool.EnumerateObject().Select(static member => member.Name)) : [];
}
