using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>
/// One conversation that is told in another dialect whenever that is wanted, as programs do that keep it in a form of their own.
/// They keep the ids of calls, and no thought signature.
/// </summary>
internal sealed class ChangingClient(TestGateway gateway, string model)
{
    private const string Parameters = """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""";

    private readonly List<Moment> _moments = [];

    private enum Kind
    {
        Asked,
        Called,
        Resulted,
        Answered,
    }

    /// <summary>The dialects by their names.</summary>
    public static IReadOnlyList<string> Dialects { get; } = ["chat", "messages", "responses", "native", "native stream"];

    /// <summary>What the user says next.</summary>
    public void Say(string text) => _moments.Add(new Moment(Kind.Asked, text));

    /// <summary>Asks in a dialect, and gives the tools' results to the calls of the answer.</summary>
    /// <returns>The names of the tools that were called, or the text of the answer.</returns>
    public async Task<string> AskAsync(string dialect)
    {
        (string path, JsonObject body) = dialect switch
        {
            "chat" => ("/v1/chat/completions", new JsonObject { ["model"] = model, ["messages"] = All(Chat), ["tools"] = Tool(static tool => new JsonObject { ["type"] = "function", ["function"] = With(tool, "parameters") }) }),
            "messages" => ("/v1/messages", new JsonObject { ["model"] = model, ["max_tokens"] = 1000, ["messages"] = All(Messages), ["tools"] = Tool(static tool => With(tool, "input_schema")) }),
            "responses" => ("/v1/responses", new JsonObject { ["model"] = model, ["store"] = false, ["input"] = All(Responses), ["tools"] = Tool(static tool => With(new JsonObject { ["type"] = "function", ["name"] = tool["name"]!.GetValue<string>() }, "parameters")) }),
            _ => ($"/v1beta/models/{model}:{(dialect == "native" ? "generateContent" : "streamGenerateContent?alt=sse")}", new JsonObject { ["contents"] = All(Native), ["tools"] = new JsonArray(new JsonObject { ["functionDeclarations"] = Tool(static tool => With(tool, "parametersJsonSchema")) }) }),
        };
        using HttpResponseMessage response = await gateway.Client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{dialect}: {(int)response.StatusCode} {text}");
        JsonNode answer = dialect == "native stream" ? Joined(text) : JsonNode.Parse(text)!;
        (IEnumerable<Call> found, string said) = dialect switch
        {
            "chat" => (Nodes(answer["choices"]![0]!["message"]!["tool_calls"]).Select(static one => new Call(Text(one["id"]), Text(one["function"]!["name"]), JsonNode.Parse(Text(one["function"]!["arguments"]))!.AsObject())), Text(answer["choices"]![0]!["message"]!["content"])),
            "messages" => (Nodes(answer["content"]).Where(static one => Text(one["type"]) == "tool_use").Select(static one => new Call(Text(one["id"]), Text(one["name"]), one["input"]!.AsObject())), string.Concat(Nodes(answer["content"]).Select(static one => Text(one["text"])))),
            "responses" => (Nodes(answer["output"]).Where(static one => Text(one["type"]) == "function_call").Select(static one => new Call(Text(one["call_id"]), Text(one["name"]), JsonNode.Parse(Text(one["arguments"]))!.AsObject())), string.Concat(Nodes(answer["output"]).Where(static one => Text(one["type"]) == "message").SelectMany(static one => Nodes(one["content"])).Select(static one => Text(one["text"])))),
            _ => (Nodes(answer["candidates"]![0]!["content"]!["parts"]).Select(static one => one["functionCall"]).OfType<JsonNode>().Select(static one => new Call(Text(one["id"]), Text(one["name"]), one["args"]!.AsObject())), string.Concat(Nodes(answer["candidates"]![0]!["content"]!["parts"]).Select(static one => Text(one["text"])))),
        };
        Call[] calls = [.. found];
        if (calls.Length == 0)
        {
            _moments.Add(new Moment(Kind.Answered, said));
            return said;
        }

        _moments.Add(new Moment(Kind.Called, said, calls));
        _moments.Add(new Moment(Kind.Resulted, "", calls));
        return string.Join(',', calls.Select(static call => $"{call.Name} {call.Arguments["city"]}"));
    }

