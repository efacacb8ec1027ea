using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;
using Pollux.IntegrationTests.Serving;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>OAI-10: every recorded request for pictures gets as many as it asks for, in the members that recorded answers have.</summary>
public sealed class RecordedImageRequestsTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Recorded_requests_get_their_pictures()
    {
        RecordedAnswers.SkipIfAbsent();
        await using TestGateway gateway = await ImageStand.StartAsync(("DEBUG_HEADERS", "true"));
        int answered = 0;
        foreach (string path in Directory.EnumerateFiles(RecordedAnswers.Root!, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string folder = Path.GetDirectoryName(path)!;
            string request = Path.Combine(folder, "request.json");
            if (JsonElement.Parse(File.ReadAllBytes(path)).GetProperty("api").GetString() != "openai-images" || !File.Exists(request))
                continue;

            JsonObject body = JsonNode.Parse(File.ReadAllBytes(request))!.AsObject();
            using HttpRequestMessage message = Ask.Request("/v1/images/generations", Encoding.UTF8.GetBytes(body.ToJsonString()));
            using HttpResponseMessage response = await gateway.Client.SendAsync(message, TestContext.Current.CancellationToken);
            JsonElement answer = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{folder}: {answer}");
            Assert.Equal(body["n"]?.GetValue<int>() ?? 1, answer.GetProperty("data").GetArrayLength());
            Assert.All(answer.GetProperty("data").EnumerateArray(), static one => Assert.NotEmpty(one.GetProperty("b64_json").GetBytesFromBase64()));
            foreach (JsonProperty member in answer.GetProperty("usage").EnumerateObject())
                Assert.Contains(member.Name, (string[])["input_tokens", "output_tokens", "total_tokens", "input_tokens_details"]);
            string losses = response.Headers.TryGetValues("x-pollux-losses", out IEnumerable<string>? values) ? values.Single() : "";
            foreach (string member in body.Select(static one => one.Key).Intersect(["background", "moderation", "output_format", "output_compression"]))
                Assert.Contains(member, losses, StringComparison.Ordinal);
            answered++;
        }

        output.WriteLine($"{answered} answered");
        Assert.True(answered >= 7, $"{answered} answered");
    }
}
