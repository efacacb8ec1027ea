using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>What anybody may see without a credential, and what nobody finds.</summary>
public sealed partial class StatusTests
{
    private static readonly Dictionary<string, string> NoKey = new() { ["GEMINI_API_KEYS"] = "" };

    [Theory]
    [InlineData("/health", "GET")]
    [InlineData("/health", "HEAD")]
    [InlineData("/healthz", "GET")]
    [InlineData("/healthz", "HEAD")]
    public async Task The_probe_answers_without_credential_and_without_key(string path, string method)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: NoKey);
        using HttpResponseMessage response = await SendAsync(gateway, method, path);

        Assert.Equal((HttpStatusCode.OK, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal(method == "HEAD" ? "" : "{\"status\":\"healthy\"}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_page_tells_counts_and_limits_and_no_secret()
    {
        await using TestGateway gateway = await new RequestLines().StartAsync(
            settings: new Dictionary<string, string> { ["MAX_REQUESTS_PER_MINUTE"] = "77", ["MAX_REQUESTS_PER_DAY_PER_IP"] = "0", ["INVALID_API_KEYS"] = "AQ.known-to-be-bad-0000000000000000001" });
        using HttpResponseMessage response = await SendAsync(gateway, "GET", "/");
        string page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains("<th scope=\"row\">State</th><td>ready</td>", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">Keys usable</th><td>1 of 2</td>", page, StringComparison.Ordinal);
        Assert.Contains("minute and address</th><td>77</td>", page, StringComparison.Ordinal);
        Assert.Contains("day and address</th><td>none</td>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("AQ.", page, StringComparison.Ordinal);
        Assert.DoesNotContain(TestGateway.Password, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HEAD_tells_of_the_page_what_GET_does()
    {
        await using TestGateway gateway = await new RequestLines().StartAsync();
        using HttpResponseMessage get = await SendAsync(gateway, "GET", "/");
        using HttpResponseMessage head = await SendAsync(gateway, "HEAD", "/");

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_page_runs_no_script_and_its_own_style_alone()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using HttpResponseMessage response = await SendAsync(gateway, "GET", "/");
        string page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();

        string style = StyleElement().Match(page).Groups["text"].Value;
        Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'", policy, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Without_a_key_the_page_says_what_to_do()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: NoKey);
        using HttpResponseMessage response = await SendAsync(gateway, "GET", "/");
        string page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Not ready", page, StringComparison.Ordinal);
        Assert.Contains("set GEMINI_API_KEYS", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_public_mode_the_page_tells_little()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["PUBLIC_MODE"] = "true" });
        using HttpResponseMessage response = await SendAsync(gateway, "GET", "/");
        string page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains(">Ready<", page, StringComparison.Ordinal);
        foreach (string kept in (string[])["Keys usable", "Models", "Requests per"])
            Assert.DoesNotContain(kept, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nothing", "openai")]
    [InlineData("/v1/nothing", "openai")]
    [InlineData("/hf/v1/nothing", "openai")]
    [InlineData("/v1beta/openai/nothing", "openai")]
    [InlineData("/V1BETA/openai/nothing", "openai")]
    [InlineData("/v1beta/nothing", "gemini")]
    [InlineData("/V1Beta/nothing", "gemini")]
    [InlineData("/v1alpha/nothing", "gemini")]
    [InlineData("/v2/nothing", "gemini")]
    [InlineData("/gemini/v1beta/nothing", "gemini")]
    [InlineData("/upload/v1beta/nothing", "gemini")]
    [InlineData("/elsewhere/models/gemini-3.5-flash:generateContent", "gemini")]
    [InlineData("/elsewhere/models/gemini-3.5-flash:streamGenerateContent", "gemini")]
    [InlineData("/v1betamax/nothing", "openai")]
    public async Task An_unknown_path_is_refused_in_the_dialect_it_looks_like(string path, string dialect)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: NoKey);
        using HttpResponseMessage response = await SendAsync(gateway, "GET", path);
        JsonNode error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        if (dialect == "gemini")
            Assert.Equal((404, "NOT_FOUND"), (error["code"]!.GetValue<int>(), error["status"]!.GetValue<string>()));
        else
            Assert.Equal(("not_found", "invalid_request_error"), (error["code"]!.GetValue<string>(), error["type"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("/", "POST")]
    [InlineData("/health", "DELETE")]
    public async Task A_wrong_method_is_told_the_right_ones(string path, string method)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: NoKey);
        using HttpResponseMessage response = await SendAsync(gateway, method, path);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow.Order(StringComparer.Ordinal));
    }

    /// <summary>Asks as somebody without a credential.</summary>
    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Authorization", " "); // stands in for the client's own
        return await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("<style>(?<text>.*?)</style>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StyleElement();
}
