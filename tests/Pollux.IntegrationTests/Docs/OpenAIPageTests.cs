using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Media;
using Pollux.IntegrationTests.Serving;
using Pollux.Protocols.OpenAI.Completions;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Tests.Docs;

namespace Pollux.IntegrationTests.Docs;

/// <summary>
/// The page that tells what becomes of each parameter of OpenAI's API. Its verdicts are measured: each parameter is sent
/// through the gateway, beside a request without it. To renew the page, run the test with POLLUX_RENEW_DOCS=1.
/// </summary>
public sealed partial class OpenAIPageTests
{
    [Fact]
    public async Task The_page_says_what_the_gateway_does()
    {
        string path = Path.Combine(RepositoryRoot.Path, "docs", "openai.md");
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true", ["FFMPEG_PATH"] = "0" });
        string expected = await RenderAsync(gateway);
#pragma warning disable RS0030 // a switch of this test, not a setting of the gateway
        if (Environment.GetEnvironmentVariable("POLLUX_RENEW_DOCS") == "1")
#pragma warning restore RS0030
            await File.WriteAllTextAsync(path, expected, TestContext.Current.CancellationToken);

        Assert.Equal(expected, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(typeof(ChatRequest), "/chat/completions")]
    [InlineData(typeof(ResponsesRequest), "/responses")]
    [InlineData(typeof(CompletionRequest), "/completions")]
    public void Every_parameter_that_is_read_stands_in_the_page(Type request, string path)
    {
        IEnumerable<string> read = request.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.Name is not ("Unknown" or "EqualityContract")).Select(static property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));

