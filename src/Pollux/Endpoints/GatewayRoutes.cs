using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;
using Pollux.Access;
using Pollux.Endpoints.Dialects;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Pictures;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>Every route of the gateway, each with its access rule and dialect.</summary>
internal static class GatewayRoutes
{
    /// <summary>Where OpenAI's API is found; the empty prefix and the others are what predecessors' users have configured.</summary>
    private static readonly (string Prefix, CredentialKinds Side)[] OpenAIPrefixes =
    [
        ("/v1", CredentialKinds.None), ("/hf/v1", CredentialKinds.None), ("/openai/v1", CredentialKinds.None), ("", CredentialKinds.None), ("/v1beta/openai", CredentialKinds.None),
        ("/aistudio", CredentialKinds.GeminiApiKey), ("/aistudio/v1", CredentialKinds.GeminiApiKey),
        ("/vertex", CredentialKinds.VertexServiceAccount), ("/vertex/v1", CredentialKinds.VertexServiceAccount),
        ("/vertex-express/v1", CredentialKinds.VertexExpressKey),
    ];

    /// <summary>Where Anthropic's API is found.</summary>
    private static readonly (string Prefix, CredentialKinds Side)[] AnthropicPrefixes =
    [
        ("/v1", CredentialKinds.None), ("/anthropic/v1", CredentialKinds.None),
        ("/aistudio/v1", CredentialKinds.GeminiApiKey), ("/vertex/v1", CredentialKinds.VertexServiceAccount), ("/vertex-express/v1", CredentialKinds.VertexExpressKey),
    ];

    /// <summary>Where Gemini's API is found, with the version that is asked of the upstream.</summary>
    private static readonly (string Prefix, string Version, CredentialKinds Side)[] NativePrefixes =
    [
        ("/v1beta", "v1beta", CredentialKinds.None), ("/v1", "v1", CredentialKinds.None), ("/v1alpha", "v1alpha", CredentialKinds.None),
        ("/gemini/v1beta", "v1beta", CredentialKinds.None), ("/gemini/v1", "v1", CredentialKinds.None), ("/gemini/v1alpha", "v1alpha", CredentialKinds.None),
        ("/v2", "v1beta", CredentialKinds.None),
        ("/aistudio/v1beta", "v1beta", CredentialKinds.GeminiApiKey),
        ("/vertex/v1beta", "v1beta", CredentialKinds.VertexServiceAccount), ("/vertex/v1beta1", "v1beta", CredentialKinds.VertexServiceAccount),
        ("/vertex-express/v1beta", "v1beta", CredentialKinds.VertexExpressKey), ("/vertex-express/v1beta1", "v1beta", CredentialKinds.VertexExpressKey),
        ("/v1beta1", "v1beta", ModelSides.Vertex), // Google's client libraries ask for it in Vertex mode, behind whatever base address they are given
    ];

    /// <summary>Where what Google keeps is found: Vertex AI has other resources.</summary>
    private static IEnumerable<(string Prefix, string Version)> ResourcePrefixes =>
        NativePrefixes.Where(static one => one.Side is CredentialKinds.None or CredentialKinds.GeminiApiKey).Select(static one => (one.Prefix, one.Version));

