using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>Every route of the gateway, each with its access rule and dialect.</summary>
internal static class GatewayRoutes
{
    /// <summary>Where OpenAI's API is found; the empty prefix and the others are what predecessors' users have configured.</summary>
    private static readonly string[] OpenAIPrefixes = ["/v1", "/hf/v1", "/openai/v1", "/aistudio", "", "/v1beta/openai"];

    /// <summary>Where Gemini's API is found, with the version that is asked of the upstream.</summary>
    private static readonly (string Prefix, string Version)[] NativePrefixes =
    [
        ("/v1beta", "v1beta"), ("/v1", "v1"), ("/v1alpha", "v1alpha"),
        ("/gemini/v1beta", "v1beta"), ("/gemini/v1", "v1"), ("/gemini/v1alpha", "v1alpha"),
        ("/v2", "v1beta"),
    ];

    /// <summary>Maps them all.</summary>
    public static void MapGateway(this WebApplication app)
    {
        MapStatus(app);
        MapOpenAI(app);
        MapNative(app);
        app.MapFallback(NotFoundAsync).WithAccess(AccessRule.Public);
    }

    private static void MapStatus(WebApplication app)
    {
        var status = app.Services.GetRequiredService<StatusEndpoint>();
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        app.MapMethods("/", methods, status.PageAsync).WithAccess(AccessRule.Public);
        app.MapMethods("/health", methods, StatusEndpoint.HealthAsync).WithAccess(AccessRule.Public);
        app.MapMethods("/healthz", methods, StatusEndpoint.HealthAsync).WithAccess(AccessRule.Public);
    }

    private static void MapOpenAI(WebApplication app)
    {
        var chat = app.Services.GetRequiredService<ChatCompletionsEndpoint>();
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        foreach (string prefix in OpenAIPrefixes)
        {
            app.MapPost(prefix + "/chat/completions", chat.InvokeAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapGet(prefix + "/models", models.ListOpenAIAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.OpenAI);
            app.MapGet(prefix + "/models/{id}", models.GetOpenAIAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.OpenAI);
        }
    }

    private static void MapNative(WebApplication app)
    {
        var native = app.Services.GetRequiredService<NativeEndpoint>();
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        foreach ((string prefix, string version) in NativePrefixes)
        {
            app.MapPost(prefix + "/{**path}", native.InvokeAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            if (prefix == "/v1")
                continue; // there the model list is OpenAI's

            app.MapGet(prefix + "/models", models.ListNativeAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini);
            app.MapGet(prefix + "/models/{id}", models.GetNativeAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini);
        }
    }

    private static TBuilder WithDialect<TBuilder>(this TBuilder builder, DialectMetadata dialect)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(dialect, dialect.Errors);

    private static async Task NotFoundAsync(HttpContext http)
    {
        http.Features.GetRequiredFeature<RequestRecord>().FaultOwner = "Client";
        var error = new GatewayError(404, GatewayErrorKind.NotFound, $"This gateway does not serve {http.Request.Method} {http.Request.Path}.");
        await DialectOf.Errors(http).WriteAsync(http, error, http.RequestAborted);
    }
}
