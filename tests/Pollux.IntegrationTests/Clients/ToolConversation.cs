using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;

namespace Pollux.IntegrationTests.Clients;

/// <summary>
/// A conversation with tools: two parallel calls in the first step, one call in the second, an answer, then a question more.
/// The upstream's signatures and ids are fixed here, so that what comes back can be compared.
/// </summary>
internal static class ToolConversation
{
    private const string FirstSignature = "Zmlyc3Qgc2lnbmF0dXJlIG9mIHRoZSB1cHN0cmVhbQ==";
    private const string SecondSignature = "c2Vjb25kIHNpZ25hdHVyZSBvZiB0aGUgdXBzdHJlYW0=";

    /// <summary>Prepares the upstream's side.</summary>
    public static void Arrange(FakeGeminiServer upstream)
    {
        upstream.RegisterSignature(FirstSignature);
        upstream.RegisterSignature(SecondSignature);
        upstream.Script.Next(
            FakeReply.Parts(
                Call("paris-1", "get_weather", """{"city":"Paris"}""", FirstSignature),
                Call("rome-2", "get_weather", """{"city":"Rome"}""")),
            FakeReply.Parts(Call("zone-3", "get_time", """{"zone":"CET"}""", SecondSignature)),
            FakeReply.Text("Sunny in Paris, cloudy in Rome, noon in both."),
            FakeReply.Text("You are welcome."));
    }

    /// <summary>The program saw the calls in order, with ids that differ.</summary>
    public static void AssertClientSaw(ClientReport report, string? finish)
    {
        ClientToolCall[] calls = [.. report.Steps.SelectMany(static step => step)];
        Assert.Equal([2, 1], report.Steps.Select(static step => step.Count));
        Assert.Equal(["get_weather", "get_weather", "get_time"], calls.Select(static call => call.Name));
        Assert.Equal(["Paris", "Rome"], calls[..2].Select(static call => JsonElement.Parse(call.Arguments).GetProperty("city").GetString()));
        Assert.Equal("CET", JsonElement.Parse(calls[2].Arguments).GetProperty("zone").GetString());
        Assert.Distinct(calls.Select(static call => call.Id));
        Assert.DoesNotContain(calls, static call => string.IsNullOrEmpty(call.Id));
        if (finish is not null)
            Assert.All(calls, call => Assert.Equal(finish, call.Finish));
    }

    /// <summary>Each request brought back what the upstream had given: signatures on the first call of a step, ids, order.</summary>
    /// <param name="requests">All calls of the conversation.</param>
    /// <param name="questions">How many questions were asked.</param>
    public static void AssertUpstreamSaw(IReadOnlyList<ReceivedRequest> requests, int questions)
    {
        string[] firstStep =
        [
            "user: text",
            $"model: get_weather paris-1 Paris signed {FirstSignature}, get_weather rome-2 Rome",
            "user: result get_weather paris-1 sunny, result get_weather rome-2 cloudy",
        ];
        string[] secondStep = [.. firstStep, $"model: get_time zone-3 CET signed {SecondSignature}", "user: result get_time zone-3 12:00"];
        string[][] expected = [["user: text"], firstStep, secondStep, [.. secondStep, "model: text", "user: text"]];
        Assert.Equal(questions + 2, requests.Count);
        for (int i = 0; i < requests.Count; i++)
        {
            Assert.Equal(200, requests[i].Status);
            Assert.Equal(expected[i], WithoutRepeatedText(requests[i].Json.GetProperty("contents").EnumerateArray().Select(Describe)));
        }
    }

    /// <summary>@google/genai keeps a streamed text as one content for each piece.</summary>
    private static List<string> WithoutRepeatedText(IEnumerable<string> contents)
    {
        List<string> kept = [];
        foreach (string content in contents)
        {
            if (content != "model: text" || kept[^1] != content)
                kept.Add(content);
        }

        return kept;
    }

    private static JsonObject Call(string id, string name, string arguments, string? signature = null)
    {
        var part = new JsonObject
        {
            ["functionCall"] = new JsonObject { ["id"] = id, ["name"] = name, ["args"] = JsonNode.Parse(arguments) },
        };
        if (signature is not null)
            part["thoughtSignature"] = signature;
        return part;
    }

    private static string Describe(JsonElement content) =>
        $"{content.GetProperty("role").GetString()}: {string.Join(", ", content.GetProperty("parts").EnumerateArray().Select(DescribePart))}";

    private static string DescribePart(JsonElement part)
    {
        string signed = part.TryGetProperty("thoughtSignature", out JsonElement signature) && signature.GetString() is { Length: > 0 } text ? $" signed {text}" : "";
        if (part.TryGetProperty("functionCall", out JsonElement call))
            return $"{call.GetProperty("name")} {Id(call)} {call.GetProperty("args").EnumerateObject().Single().Value}{signed}";
        if (!part.TryGetProperty("functionResponse", out JsonElement result))
            return "text"; // native clients keep its signature, others need not
        JsonElement response = result.GetProperty("response");

        // Some clients wrap what a function returned.
        if (!response.TryGetProperty("sky", out _) && !response.TryGetProperty("time", out _))
            response = response.EnumerateObject().Last().Value;
        if (response.ValueKind == JsonValueKind.String)
            response = JsonElement.Parse(response.GetString()!);
        return $"result {result.GetProperty("name")} {Id(result)} {(response.TryGetProperty("sky", out JsonElement sky) ? sky : response.GetProperty("time"))}";
    }

    private static string Id(JsonElement of) => of.TryGetProperty("id", out JsonElement id) ? id.GetString()! : "(no id)";
}
