using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>Every recorded chat request becomes a request that the strict upstream takes, and nothing of it vanishes unsaid.</summary>
public sealed class RecordedChatRequestsTests(ITestOutputHelper output)
{
    /// <summary>Requests that the gateway refuses for any model, with the place that it names.</summary>
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["ai-gateway/chat-bad-request"] = "messages", // its only message has no content; the provider refused it too
        ["ai-gateway/chat-no-messages"] = "messages", // an empty list; the provider refused it too
        ["openai-dotnet/ChatTests-FileIdContentWorks.1"] = "messages[0].content[1].file.file_id", // a file in OpenAI's own store
        ["openai-dotnet/ChatTests-FileIdContentWorksAsync.1"] = "messages[0].content[1].file.file_id",
    };

    /// <summary>Refused for Gemini 2.5 besides: a picture behind an address, which only newer models fetch themselves.</summary>
    private static readonly Dictionary<string, string> RefusedBefore3 = new(StringComparer.Ordinal)
    {
        ["ai-gateway/chat-multimodal"] = "messages[0].content[1].image_url.url",
        ["langchaingo/TestMultiContentImage.0"] = "messages[0].content[0].image_url.url",
        ["openai-dotnet/ChatStoreTests-GetChatCompletionMessagesWithPagination.0"] = "messages[3].content[1].image_url.url",
        ["openai-dotnet/ChatStoreTests-GetChatCompletionMessagesWithPaginationAsync.0"] = "messages[3].content[1].image_url.url",
        ["pydantic-ai/test_image_url_tool_response.1"] = "messages[3].content[1].image_url.url",
    };

    /// <summary>
    /// What is left out without a report, on purpose: it concerns OpenAI's books, never the answer. <c>store</c> and
    /// <c>metadata</c> keep a completion there, <c>user</c> tells their safety team's end users apart.
    /// </summary>
    private static readonly string[] Housekeeping = ["metadata", "store", "user"];

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
        var unsaid = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (sent, things, reported, streams) = (0, 0, 0, 0);
        foreach (RecordedChatRequest recorded in RecordedChatRequests.Read())
        {
            JsonObject body = recorded.Body.DeepClone().AsObject();
            body["model"] = model;
            gateway.Upstream.Received.Clear();
            using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await gateway.Client.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content, TestContext.Current.CancellationToken);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            ReceivedRequest[] received = [.. gateway.Upstream.Received.Requests.Where(request => request.Method == "POST")];
            sent++;

            foreach (ReceivedRequest bad in received.Where(request => request.Status >= 400))
                faults.Add($"{recorded.Name}: the upstream refused with {bad.Status}");
            if (response.StatusCode != HttpStatusCode.OK)
            {
                JsonElement error = JsonElement.Parse(answer).GetProperty("error");
                refused[recorded.Name] = $"{error.GetProperty("param")}";
                output.WriteLine($"{recorded.Name}: {(int)response.StatusCode} {error.GetProperty("param")} {error.GetProperty("message")}");
                if (response.StatusCode != HttpStatusCode.BadRequest || received.Length > 0 || error.GetProperty("param").GetString() is not { Length: > 0 })
                    faults.Add($"{recorded.Name}: {(int)response.StatusCode} after {received.Length} attempts: {error}");
                continue;
            }

            if (received.Length != 1)
            {
                faults.Add($"{recorded.Name}: {received.Length} attempts");
                continue;
            }

            string? losses = response.Headers.TryGetValues("x-pollux-losses", out IEnumerable<string>? values) ? values.Single() : null;
            RequestCargo cargo = RequestCargo.Compare(body, JsonNode.Parse(received[0].Body.Span)!.AsObject(), losses);
            (things, reported) = (things + cargo.Checked, reported + cargo.Reported);
            foreach (string path in cargo.Missing.Where(Housekeeping.Contains))
                unsaid[path] = unsaid.GetValueOrDefault(path) + 1;
            faults.AddRange(cargo.Missing.Where(path => !Housekeeping.Contains(path)).Select(path => $"{recorded.Name}: {path} is lost without a report ({losses ?? "no losses"})"));

            bool stream = body["stream"] is JsonValue wish && wish.GetValue<bool>();
            streams += stream ? 1 : 0;
            bool usage = body["stream_options"]?["include_usage"]?.GetValue<bool>() ?? false;
            ChatOutcome outcome = stream ? ChatValidator.Stream(answer, usage) : ChatValidator.Whole(answer);
            faults.AddRange(outcome.Problems.Select(problem => $"{recorded.Name}: {problem}"));
            if (outcome.Error is { } told)
                faults.Add($"{recorded.Name}: {told}");
        }

        output.WriteLine($"{model}: {sent} requests ({streams} streams), {refused.Count} refused by the gateway; {things} things looked for, {reported} of them lost and reported, {faults.Count} faults");
        output.WriteLine($"left out on purpose: {string.Join(", ", unsaid.Select(row => $"{row.Key} x {row.Value}"))}");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        IEnumerable<KeyValuePair<string, string>> due = model.StartsWith("gemini-2", StringComparison.Ordinal) ? Refused.Concat(RefusedBefore3) : Refused;
        Assert.Equal(due.OrderBy(row => row.Key, StringComparer.Ordinal), refused);
        Assert.Equal(Housekeeping, unsaid.Keys);
    }
}
