using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Protocols.Answers.Recorded;
using Pollux.Tests.Protocols.Anthropic.Reading;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>ANT-5: every recorded request for messages, those of a coding agent among them, becomes one that the strict upstream takes, and nothing of it vanishes unsaid.</summary>
[Trait("Feature", "ANT-5")]
public sealed class RecordedMessagesRequestsTests(ITestOutputHelper output)
{
    /// <summary>Requests that the gateway refuses for any model, with the place that it names.</summary>
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["axonhub/anthropic-multimodal-inbound.request"] = "messages[0].content[1].source.data", // the first bytes of a picture, and no base64 any more
    };

    /// <summary>Refused for Gemini 2.5 besides: media behind an address, which only newer models fetch themselves.</summary>
    private static readonly Dictionary<string, string> RefusedBefore3 = new(StringComparer.Ordinal)
    {
        ["pydantic-ai/test_document_url_input"] = "messages[0].content[1].source.url",
        ["pydantic-ai/test_image_url_input"] = "messages[0].content[1].source.url",
        ["pydantic-ai/test_image_url_input_invalid_mime_type"] = "messages[0].content[1].source.url",
    };

    [Theory]
    [InlineData("gemini-2.5-flash")]
    [InlineData("gemini-3.5-flash")]
    [InlineData("gemini-3.8-flash")]
    public async Task Recorded_requests_are_taken_by_the_strict_upstream_and_lose_nothing_unsaid(string model)
    {
        RecordedAnswers.SkipIfAbsent();
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true" });
        var refused = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var faults = new List<string>();
        var (sent, things, reported, streams, agents) = (0, 0, 0, 0, 0);
        foreach ((string name, JsonObject recorded) in Read())
        {
            JsonObject body = recorded.DeepClone().AsObject();
            body["model"] = model;
            gateway.Upstream.Received.Clear();
            using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await gateway.Client.PostAsync(new Uri("/v1/messages", UriKind.Relative), content, TestContext.Current.CancellationToken);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            ReceivedRequest[] received = [.. gateway.Upstream.Received.Requests.Where(static request => request.Method == "POST")];
            sent++;
            agents += name.StartsWith("axonhub/", StringComparison.Ordinal) ? 1 : 0;

            if (response.StatusCode != HttpStatusCode.OK)
            {
                refused[name] = JsonElement.Parse(answer).GetProperty("error").GetProperty("message").GetString()!.Split('\'')[1];
                faults.AddRange(received.Select(request => $"{name}: the upstream refused with {request.Status}"));
                continue;
            }

            if (received.Length != 1 || received[0].Status != 200)
            {
                faults.Add($"{name}: {received.Length} attempts");
                continue;
            }

            string? losses = response.Headers.TryGetValues("x-pollux-losses", out IEnumerable<string>? values) ? values.Single() : null;
            MessagesCargo cargo = MessagesCargo.Compare(body, JsonNode.Parse(received[0].Body.Span)!.AsObject(), losses);
            (things, reported) = (things + cargo.Checked, reported + cargo.Reported);
            faults.AddRange(cargo.Missing.Select(path => $"{name}: {path} is lost without a report ({losses ?? "no losses"})"));
            bool stream = body["stream"] is JsonValue wish && wish.GetValue<bool>();
            streams += stream ? 1 : 0;
            MessagesOutcome outcome = stream ? MessagesValidator.Stream(answer) : MessagesValidator.Whole(answer);
            faults.AddRange(outcome.Problems.Select(problem => $"{name}: {problem}"));
            if (outcome.Error is { } told)
                faults.Add($"{name}: {told}");
        }

        output.WriteLine($"{model}: {sent} requests ({streams} streams, {agents} of a coding agent), {refused.Count} refused by the gateway; {things} things looked for, {reported} of them lost and reported, {faults.Count} faults");
        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(40)));
        IEnumerable<KeyValuePair<string, string>> due = model.StartsWith("gemini-2", StringComparison.Ordinal) ? Refused.Concat(RefusedBefore3) : Refused;
        Assert.Equal(due.OrderBy(static row => row.Key, StringComparer.Ordinal), refused);
        Assert.True(sent > 200 && agents == 5, "There are fewer recordings than there were.");
    }

    private static IEnumerable<(string Name, JsonObject Body)> Read()
    {
        foreach (string path in Directory.EnumerateFiles(RecordedAnswers.Root!, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string folder = Path.GetDirectoryName(path)!;
            string request = Path.Combine(folder, "request.json");
            if (JsonElement.Parse(File.ReadAllBytes(path)).GetProperty("api").GetString() == "anthropic-messages" && File.Exists(request))
                yield return (Path.GetRelativePath(RecordedAnswers.Root!, folder).Replace('\\', '/'), JsonNode.Parse(File.ReadAllBytes(request))!.AsObject());
        }
    }
}