    /// <summary>Maps them all.</summary>
    public static void MapGateway(this WebApplication app)
    {
        MapStatus(app);
        MapOpenAI(app);
        MapAnthropic(app);
        MapXai(app);
        MapVectors(app);
        MapNative(app);
        MapFiles(app);
        MapLive(app);
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
        var generation = app.Services.GetRequiredService<GenerationEndpoint>();
        var chat = app.Services.GetRequiredService<ChatDialect>();
        var completions = app.Services.GetRequiredService<CompletionsDialect>();
        var responses = app.Services.GetRequiredService<ResponsesEndpoint>();
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        var embeddings = app.Services.GetRequiredService<EmbeddingsEndpoint>();
        var speech = app.Services.GetRequiredService<SpeechEndpoint>();
        var transcription = app.Services.GetRequiredService<TranscriptionEndpoint>();
        var images = app.Services.GetRequiredService<ImagesEndpoint>();
        bool passes = app.Services.GetRequiredService<SettingsHolder>().Current.Generation.OpenAIPassthrough;
        if (passes)
            MapPassthrough(app);
        foreach ((string prefix, CredentialKinds side) in OpenAIPrefixes)
        {
            if (passes && prefix == OpenAIPassthroughEndpoint.Prefix)
                continue;
            app.MapPost(prefix + "/images/generations", On(side, images.GenerateAsync)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/images/edits", On(side, images.EditAsync)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/images/variations", ImagesEndpoint.RefuseVariationsAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/embeddings", On(side, embeddings.InvokeAsync)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/audio/speech", On(side, speech.InvokeAsync)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/audio/transcriptions", On(side, transcription.TranscribeAsync)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/audio/translations", On(side, transcription.TranslateAsync)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/chat/completions", On(side, http => generation.InvokeAsync(http, chat))).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/completions", On(side, http => generation.InvokeAsync(http, completions))).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            app.MapPost(prefix + "/moderations", OpenAIReplies.RefuseModerationAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
            MapResponses(app, responses, prefix, side);
            app.MapGet(prefix + "/models", On(side, models.ListOpenAIAsync)).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Shared);
            app.MapGet(prefix + "/models/{id}", On(side, models.GetOpenAIAsync)).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Shared);
        }
    }

    /// <summary>Responses, and those that are kept; looking at them is not counted.</summary>
    private static void MapResponses(WebApplication app, ResponsesEndpoint responses, string prefix, CredentialKinds side)
    {
        app.MapPost(prefix + "/responses", On(side, responses.CreateAsync)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
        app.MapPost(prefix + "/responses/input_tokens", On(side, responses.CountAsync)).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
        app.MapPost(prefix + "/responses/compact", ResponsesEndpoint.RefuseCompactionAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
        app.MapGet(prefix + "/responses/{id}", responses.GetAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.OpenAI);
        app.MapDelete(prefix + "/responses/{id}", responses.DeleteAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
        app.MapGet(prefix + "/responses/{id}/input_items", responses.ListInputAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.OpenAI);
        app.MapPost(prefix + "/responses/{id}/cancel", responses.CancelAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.OpenAI);
    }

    /// <summary>Anthropic's messages. Lists of models stand beside OpenAI's, which a header tells apart, but below <c>/anthropic</c>.</summary>
    private static void MapAnthropic(WebApplication app)
    {
        var generation = app.Services.GetRequiredService<GenerationEndpoint>();
        var messages = app.Services.GetRequiredService<MessagesDialect>();
        var count = app.Services.GetRequiredService<TokenCountEndpoint>();
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        foreach ((string prefix, CredentialKinds side) in AnthropicPrefixes)
        {
            app.MapPost(prefix + "/messages", On(side, http => generation.InvokeAsync(http, messages))).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Anthropic);
            app.MapPost(prefix + "/messages/count_tokens", On(side, http => count.InvokeAsync(http, MessagesDialect.Counting, static (tokens, json) => json.WriteNumber("input_tokens"u8, tokens)))).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Anthropic); // agents count before each turn
        }

        app.MapGet("/anthropic/v1/models", models.ListAnthropicAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Anthropic);
        app.MapGet("/anthropic/v1/models/{id}", models.GetAnthropicAsync).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Anthropic);
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

    private static void MapXai(WebApplication app)
    {
        const string Prefix = XaiEndpoint.Prefix;
        var xai = app.Services.GetRequiredService<XaiEndpoint>();
        foreach (string path in XaiEndpoint.Posts)
            app.MapPost($"{Prefix}/{path}", http => xai.PostAsync(http, path)).WithAccess(AccessRule.XaiRoute).WithDialect(DialectMetadata.OpenAI);
        app.MapGet(Prefix + "/models", xai.GetModelsAsync).WithAccess(AccessRule.XaiList).WithDialect(DialectMetadata.OpenAI);
        app.MapGet(Prefix + "/models/{id}", xai.GetModelsAsync).WithAccess(AccessRule.XaiList).WithDialect(DialectMetadata.OpenAI);
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
        foreach ((string prefix, string version, CredentialKinds side) in NativePrefixes)
        {
            RoutePattern pattern = prefix == "/v1"
                ? RoutePatternFactory.Parse("/v1/{**path}", defaults: null, parameterPolicies: new { path = new NativePathConstraint() }) // the rest of /v1 is OpenAI's
                : RoutePatternFactory.Parse(prefix + "/{**path}");
            app.Map(pattern, On(side, native.InvokeAsync)).WithMetadata(new HttpMethodMetadata([HttpMethods.Post])).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
            if (prefix == "/v1")
                continue; // there the model list is OpenAI's

            app.MapGet(prefix + "/models", On(side, models.ListNativeAsync)).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini);
            app.MapGet(prefix + "/models/{id}", On(side, models.GetNativeAsync)).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini);
        }

        foreach ((string prefix, string version) in ResourcePrefixes)
        {
            app.Map(ResourcePattern(prefix, reads: true), resources.InvokeAsync).WithMetadata(new HttpMethodMetadata([HttpMethods.Get])).WithAccess(AccessRule.ModelList).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version)); // clients ask again and again whether something is ready
            app.Map(ResourcePattern(prefix, reads: false), resources.InvokeAsync).WithMetadata(new HttpMethodMetadata([HttpMethods.Patch, HttpMethods.Put, HttpMethods.Delete])).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
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
        foreach ((string prefix, string version) in ResourcePrefixes)
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

        app.MapMethods($"/{FilesEndpoint.SessionPath}/{{id}}", [HttpMethods.Post, HttpMethods.Put], files.ContinueAsync).WithAccess(AccessRule.KnownAddress).WithDialect(DialectMetadata.Gemini);
    }

    /// <summary>The Live API. Clients put <c>/ws</c> behind the base address that they are given, so it is found below both prefixes of Gemini's API.</summary>
    private static void MapLive(WebApplication app)
    {
        var live = app.Services.GetRequiredService<LiveEndpoint>();
        app.MapGet("/ws/{service}", live.ConnectAsync).WithAccess(AccessRule.LiveRoute).WithDialect(DialectMetadata.Gemini);
        app.MapGet("/gemini/ws/{service}", live.ConnectAsync).WithAccess(AccessRule.LiveRoute).WithDialect(DialectMetadata.Gemini);
        foreach ((string prefix, string version) in ResourcePrefixes)
            app.MapPost(prefix + "/auth_tokens", live.MakeTokenAsync).WithAccess(AccessRule.ModelRoute).WithDialect(DialectMetadata.Gemini).WithMetadata(new NativeVersion(version));
    }

    /// <summary>Public: the name of a picture is its own credential, and a client that shows Markdown sends no other.</summary>
    private static void MapPictures(WebApplication app)
    {
        var pictures = app.Services.GetRequiredService<PicturesEndpoint>();
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        foreach (string path in PictureLinks.Paths)
            app.MapMethods($"/{path}/{{name}}", methods, pictures.GetAsync).WithAccess(AccessRule.Public);
    }

    /// <summary>A route that forces who serves says so in the request's record.</summary>
    private static RequestDelegate On(CredentialKinds side, RequestDelegate next) => side == CredentialKinds.None
        ? next
        : http =>
        {
            http.Features.GetRequiredFeature<RequestRecord>().Side = side;
            return next(http);
        };

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