    /// <summary>The events of a stream as one answer.</summary>
    private static JsonObject Joined(string stream)
    {
        IEnumerable<JsonNode> parts = stream.Split('\n').Where(static line => line.StartsWith("data: ", StringComparison.Ordinal))
            .SelectMany(static line => Nodes(JsonNode.Parse(line[6..])!["candidates"]![0]!["content"]!["parts"]));
        return new JsonObject { ["candidates"] = new JsonArray(new JsonObject { ["content"] = new JsonObject { ["parts"] = new JsonArray([.. parts.Select(static part => part.DeepClone())]) } }) };
    }

    private static IEnumerable<JsonNode> Chat(Moment moment) => moment.Kind switch
    {
        Kind.Asked => [new JsonObject { ["role"] = "user", ["content"] = moment.Text }],
        Kind.Answered => [new JsonObject { ["role"] = "assistant", ["content"] = moment.Text }],
        Kind.Called => [new JsonObject { ["role"] = "assistant", ["content"] = null, ["tool_calls"] = Each(moment, static call => new JsonObject { ["id"] = call.Id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments.ToJsonString() } }) }],
        _ => moment.Calls.Select(static call => new JsonObject { ["role"] = "tool", ["tool_call_id"] = call.Id, ["content"] = call.Result }),
    };

    private static IEnumerable<JsonNode> Messages(Moment moment) => moment.Kind switch
    {
        Kind.Asked => [new JsonObject { ["role"] = "user", ["content"] = moment.Text }],
        Kind.Answered => [new JsonObject { ["role"] = "assistant", ["content"] = moment.Text }],
        Kind.Called => [new JsonObject { ["role"] = "assistant", ["content"] = Each(moment, static call => new JsonObject { ["type"] = "tool_use", ["id"] = call.Id, ["name"] = call.Name, ["input"] = call.Arguments.DeepClone() }) }],
        _ => [new JsonObject { ["role"] = "user", ["content"] = Each(moment, static call => new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = call.Id, ["content"] = call.Result }) }],
    };

    private static IEnumerable<JsonNode> Responses(Moment moment) => moment.Kind switch
    {
        Kind.Asked => [new JsonObject { ["role"] = "user", ["content"] = moment.Text }],
        Kind.Answered => [new JsonObject { ["role"] = "assistant", ["content"] = moment.Text }],
        Kind.Called => moment.Calls.Select(static call => new JsonObject { ["type"] = "function_call", ["call_id"] = call.Id, ["name"] = call.Name, ["arguments"] = call.Arguments.ToJsonString() }),
        _ => moment.Calls.Select(static call => new JsonObject { ["type"] = "function_call_output", ["call_id"] = call.Id, ["output"] = call.Result }),
    };

    private static IEnumerable<JsonNode> Native(Moment moment) => moment.Kind switch
    {
        Kind.Asked => [new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = moment.Text }) }],
        Kind.Answered => [new JsonObject { ["role"] = "model", ["parts"] = new JsonArray(new JsonObject { ["text"] = moment.Text }) }],
        Kind.Called => [new JsonObject { ["role"] = "model", ["parts"] = Each(moment, static call => new JsonObject { ["functionCall"] = new JsonObject { ["id"] = call.Id, ["name"] = call.Name, ["args"] = call.Arguments.DeepClone() } }) }],
        _ => [new JsonObject { ["role"] = "user", ["parts"] = Each(moment, static call => new JsonObject { ["functionResponse"] = new JsonObject { ["id"] = call.Id, ["name"] = call.Name, ["response"] = new JsonObject { ["output"] = call.Result } } }) }],
    };

    private static JsonArray Each(Moment moment, Func<Call, JsonNode> make) => new([.. moment.Calls.Select(make)]);

    private static JsonArray Tool(Func<JsonObject, JsonNode> make) =>
        new([.. new[] { "get_weather", "get_time" }.Select(name => make(new JsonObject { ["name"] = name }))]);

    private static JsonObject With(JsonObject tool, string parameters)
    {
        tool[parameters] = JsonNode.Parse(Parameters);
        return tool;
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode? list) => (list as JsonArray)?.OfType<JsonNode>() ?? [];

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";

    private JsonArray All(Func<Moment, IEnumerable<JsonNode>> tell) => new([.. _moments.SelectMany(tell)]);

    private sealed record Moment(Kind Kind, string Text, params Call[] Calls);

    private sealed record Call(string Id, string Name, JsonObject Arguments)
    {
        public string Result => $"{Name} of {Arguments["city"]}: good";
    }
}
