using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>OAI-11 and OAI-12: every recorded request for vectors is answered, or refused by the name of its field; recorded transcripts have the form of ours.</summary>
public sealed class RecordedEmbeddingRequestsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("gemini-embedding-001")]
    [InlineData("gemini-embedding-2")]
    public async Task Recorded_requests_get_vectors_or_the_name_of_what_is_wrong(string model)
    {
        RecordedAnswers.SkipIfAbsent();
        await using TestGateway gateway = await TestGateway.StartAsync(static fake => fake.AddKey(TestGateway.Key, fake.AddProject("100000000001", FakeTier.Paid)));
        await EmbeddingTests.ListedAsync(gateway);
        var (answered, refused) = (0, 0);
        foreach ((string name, JsonObject body) in Read("openai-embeddings"))
        {
            // As recorded, with a model that is not Google's.
            using (HttpResponseMessage asRecorded = await SendAsync(gateway, body))
                Assert.True(asRecorded.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{name}: {asRecorded.StatusCode}");

            body["model"] = model;
            gateway.Upstream.Received.Clear();
            using HttpResponseMessage response = await SendAsync(gateway, body);
            JsonElement answer = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
            bool isTokens = body["input"] is JsonArray list && list[0] is JsonArray or JsonValue && list[0]!.GetValueKind() is JsonValueKind.Number or JsonValueKind.Array;
            bool isBad = body["dimensions"]?.GetValue<int>() < 1;
            if (isTokens || isBad)
            {
                refused++;
                Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{name}: {response.StatusCode}");
                Assert.Equal(isTokens ? "input" : "dimensions", answer.GetProperty("error").GetProperty("param").GetString());
                Assert.Empty(gateway.Calls());
                continue;
            }

            answered++;
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{name}: {answer}");
            int texts = body["input"] is JsonArray inputs ? inputs.Count : 1;
            int dimensions = body["dimensions"]?.GetValue<int>() ?? 3072;
            Assert.Equal(texts, answer.GetProperty("data").GetArrayLength());
            foreach (JsonElement item in answer.GetProperty("data").EnumerateArray())
            {
                JsonElement vector = item.GetProperty("embedding");
                bool base64 = body["encoding_format"]?.GetValue<string>() == "base64";
                Assert.Equal(dimensions, base64 ? vector.GetBytesFromBase64().Length / sizeof(float) : vector.GetArrayLength());
            }

            Assert.Equal(body["model"]!.GetValue<string>(), answer.GetProperty("model").GetString());
        }

        output.WriteLine($"{model}: {answered} answered, {refused} refused by name");
        Assert.True(answered >= 15 && refused >= 5, $"{answered} answered, {refused} refused");
    }

    [Theory]
    [InlineData("transcriptions")]
    [InlineData("translations")]
    public async Task A_transcript_has_the_members_of_a_recorded_one(string route)
    {
        RecordedAnswers.SkipIfAbsent();
        await using TestGateway gateway = await TestGateway.StartAsync();
        string recorded = Directory.EnumerateFiles(RecordedAnswers.Root!, "response.json", SearchOption.AllDirectories).Single(path => path.Contains($"audio-{route.TrimEnd('s')}-basic", StringComparison.Ordinal));
        using var form = new MultipartFormDataContent { { new ByteArrayContent(TranscriptionTests.Wave()), "file", "speech.wav" }, { new StringContent("whisper-1"), "model" } };

        using HttpResponseMessage response = await gateway.Client.PostAsync(new Uri($"/v1/audio/{route}", UriKind.Relative), form, TestContext.Current.CancellationToken);

        JsonElement answer = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        foreach (JsonProperty member in JsonElement.Parse(File.ReadAllBytes(recorded)).EnumerateObject().Where(static member => member.Name != "usage"))
            Assert.Equal(member.Value.ValueKind, answer.GetProperty(member.Name).ValueKind);
    }

    private static IEnumerable<(string Name, JsonObject Body)> Read(string api)
    {
        foreach (string path in Directory.EnumerateFiles(RecordedAnswers.Root!, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string folder = Path.GetDirectoryName(path)!;
            string request = Path.Combine(folder, "request.json");
            if (JsonElement.Parse(File.ReadAllBytes(path)).GetProperty("api").GetString() == api && File.Exists(request) && JsonNode.Parse(File.ReadAllBytes(request)) is JsonObject body)
                yield return (Path.GetRelativePath(RecordedAnswers.Root!, folder), body);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, JsonObject body)
    {
        using HttpRequestMessage request = Ask.Request("/v1/embeddings", Encoding.UTF8.GetBytes(body.ToJsonString()));
        return await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
