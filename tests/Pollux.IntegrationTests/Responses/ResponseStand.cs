using System.Net;
using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Responses;

/// <summary>What a client of responses saw: a response, or an error, and what was lost.</summary>
internal sealed record SeenResponse(HttpStatusCode Status, string Body, string Losses, ResponsesOutcome? Outcome)
{
    /// <summary>The id of the response.</summary>
    public string Id => ResponsesOutcome.Word(Outcome?.Response, "id") ?? "";

    /// <summary>The error, if there is one.</summary>
    public JsonObject Error => JsonNode.Parse(Body)!["error"]!.AsObject();

    /// <summary>The response, which kept every rule and is complete.</summary>
    public ResponsesOutcome Good()
    {
        Assert.True(Status == HttpStatusCode.OK, Body);
        Assert.Empty(Outcome!.Problems);
        Assert.Equal("completed", Outcome.Status);
        return Outcome;
    }
}

/// <summary>Asks for responses as a client does that knows every rule.</summary>
internal static class ResponseStand
{
    /// <summary>Starts a gateway that names losses.</summary>
    public static Task<TestGateway> StartAsync(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true" };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return TestGateway.StartAsync(settings: all);
    }

    /// <summary>A request.</summary>
    /// <param name="input">A text, or JSON.</param>
    /// <param name="more">Further members, JSON without the outer braces.</param>
    /// <param name="model">The model.</param>
    public static string Body(string input, string more = "", string model = Ask.Model) =>
        $$"""{"model":"{{model}}","input":{{(input.StartsWith('[') ? input : JsonValue.Create(input).ToJsonString())}}{{(more.Length > 0 ? "," + more : "")}}}""";

    /// <summary>Asks, and reads the whole answer.</summary>
    public static async Task<SeenResponse> RespondAsync(this HttpClient client, string body, string path = "/v1/responses")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        string losses = response.Headers.TryGetValues("x-pollux-losses", out IEnumerable<string>? values) ? string.Join(';', values) : "";
        ResponsesOutcome? outcome = response.StatusCode != HttpStatusCode.OK ? null
            : response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? ResponsesValidator.Stream(bytes)
            : ResponsesValidator.Whole(bytes);
        return new SeenResponse(response.StatusCode, System.Text.Encoding.UTF8.GetString(bytes), losses, outcome);
    }

    /// <summary>The bodies that the upstream saw.</summary>
    public static IReadOnlyList<JsonObject> Sent(this TestGateway gateway) =>
        [.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST").Select(static request => JsonNode.Parse(request.Body.Span)!.AsObject())];
}