        Assert.Empty(read.Except(OpenAIRoutes.All.Single(route => route.Path == path).Parameters.Select(static parameter => parameter.Name)));
    }

    private static async Task<string> RenderAsync(TestGateway gateway)
    {
        var page = new StringBuilder("""
            # OpenAI's API, parameter by parameter

            Each route under `/v1` (and under `/hf/v1`, `/openai/v1`, `/aistudio`, `/v1beta/openai` and without a prefix). The verdicts are
            measured by a test, which sends each parameter beside a request without it:

            - **carried**: Gemini is asked for something else, or the answer has another form;
            - **accepted**: taken without effect and without a word;
            - **reported**: left out, changed or approximated, and named in the header `x-pollux-losses` (with `DEBUG_HEADERS`) and in the log line;
            - **refused**: answered by 400.

            Parameters that nobody knows are reported. Verdicts are those of `gemini-2.5-flash`; other models may lack a thing, which is then reported.

            """);
        foreach (OpenAIRoute route in OpenAIRoutes.All)
        {
            page.Append("\n## `").Append(route.IsForm ? "POST (form) " : "POST ").Append(route.Path).Append("`\n\n| parameter | verdict | what becomes of it |\n|---|---|---|\n");
            Trial plain = await TryAsync(gateway, route, null);
            Assert.True(plain.Status == HttpStatusCode.OK, $"{route.Path}: {plain.Shape}");
            foreach (OpenAIParameter parameter in route.Parameters)
            {
                Trial tried = parameter.Sample.Length == 0 ? plain with { Upstream = "" } : await TryAsync(gateway, route, parameter);
                page.Append("| `").Append(parameter.Name).Append("` | ").Append(Verdict(parameter, tried, plain)).Append(" | ").Append(parameter.Meaning).Append(" |\n");
            }
        }

        page.Append("\n## Not served\n\n");
        foreach (string missing in OpenAIRoutes.Missing)
        {
            using HttpResponseMessage response = await gateway.Client.SendAsync(Ask.Request("/v1" + missing, "{}"u8.ToArray()), TestContext.Current.CancellationToken);
            page.Append("- `POST ").Append(missing).Append("`: ").Append((int)response.StatusCode).Append('\n');
        }

        return page.ToString().ReplaceLineEndings("\n");
    }

    private static string Verdict(OpenAIParameter parameter, Trial tried, Trial plain)
    {
        if (tried.Status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError)
        {
            Assert.Contains(parameter.Name.TrimEnd('[', ']'), tried.Shape, StringComparison.Ordinal); // who is refused is told why
            return "refused";
        }

        Assert.True(tried.Status == HttpStatusCode.OK, $"{parameter.Name}: {tried.Status} {tried.Shape}");
        if (tried.Losses.Contains(parameter.Name, StringComparison.Ordinal))
            return "reported";
        return tried.Upstream == plain.Upstream && tried.Shape == plain.Shape ? "accepted" : "carried";
    }

    private static async Task<Trial> TryAsync(TestGateway gateway, OpenAIRoute route, OpenAIParameter? parameter)
    {
        int before = gateway.Upstream.Received.Requests.Count;
        using HttpRequestMessage request = route.IsForm ? Form(route, parameter) : Ask.Request("/v1" + route.Path, Body(route, parameter));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string losses = response.Headers.TryGetValues("x-pollux-losses", out IEnumerable<string>? values) ? string.Join(';', values) : "";
        ReceivedRequest? call = gateway.Upstream.Received.Requests.Skip(before).LastOrDefault(static received => received.Method == "POST");
        string upstream = call is null ? "" : call.Path + Encoding.UTF8.GetString(call.Body.Span);
        return new Trial(response.StatusCode, losses, upstream, response.Content.Headers.ContentType?.MediaType + (response.IsSuccessStatusCode ? Form(answer) : answer));
    }

    private static JsonObject Body(OpenAIRoute route, OpenAIParameter? parameter)
    {
        JsonObject body = JsonNode.Parse(route.Body)!.AsObject();
        if (parameter is null)
            return body;
        body[parameter.Name] = JsonNode.Parse(parameter.Sample);
        switch (parameter.Name) // some are nothing without another
        {
            case "stream_options" when route.Path != "/responses":
                body["stream"] = true;
                break;
            case "top_logprobs":
                body["logprobs"] = true;
                break;
            case "tool_choice" or "parallel_tool_calls":
                body["tools"] = JsonNode.Parse(route.Parameters.Single(static other => other.Name == "tools").Sample);
                break;
            case "function_call":
                body["functions"] = JsonNode.Parse(OpenAIRoutes.All[0].Parameters.Single(static other => other.Name == "functions").Sample);
                break;
        }

        return body;
    }

    private static HttpRequestMessage Form(OpenAIRoute route, OpenAIParameter? parameter)
    {
        var form = new MultipartFormDataContent();
        foreach (string field in route.Body.Split('\n').Where(field => parameter is null || !field.StartsWith(parameter.Name + "=", StringComparison.Ordinal)))
            form.Add(new StringContent(field.Split('=')[1]), field.Split('=')[0]);
        if (parameter is { Name: "mask" })
            form.Add(new ByteArrayContent(MediaStand.Png(200)), parameter.Name, parameter.Sample);
        else if (parameter is not null)
            form.Add(new StringContent(parameter.Sample), parameter.Name);
        if (parameter?.Name.StartsWith("timestamp_granularities", StringComparison.Ordinal) == true)
            form.Add(new StringContent("verbose_json"), "response_format");
        var file = new ByteArrayContent(route.TakesPicture ? MediaStand.Png(100) : TranscriptionTests.Wave());
        file.Headers.ContentType = new MediaTypeHeaderValue(route.TakesPicture ? "image/png" : "audio/wav");
        form.Add(file, route.TakesPicture ? "image" : "file", route.TakesPicture ? "a.png" : "a.wav");
        return new HttpRequestMessage(HttpMethod.Post, "/v1" + route.Path) { Content = form };
    }

    /// <summary>An answer without what differs each time.</summary>
    private static string Form(string answer) => Changing().Replace(WithoutEcho(answer), "");

    /// <summary>A response repeats its request, which is no effect.</summary>
    private static string WithoutEcho(string answer)
    {
        if (!answer.StartsWith("{\"id\":\"resp_", StringComparison.Ordinal))
            return answer;
        JsonObject response = JsonNode.Parse(answer)!.AsObject();
        return new JsonObject(response.Where(static member => member.Key is "status" or "output" or "usage" or "metadata" or "store" or "model")
            .Select(static member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))).ToJsonString();
    }

    [GeneratedRegex("(?:resp|msg|fc|rs|cmpl)[-_]\\w+|chatcmpl-\\w+|call_\\w+|\"created\":\\d+|\"thought_signature\":\"[^\"]*\"|\"[a-z_]*tokens\":\\d+", RegexOptions.NonBacktracking)]
    private static partial Regex Changing();

    private sealed record Trial(HttpStatusCode Status, string Losses, string Upstream, string Shape);
}
