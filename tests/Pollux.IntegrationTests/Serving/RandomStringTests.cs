using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>UPS-7: something random around what the user said. That it is no part of cache keys is shown by <see cref="ResponseCacheTests"/>.</summary>
[Trait("Feature", "UPS-7")]
public sealed class RandomStringTests
{
    [Theory]
    [InlineData(Form.OpenAI, "", 5)]
    [InlineData(Form.OpenAIStream, "", 5)]
    [InlineData(Form.OpenAI, "12", 12)]
    public async Task It_stands_before_the_users_turns_and_never_behind_them(Form form, string length, int expected)
    {
        await using TestGateway gateway = await StartAsync(("RANDOM_STRING", "true"), ("RANDOM_STRING_LENGTH", length));
        JsonObject body = form.Body("One");
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "assistant", ["content"] = "Two" });
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "user", ["content"] = "Three" });

        Seen first = await gateway.Client.AskAsync(form, body);
        Seen second = await gateway.Client.AskAsync(form, body);

        Assert.True(first.IsComplete && second.IsComplete, first.Body + second.Body);
        string[][] turns = Turns(gateway, 0);
        Assert.Equal(["One", "Two", "Three"], turns.Select(static parts => parts[^1])); // the user's words come last
        Assert.Equal([2, 1, 2], turns.Select(static parts => parts.Length));
        Assert.All([turns[0][0], turns[2][0]], text => Assert.Matches($"^[0-9A-Za-z]{{{expected}}}\n$", text));
        Assert.NotEqual(turns[2][0], Turns(gateway, 1)[2][0]); // another one each time
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task By_default_there_is_none(Form form)
    {
        await using TestGateway gateway = await StartAsync();

        Assert.True((await gateway.Client.AskAsync(form)).IsComplete);

        Assert.Equal(["Hello"], Assert.Single(Turns(gateway, 0)));
    }

    [Theory]
    [InlineData(Form.Gemini)]
    [InlineData(Form.GeminiStream)]
    [InlineData(Form.GeminiArray)]
    public async Task Native_requests_stay_as_they_are(Form form)
    {
        await using TestGateway gateway = await StartAsync(("RANDOM_STRING", "true"));

        Assert.True((await gateway.Client.AskAsync(form)).IsComplete);

        Assert.Equal(["Hello"], Assert.Single(Turns(gateway, 0)));
    }

    private static string[][] Turns(TestGateway gateway, int call) =>
    [
        .. gateway.Calls()[call].Json.GetProperty("contents").EnumerateArray()
            .Select(static turn => turn.GetProperty("parts").EnumerateArray().Select(static part => part.GetProperty("text").GetString()!).ToArray()),
    ];

    private static Task<TestGateway> StartAsync(params (string Name, string Value)[] settings) =>
        TestGateway.StartAsync(settings: settings.ToDictionary(static pair => pair.Name, static pair => pair.Value));
}
