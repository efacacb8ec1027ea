using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Access;
using Pollux.Endpoints;
using Pollux.Hosting;
using Pollux.Settings;

namespace Pollux.Tests.Architecture;

/// <summary>Every route of the gateway with the rule of who may call it. A new route needs a line here, and so a thought.</summary>
public sealed class RouteInventoryTests
{
    private static readonly string[] OpenAIPrefixes = ["", "/aistudio", "/aistudio/v1", "/hf/v1", "/openai/v1", "/v1", "/v1beta/openai", "/vertex", "/vertex-express/v1", "/vertex/v1"];
    private static readonly string[] AnthropicPrefixes = ["/aistudio/v1", "/anthropic/v1", "/v1", "/vertex-express/v1", "/vertex/v1"];
    private static readonly string[] NativePrefixes = ["/aistudio/v1beta", "/gemini/v1", "/gemini/v1alpha", "/gemini/v1beta", "/v1", "/v1alpha", "/v1beta", "/v1beta1", "/v2", "/vertex-express/v1beta", "/vertex-express/v1beta1", "/vertex/v1beta", "/vertex/v1beta1"];

    private static IEnumerable<string> Expected =>
    [
        "GET,HEAD / Public",
        "GET,HEAD /health Public",
        "GET,HEAD /healthz Public",
        "GET,HEAD /images/{name} Public", // the name is the credential
        "GET,HEAD /memory-images/{name} Public",
        "GET,HEAD /memory-media/{name} Public",
        "* {*path} Public", // not found
        .. OpenAIPrefixes.SelectMany(static prefix => new[]
        {
            $"POST {prefix}/chat/completions ModelRoute openai",
            $"POST {prefix}/completions ModelRoute openai",
            $"POST {prefix}/moderations ModelRoute openai", // says that there is none
            $"POST {prefix}/responses ModelRoute openai",
            $"POST {prefix}/responses/input_tokens ModelRoute openai",
            $"POST {prefix}/responses/compact ModelRoute openai", // says that there is none
            $"GET {prefix}/responses/{{id}} ModelList openai",
            $"DELETE {prefix}/responses/{{id}} ModelRoute openai",
            $"GET {prefix}/responses/{{id}}/input_items ModelList openai",
            $"POST {prefix}/responses/{{id}}/cancel ModelRoute openai",
            $"GET {prefix}/models ModelList openai",
            $"GET {prefix}/models/{{id}} ModelList openai",
            $"POST {prefix}/embeddings ModelRoute openai",
            $"POST {prefix}/audio/speech ModelRoute openai",
            $"POST {prefix}/audio/transcriptions ModelRoute openai",
            $"POST {prefix}/audio/translations ModelRoute openai",
            $"POST {prefix}/images/generations ModelRoute openai",
            $"POST {prefix}/images/edits ModelRoute openai",
            $"POST {prefix}/images/variations ModelRoute openai",
        }),
        .. AnthropicPrefixes.SelectMany(static prefix => new[]
        {
            $"POST {prefix}/messages ModelRoute anthropic",
            $"POST {prefix}/messages/count_tokens ModelList anthropic", // agents count before each turn
        }),
        "GET /anthropic/v1/models ModelList anthropic",
        "GET /anthropic/v1/models/{id} ModelList anthropic",
        "POST /xai/v1/chat/completions XaiRoute openai", // a key of xAI that the caller brings along opens these too, and goes to xAI alone
        "POST /xai/v1/images/generations XaiRoute openai",
        "POST /xai/v1/images/edits XaiRoute openai",
        "GET /xai/v1/models XaiList openai",
        "GET /xai/v1/models/{id} XaiList openai",
        "POST /api/vector/query ModelRoute openai",
        "POST /api/vector/insert ModelRoute openai",
        .. NativePrefixes.Select(static prefix => $"POST {prefix}/{{**path}} ModelRoute gemini"),
        .. NativePrefixes.Where(static prefix => !IsVertex(prefix)).SelectMany(static prefix => new[]
        {
            $"GET {prefix}/{{**path}} ModelList gemini", // clients ask again and again whether something is ready
            $"PATCH,PUT,DELETE {prefix}/{{**path}} ModelRoute gemini",
        }),
        .. NativePrefixes.Where(static prefix => prefix != "/v1").SelectMany(static prefix => new[]
        {
            $"GET {prefix}/models ModelList gemini",
            $"GET {prefix}/models/{{id}} ModelList gemini",
        }),
        .. NativePrefixes.Where(static prefix => prefix != "/v1" && !IsVertex(prefix)).SelectMany(static prefix => new[]
        {
            $"POST {prefix}/files ModelRoute gemini",
            $"GET {prefix}/files ModelList gemini", // clients ask again and again whether a file is ready
            $"GET {prefix}/files/{{id}} ModelList gemini",
            $"DELETE {prefix}/files/{{id}} ModelRoute gemini",
        }),
        .. NativePrefixes.Where(static prefix => !IsVertex(prefix)).Select(static prefix => $"POST {(prefix.StartsWith("/gemini", StringComparison.Ordinal) ? prefix.Insert(7, "/upload") : "/upload" + prefix)}/files ModelRoute gemini"),
        "GET /ws/{service} LiveRoute gemini",
        "GET /gemini/ws/{service} LiveRoute gemini",
        .. NativePrefixes.Where(static prefix => !IsVertex(prefix)).Select(static prefix => $"POST {prefix}/auth_tokens ModelRoute gemini"),
        .. NativePrefixes.Where(static prefix => !IsVertex(prefix)).Select(static prefix => $"POST {(prefix.StartsWith("/gemini", StringComparison.Ordinal) ? prefix.Insert(7, "/upload") : "/upload" + prefix)}/{{**path}} ModelRoute gemini"),
        "POST,PUT /upload/session/{id} KnownAddress gemini", // the id is the credential
    ];

