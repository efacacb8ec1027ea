using System.Net;
using System.Text;
using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Vertex;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>
/// Every recorded exchange with Gemini and Vertex AI whose request is known, sent as it was: the upstream gets the same request,
/// and the client the same answer, byte for byte.
/// </summary>
public sealed class RecordedNativeCasesTests(ITestOutputHelper output)
{
    private const string SessionSteps = "a step of an upload to an address that the upstream gave in a step before";

    [Theory]
    [InlineData("gemini")]
    [InlineData("vertex")]
    public async Task Each_arrives_and_is_answered_as_it_was_recorded(string api)
    {
        RecordedAnswers.SkipIfAbsent();
        List<NativeCase> cases = Cases(api);
        await using TestGateway gateway = await StartAsync(api, cases);
        var faults = new List<string>();
        var done = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (NativeCase one in cases)
        {
            if (WhyLeftOut(one) is { } reason)
            {
                output.WriteLine($"{one.Name} left out: {reason}");
                continue;
            }

            gateway.Upstream.Received.Clear();
            gateway.Upstream.Script.Clear();
            gateway.Upstream.Script.When(static request => request.Action != "token").Reply(FakeReply.Recorded(one.Folder));
            using HttpRequestMessage request = one.ToRequest();
            using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            ReceivedRequest? sent = gateway.Upstream.Received.Requests.LastOrDefault(static received => received.Headers.ContainsKey("x-goog-api-key") || received.IsVertex);
            done[one.Operation] = done.GetValueOrDefault(one.Operation) + 1;
            bool isSame = api == "vertex" && one.Operation is "embedContent" or "predict" ? SameVector(answer, one.Answer) : Trimmed(answer).SequenceEqual(Trimmed(one.Answer)); // vectors are joined anew
            if (response.StatusCode != HttpStatusCode.OK || !isSame)
                faults.Add($"{one.Name} ({one.Operation}): answered {(int)response.StatusCode} {Encoding.UTF8.GetString(answer.AsSpan(0, Math.Min(answer.Length, 300)))}");
            if (api == "gemini" && (sent is null || sent.Method != one.Method || sent.Path != one.Path || !sent.Body.Span.SequenceEqual(one.Body)))
                faults.Add($"{one.Name} ({one.Operation}): the upstream got {sent?.ToString() ?? "nothing"} of {sent?.Body.Length} bytes instead of {one.Method} {one.Path} of {one.Body.Length}");
        }

        foreach ((string operation, int count) in done)
            output.WriteLine($"{count,5} {operation}");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(done.Values.Sum() > 10);
    }

    private static string? WhyLeftOut(NativeCase one)
    {
        if (one.Path.StartsWith("/upload/", StringComparison.Ordinal))
            return SessionSteps;
        if (one.Operation == "models")
            return "the list of models is the gateway's own";
        string name = Path.GetRelativePath(RecordedAnswers.Root!, one.Folder).Replace('\\', '/');
        return BadRecordings.ByName.TryGetValue(name, out string? flaw) ? $"no good answer ({flaw}): it is asked for again, see {nameof(BadRecordings)}" : null;
    }

    private static bool SameVector(byte[] answer, byte[] recorded) =>
        JsonElement.Parse(answer).TryGetProperty("embedding", out JsonElement one) && JsonElement.Parse(recorded).TryGetProperty("embedding", out JsonElement other)
            ? JsonElement.DeepEquals(one.GetProperty("values"), other.GetProperty("values"))
            : Trimmed(answer).SequenceEqual(Trimmed(recorded));

    private static ReadOnlySpan<byte> Trimmed(byte[] bytes) => bytes.AsSpan().TrimEnd("\r\n \t"u8);

    private static Task<TestGateway> StartAsync(string api, List<NativeCase> cases)
    {
        // Recorded elsewhere: signatures, files and caches are others', and rules are looked at elsewhere.
        FakeModel[] models = [.. cases.Select(static one => one.Model).OfType<string>().Distinct(StringComparer.Ordinal).Select(static name => FakeModel.Named(name))];
        if (api == "vertex")
            return VertexStand.StartAsync(checksFiles: false, models: models);
        return TestGateway.StartAsync(upstream: new FakeGeminiOptions { Models = models, Strict = false, ChecksFiles = false, ChecksSignatures = false });
    }

    private static List<NativeCase> Cases(string api)
    {
        var cases = new List<NativeCase>();
        foreach (string meta in Directory.EnumerateFiles(RecordedAnswers.Root!, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            JsonElement told = JsonElement.Parse(File.ReadAllText(meta));
            if (told.GetProperty("api").GetString() == api && told.TryGetProperty("url_path", out JsonElement path) && told.GetProperty("status") is { ValueKind: JsonValueKind.Number } status && status.GetInt32() == 200)
                cases.Add(NativeCase.Read(Path.GetDirectoryName(meta)!, told, path.GetString()!));
        }

        return cases;
    }

    private sealed record NativeCase(string Name, string Folder, string Operation, string Method, string Path, string Query, byte[] Body, byte[] Answer)
    {
        private const string VertexModels = "/publishers/google/models/";

        /// <summary>The model that the path names, if any.</summary>
        public string? Model => Path.Split("/models/") is [_, var rest] && rest.Contains(':', StringComparison.Ordinal) ? rest[..rest.IndexOf(':', StringComparison.Ordinal)] : null;

        public static NativeCase Read(string folder, JsonElement meta, string path)
        {
            string request = System.IO.Path.Combine(folder, "request.json");
            string? answer = Directory.EnumerateFiles(folder, "response.*").SingleOrDefault(); // the first step of an upload has none
            string query = meta.TryGetProperty("query", out JsonElement parameters) && parameters.ValueKind == JsonValueKind.Object
                ? string.Join('&', parameters.EnumerateObject().Where(static one => one.Name != "key").Select(static one => $"{one.Name}={Uri.EscapeDataString(one.Value.ValueKind == JsonValueKind.Array ? one.Value[0].ToString() : one.Value.ToString())}"))
                : "";
            return new NativeCase(
                System.IO.Path.GetFileName(folder), folder, meta.GetProperty("operation").GetString() ?? "-", meta.GetProperty("method").GetString()!, path, query,
                File.Exists(request) ? File.ReadAllBytes(request) : [], answer is null ? [] : File.ReadAllBytes(answer));
        }

        public HttpRequestMessage ToRequest()
        {
            string path = Path.Contains(VertexModels, StringComparison.Ordinal) ? "/vertex/v1beta/models/" + Path.Split(VertexModels)[1] : Path;
            var request = new HttpRequestMessage(new HttpMethod(Method), Query.Length > 0 ? $"{path}?{Query}" : path);
            if (Body.Length > 0)
            {
                request.Content = new ByteArrayContent(Body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            }

            return request;
        }
    }
}
