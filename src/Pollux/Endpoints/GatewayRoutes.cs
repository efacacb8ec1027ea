using Microsoft.AspNetCore.Routing.Patterns;
using Pollux.Access;
using Pollux.Pictures;
using Pollux.Settings;

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
        MapVectors(app);
        MapNative(app);
        MapFiles(app);
        MapPictures(app);
        app.MapFallback("{*path}", NotFoundAsync).WithAccess(AccessRule.Public); // all paths: the usual pattern leaves out those with a dot
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
        var embeddings = app.Services.GetRequiredService<EmbeddingsEndpoint>();
        var speech = app.Services.GetRequiredService<SpeechEndpoint>();
        var transcription = app.Services.GetRequiredService<TranscriptionEndpoint>();
        var images = app.Services.GetRequiredService<ImagesEndpoint>();
        bool passes = app.Services.GetRequiredService<SettingsHolder>().Current.Generation.OpenAIPassthrough;
        if (passes)
            MapPassthrough(app);
        foreach (string prefix in OpenAIPrefixes)
        {
            if (passes && prefix == OpenAIPassthroughEndpoint.Prefix)
                continue;
            app.MapPost(prefix + "/images/generations", images.GenerateAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/images/edits", images.EditAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/images/variations", ImagesEndpoint.RefuseVariationsAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/embeddings", embeddings.InvokeAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/audio/speech", speech.InvokeAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/audio/transcriptions", transcription.TranscribeAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/audio/translations", transcription.TranslateAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/chat/completions", chat.InvokeAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapGet(prefix + "/models", models.ListOpenAIAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.OpenAI);
            app.MapGet(prefix + "/models/{id}", models.GetOpenAIAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.OpenAI);
        }
    }

    private static void MapPassthrough(WebApplication app)
    {
        const string Prefix = OpenAIPassthroughEndpoint.Prefix;
        var passthrough = app.Services.GetRequiredService<OpenAIPassthroughEndpoint>();
        foreach (string path in OpenAIPassthroughEndpoint.Posts)
            app.MapPost($"{Prefix}/{path}", http => passthrough.PostAsync(http, path)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
        foreach (string path in OpenAIPassthroughEndpoint.Missing)
            app.MapPost($"{Prefix}/{path}", http => OpenAIPassthroughEndpoint.RefuseAsync(http, path)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
        app.MapGet(Prefix + "/models", passthrough.GetModelsAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.OpenAI);
        app.MapGet(Prefix + "/models/{id}", passthrough.GetModelsAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.OpenAI);
    }

    /// <summary>What the vector plug-in of a chat client asks for.</summary>
    private static void MapVectors(WebApplication app)
    {
        var embeddings = app.Services.GetRequiredService<EmbeddingsEndpoint>();
        app.MapPost("/api/vector/query", embeddings.QueryAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
        app.MapPost("/api/vector/insert", embeddings.InsertAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
    }

    private static void MapNative(WebApplication app)
    {
        var native = app.Services.GetRequiredService<NativeEndpoint>();
        var resources = app.Services.GetRequiredService<ResourcesEndpoint>();
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        foreach ((string prefix, string version) in NativePrefixes)
        {
            RoutePattern pattern = prefix == "/v1"
                ? RoutePatternFactory.Parse("/v1/{**path}", defaults: null, parameterPolicies: new { path = new NativePathConstraint() }) // the rest of /v1 is OpenAI's
                : RoutePatternFactory.Parse(prefix + "/{**path}");
            app.Map(pattern, native.InvokeAsync).WithMetadata(new HttpMethodMetadata([HttpMethods.Post])).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            app.Map(ResourcePattern(prefix, reads: true), resources.InvokeAsync).WithMetadata(new HttpMethodMetadata([HttpMethods.Get])).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version)); // clients ask again and again whether something is ready
            app.Map(ResourcePattern(prefix, reads: false), resources.InvokeAsync).WithMetadata(new HttpMethodMetadata([HttpMethods.Patch, HttpMethods.Put, HttpMethods.Delete])).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            if (prefix == "/v1")
                continue; // there the model list is OpenAI's

            app.MapGet(prefix + "/models", models.ListNativeAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini);
            app.MapGet(prefix + "/models/{id}", models.GetNativeAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini);
        }
    }

    private static RoutePattern ResourcePattern(string prefix, bool reads) =>
        RoutePatternFactory.Parse(prefix + "/{**path}", defaults: null, parameterPolicies: new { path = new ResourcePathConstraint(reads, isShared: prefix == "/v1") });

    /// <summary>
    /// Files of callers. Looking at them is not counted, since clients ask again and again whether one is ready. Who goes on with an
    /// upload has its id, which nobody can guess; as at Google no other credential is needed.
    /// </summary>
    private static void MapFiles(WebApplication app)
    {
        var files = app.Services.GetRequiredService<FilesEndpoint>();
        foreach ((string prefix, string version) in NativePrefixes)
        {
            string upload = prefix.StartsWith("/gemini", StringComparison.Ordinal) ? prefix.Insert("/gemini".Length, "/upload") : "/upload" + prefix;
            app.MapPost(upload + "/files", files.UploadAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            app.MapPost(upload + "/{**path}", files.UploadIntoAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            if (prefix == "/v1")
                continue; // there files are OpenAI's

            app.MapPost(prefix + "/files", files.DescribeAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            app.MapGet(prefix + "/files", files.ListAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            app.MapGet(prefix + "/files/{id}", files.GetAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            app.MapDelete(prefix + "/files/{id}", files.DeleteAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
        }

        app.MapMethods($"/{FilesEndpoint.SessionPath}/{{id}}", [HttpMethods.Post, HttpMethods.Put], files.ContinueAsync).WithAccess(AccessRule.Public).WithDialect(DialectMetadata.Gemini);
    }

    /// <summary>Public: the name of a picture is its own credential, and a client that shows Markdown sends no other.</summary>
    private static void MapPictures(WebApplication app)
    {
        var pictures = app.Services.GetRequiredService<PicturesEndpoint>();
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        foreach (string path in PictureLinks.Paths)
            app.MapMethods($"/{path}/{{name}}", methods, pictures.GetAsync).WithAccess(AccessRule.Public);
    }

    private static TBuilder WithDialect<TBuilder>(this TBuilder builder, DialectMetadata dialect)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(dialect, dialect.Errors);

    private static async Task NotFoundAsync(HttpContext http)
    {
        var error = new GatewayError(404, GatewayErrorKind.NotFound, $"This gateway does not serve {http.Request.Method} {http.Request.Path}.");
        if (new KnownPaths(http.RequestServices.GetRequiredService<EndpointDataSource>()).MethodsOf(http.Request.Path) is { Count: > 0 } methods)
        {
            string allowed = string.Join(", ", methods);
            http.Response.Headers.Allow = allowed;
            error = new GatewayError(405, GatewayErrorKind.MethodNotAllowed, $"{http.Request.Path} takes {allowed}, not {http.Request.Method}.");
        }

        await DialectOf.Errors(http).WriteAsync(http, error, http.RequestAborted);
    }
}