    private static bool IsVertex(string prefix) => prefix == "/v1beta1" || prefix.StartsWith("/vertex", StringComparison.Ordinal); // keeps no files

    [Fact]
    public async Task Every_route_stands_in_the_table_with_its_rule_and_dialect()
    {
        await using WebApplication app = Build();

        IEnumerable<string> routes = Routes(app).Select(Describe);

        Assert.Equal(Expected.Order(StringComparer.Ordinal), routes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_route_declares_exactly_one_rule()
    {
        await using WebApplication app = Build();

        Assert.All(Routes(app), static route => Assert.Single(route.Metadata.OfType<AccessMetadata>()));
    }

    [Fact]
    public async Task A_route_that_declares_no_rule_is_closed()
    {
        await using WebApplication app = Build();
        app.MapGet("/undeclared", static () => "open");
        RouteEndpoint undeclared = Routes(app).Single(static route => route.RoutePattern.RawText == "/undeclared");
        var http = new DefaultHttpContext { RequestServices = app.Services };
        http.SetEndpoint(undeclared);

        AccessDecision decision = app.Services.GetRequiredService<AccessGate>().Admit(http);

        Assert.Equal(StatusCodes.Status403Forbidden, decision.Refusal?.Status);
    }

    private static WebApplication Build()
    {
        var source = new SettingSource(
            new Dictionary<string, string> { ["PORT"] = "0", ["PASSWORD"] = "password-of-this-test", ["DATA_DIR"] = Path.GetTempPath(), ["LOG_DIR"] = Path.GetTempPath(), ["KEY_STORAGE_MODE"] = "memory" }, dotEnv: null);
        return Gateway.Build(SettingsLoader.Load(source));
    }

    private static IEnumerable<RouteEndpoint> Routes(WebApplication app) =>
        ((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints).Cast<RouteEndpoint>();

    private static string Describe(RouteEndpoint route)
    {
        IReadOnlyList<string> methods = route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"];
        string rule = route.Metadata.GetMetadata<AccessMetadata>()?.Rule.ToString() ?? "NO RULE";
        string dialect = route.Metadata.GetMetadata<DialectMetadata>()?.Name ?? "";
        return $"{string.Join(',', methods)} {route.RoutePattern.RawText} {rule} {dialect}".TrimEnd();
    }
}
