using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Tests.Docs;

namespace Pollux.IntegrationTests.Docs;

/// <summary>
/// The page that tells what becomes of each parameter of Anthropic's API. Its verdicts are measured: each is sent through the gateway,
/// beside a request without it. To renew the page, run the test with POLLUX_RENEW_DOCS=1.
/// </summary>
public sealed partial class AnthropicPageTests
{
    [Fact]
    public async Task The_page_says_what_the_gateway_does()
    {
        string path = Path.Combine(RepositoryRoot.Path, "docs", "anthropic.md");
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true" });
        string expected = await RenderAsync(gateway);
#pragma warning disable RS0030 // a switch of this test, not a setting of the gateway
        if (Environment.GetEnvironmentVariable("POLLUX_RENEW_DOCS") == "1")
#pragma warning restore RS0030
            await File.WriteAllTextAsync(path, expected, TestContext.Current.CancellationToken);

        Assert.Equal(expected, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Every_parameter_that_is_read_stands_in_the_page()
    {
        IEnumerable<string> read = typeof(MessagesRequest).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.Name is not ("Unknown" or "EqualityContract")).Select(static property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));

        Assert.Empty(read.Except(AnthropicParameters.Parameters.Select(static parameter => parameter.Name)));
    }

    private static async Task<string> RenderAsync(TestGateway gateway)
    {
        var page = new StringBuilder("""
            # Anthropic's API, parameter by parameter

            `POST /v1/messages` and `POST /v1/messages/count_tokens`, also below `/anthropic/v1`, and below `/aistudio/v1`, `/vertex/v1` and
            `/vertex-express/v1`, which say who serves. `GET /v1/models` answers in Anthropic's shape to requests with the header
            `anthropic-version`, `GET /anthropic/v1/models` always. The credential stands in `x-api-key`, or as a Bearer token.

            The verdicts are measured by a test, which sends each thing beside a request without it:

            - **carried**: Gemini is asked for something else, or the answer has another form;
            - **accepted**: taken without effect and without a word;
            - **reported**: left out, changed or approximated, and named in the header `x-pollux-losses` (with `DEBUG_HEADERS`) and in the log line;
            - **refused**: answered by 400.

            Parameters that nobody knows are reported. Verdicts are those of `gemini-2.5-flash`; other models may lack a thing, which is then reported.

            """);
        Trial plain = await TryAsync(gateway, JsonNode.Parse(AnthropicParameters.Body)!.AsObject());
        Assert.True(plain.Status == HttpStatusCode.OK, plain.Shape);
        page.Append("\n## Parameters\n\n| parameter | verdict | what becomes of it |\n|---|---|---|\n");
        foreach (OpenAIParameter parameter in AnthropicParameters.Parameters)
            Append(page, parameter, await TryAsync(gateway, With(parameter)), plain);
        page.Append("\n## Tools\n\n| type | verdict | what becomes of it |\n|---|---|---|\n");
        foreach (OpenAIParameter tool in AnthropicParameters.Tools)
            Append(page, tool, await TryAsync(gateway, With(new OpenAIParameter("tools", $"[{tool.Sample}]", ""))), plain, "tools");
        page.Append("\n## Blocks of a user's message\n\n| type | verdict | what becomes of it |\n|---|---|---|\n");
        foreach (OpenAIParameter block in AnthropicParameters.Blocks)
        {
            string messages = $$"""[{"role":"user","content":[{"type":"text","text":"Hello"},{{block.Sample}}]}]""";
            Append(page, block, await TryAsync(gateway, With(new OpenAIParameter("messages", messages, ""))), plain, "content[1]");
        }

        page.Append("""

            ## Blocks of earlier answers

            `text` and `tool_use` go back as they are. `thinking` brings the signature of the call behind it back, or of the text; its words are
            left out, as are signatures of other providers. What tools of the server did goes back as text where it can be read (code, what it
            printed, fetched pages), and is reported where not (found places). A `tool_result` may hold text, pictures, documents and
            `search_result`; with `is_error` Gemini is told of an error.

            ## Failures

            | status | type | when |
            |---|---|---|
            | 400 | `invalid_request_error` | the request, or its prompt is blocked; `prompt is too long: N tokens > M maximum` |
            | 401, 403, 404, 413 | `authentication_error`, `permission_error`, `not_found_error`, `request_too_large` | as at Anthropic |
            | 429 | `rate_limit_error` | the caller's own limit, or no key has quota left; with `retry-after` |
            | 529 | `overloaded_error` | the model is overloaded, or the gateway; with `retry-after` |
            | 500, 502, 503, 504 | `api_error` | everything else |

            In a stream that has begun a failure is the event `error`, with `overloaded_error` or `rate_limit_error`: agents ask again after these.
            `count_tokens` is answered by Google without taking quota; the header `x-pollux-count` says `google`, or `estimate` where no key could ask.

            """);
        return page.ToString().ReplaceLineEndings("\n");
    }

    private static void Append(StringBuilder page, OpenAIParameter parameter, Trial tried, Trial plain, string? place = null) =>
        page.Append("| `").Append(parameter.Name).Append("` | ").Append(Verdict(place ?? parameter.Name, tried, plain)).Append(" | ").Append(parameter.Meaning).Append(" |\n");

    private static string Verdict(string place, Trial tried, Trial plain)
    {
        if (tried.Status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError)
        {
            Assert.Contains(place, tried.Shape, StringComparison.Ordinal); // who is refused is told why
            return "refused";
        }

        Assert.True(tried.Status == HttpStatusCode.OK, $"{place}: {tried.Status} {tried.Shape}");
        if (tried.Losses.Contains(place, StringComparison.Ordinal))
            return "reported";
        return tried.Upstream == plain.Upstream && tried.Shape == plain.Shape ? "accepted" : "carried";
    }

    private static JsonObject With(OpenAIParameter parameter)
    {
        JsonObject body = JsonNode.Parse(AnthropicParameters.Body)!.AsObject();
        body[parameter.Name] = JsonNode.Parse(parameter.Sample);
        if (parameter.Name == "tool_choice")
            body["tools"] = JsonNode.Parse(AnthropicParameters.Function);
        return body;
    }

    private static async Task<Trial> TryAsync(TestGateway gateway, JsonObject body)
    {
        int before = gateway.Upstream.Received.Requests.Count;
        using HttpResponseMessage response = await gateway.Client.SendAsync(Ask.Request("/v1/messages", body), TestContext.Current.CancellationToken);
        string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string losses = response.Headers.TryGetValues("x-pollux-losses", out IEnumerable<string>? values) ? string.Join(';', values) : "";
        ReceivedRequest? call = gateway.Upstream.Received.Requests.Skip(before).LastOrDefault(static received => received.Method == "POST");
        return new Trial(response.StatusCode, losses, call is null ? "" : call.Path + Encoding.UTF8.GetString(call.Body.Span), response.Content.Headers.ContentType?.MediaType + Changing().Replace(answer, ""));
    }

    [GeneratedRegex("msg_\\w+|call_\\w+|\"[a-z_]*tokens\":\\d+|\"request_id\":\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex Changing();

    private sealed record Trial(HttpStatusCode Status, string Losses, string Upstream, string Shape);
}
