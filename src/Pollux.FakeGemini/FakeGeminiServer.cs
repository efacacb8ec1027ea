using System.Net;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Files;
using Pollux.FakeGemini.Live;
using Pollux.FakeGemini.Resources;
using Pollux.FakeGemini.Serving;
using Pollux.FakeGemini.Validation;
using Pollux.FakeGemini.Vertex;
using Pollux.FakeGemini.Xai;

namespace Pollux.FakeGemini;

/// <summary>
/// A Gemini API on a real socket: strict like Google's, scripted for each test, with a log of what it received. Projects,
/// keys, quotas and script may be changed while requests run. Thread-safe.
/// </summary>
public sealed class FakeGeminiServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly KeyGate _keys;
    private readonly ModelList _models;
    private readonly QuotaClock _clock;
    private readonly SignatureMint _signatures;
    private readonly KeyGate _expressKeys;
    private readonly TokenService _tokens;
    private readonly XaiService _xai;
    private readonly CompatibleService _compatible;

    private FakeGeminiServer(FakeGeminiOptions options)
    {
        _clock = new QuotaClock(options.TimeProvider, options.QuotaMinute);
        _keys = new KeyGate(new FakeProject("100000000000", FakeTier.Paid, _clock));
        _expressKeys = new KeyGate(new FakeProject("100000000009", FakeTier.Paid, _clock));
        _tokens = new TokenService(options.TimeProvider, () => BaseAddress);
        _models = new ModelList(options.Models);
        _xai = new XaiService(Script, () => BaseAddress);
        _compatible = new CompatibleService(Script);
        Received = new ReceivedLog(options.ReceivedCapacity);
        Files = new FakeFiles(options.TimeProvider);
        Resources = new FakeResources(options.TimeProvider);
        ResourcesService resources = new(Resources, Files, _models, new InteractionService(Resources, _models));

        // Everything random follows from the seed, and none of it guards anything.
#pragma warning disable CA5394
        Random random = new(options.Seed);
        IdSource ids = new(new Random(random.Next()));
#pragma warning restore CA5394
        _signatures = new SignatureMint(random, options.TiesSignaturesToProjects);
        RequestValidator? validator = options.Strict
            ? new RequestValidator(new JsonSchemaRules(options.RefusesUnverifiedSchemaKeywords), options.ChecksSignatures ? _signatures : null)
            : null;
        GeminiService service = new(
            options,
            new RequestReader(Received, options.TimeProvider, options.MaxBodyBytes),
            new ReplySender(options.TimeProvider, options.Latency),
            _keys,
            _models,
            Script,
            validator,
            ids,
            _signatures,
            Files,
            Resources,
            resources,
            new VertexGate(_tokens, _expressKeys),
            _tokens,
            _xai,
            _compatible);
        FilesService files = new(Files, Resources, resources, _keys, Received, options.TimeProvider, () => BaseAddress);
        Live = new FakeLive(options.TimeProvider);
        LiveService live = new(Live, _keys, _models, Received, options.TimeProvider);
        _application = Build(options);
        _application.UseWebSockets();
        _application.Run(http => FilesService.Serves(http.Request.Path) ? files.HandleAsync(http) : LiveService.Serves(http.Request.Path) ? live.HandleAsync(http) : service.HandleAsync(http));
    }

    /// <summary>Address without path, such as <c>http://127.0.0.1:8787/</c>; clients add <c>v1beta/...</c>.</summary>
    public Uri BaseAddress { get; private set; } = new("http://127.0.0.1/");

    /// <summary>What to answer instead of the fake's own mind.</summary>
    public FakeScript Script { get; } = new();

    /// <summary>The files of all projects.</summary>
    public FakeFiles Files { get; }

    /// <summary>The Live API.</summary>
    public FakeLive Live { get; }

    /// <summary>What else lives in the projects.</summary>
    public FakeResources Resources { get; }

    /// <summary>What came in.</summary>
    public ReceivedLog Received { get; }

    /// <summary>Starts listening.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="InvalidOperationException">The system has no time zone data.</exception>
    public static async Task<FakeGeminiServer> StartAsync(FakeGeminiOptions options, CancellationToken cancellation)
    {
        FakeGeminiServer server = new(options);
        try
        {
            await server._application.StartAsync(cancellation);
        }
        catch
        {
            await server._application.DisposeAsync();
            throw;
        }

        server.BaseAddress = new Uri(server._application.Urls.First());
        return server;
    }

    /// <summary>Starts listening with the default options on a free port of the loopback address.</summary>
    public static Task<FakeGeminiServer> StartAsync(CancellationToken cancellation) => StartAsync(new FakeGeminiOptions(), cancellation);

    /// <summary>A project with unlimited quota until <see cref="FakeProject.SetQuota"/> says otherwise.</summary>
    /// <param name="number">The project's number, as it stands in error messages.</param>
    /// <param name="tier">Free or paid; decides the names of limits.</param>
    public FakeProject AddProject(string number, FakeTier tier = FakeTier.Free) => new(number, tier, _clock);

    /// <summary>
    /// Makes a key valid. Without a project it belongs to one shared, paid, unlimited project. A key that is known already is
    /// returned as it is.
    /// </summary>
    public FakeKey AddKey(string key, FakeProject? project = null) => _keys.Add(key, project);

    /// <summary>Makes a key of Vertex AI's express mode valid.</summary>
    public FakeKey AddExpressKey(string key, FakeProject? project = null) => _expressKeys.Add(key, project);

    /// <summary>Makes a key of xAI valid; it is found at <c>xai/v1</c>.</summary>
    public void AddXaiKey(string key, FakeXaiKeyState state = FakeXaiKeyState.Valid) => _xai.Set(key, state);

    /// <summary>Makes a key of the plain stand-in of OpenAI's API valid; it is found at <c>compatible/v1</c>.</summary>
    public void AddCompatibleKey(string key) => _compatible.Add(key);

    /// <summary>Makes a service account of Vertex AI.</summary>
    /// <param name="projectId">Its project.</param>
    /// <param name="name">What stands before the at sign of its mail address.</param>
    public FakeServiceAccount AddServiceAccount(string projectId, string name = "pollux")
    {
        FakeServiceAccount account = new(projectId, $"{name}@{projectId}.iam.gserviceaccount.com", AddProject(projectId, FakeTier.Paid), BaseAddress + "token");
        _tokens.Add(account);
        return account;
    }

    /// <summary>How long access tokens live.</summary>
    public TimeSpan TokenLife
    {
        get => _tokens.Life;
        set => _tokens.Life = value;
    }

    /// <summary>No access token given so far is good any more.</summary>
    public void RevokeTokens() => _tokens.RevokeAll();

    /// <summary>Serves one more model, or replaces the rules of one.</summary>
    public void AddModel(FakeModel model) => _models.Add(model);

    /// <summary>Makes a thought signature of elsewhere valid, such as one of a recorded answer.</summary>
    public void RegisterSignature(string signature) => _signatures.Register(signature);

    /// <summary>Stops at once; answers that are still held open are cut.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }

    private static WebApplication Build(FakeGeminiOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseSockets(static sockets =>
        {
            // A flush ends only when the socket has the bytes, so a reset after an event never takes the event back.
            sockets.MaxWriteBufferSize = 2;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(new IPEndPoint(options.Address, options.Port), listen =>
            {
                if (options.Certificate is { } certificate) listen.UseHttps(certificate);
            });
        });
        return builder.Build();
    }
}
