using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pollux.Access;

namespace Pollux.Tests.Access;

public sealed class AccessMiddlewareTests
{
    private static readonly AccessOptions Options = new()
    {
        Passwords = [AccessFixture.Password],
        BlacklistIps = AccessFixture.Addresses("192.0.2.1"),
        WhitelistIps = AccessFixture.Addresses("198.51.100.1"),
    };

    [Fact]
    public async Task An_admitted_request_reaches_its_route_with_its_caller()
    {
        var answer = await SendAsync(new Site(Options), "POST", "/v1/chat/completions", bearer: AccessFixture.Password);

        Assert.Equal((200, "PASSWORD"), (answer.Status, answer.Body));
        Assert.Equal("60", answer.Headers["x-ratelimit-limit-requests"]);
    }

    [Fact]
    public async Task A_refusal_has_the_form_of_the_routes_dialect()
    {
        var answer = await SendAsync(new Site(Options), "POST", "/v1/chat/completions");
        Assert.Equal((401, "dialect says Unauthenticated"), (answer.Status, answer.Body));
        Assert.Equal("Bearer", answer.Headers.WWWAuthenticate);

        var plain = await SendAsync(new Site(Options), "GET", "/health", from: "192.0.2.1");
        Assert.Equal((403, """{"error":{"message":"This address may not use this gateway.","code":"forbidden"}}"""), (plain.Status, plain.Body));
    }

    [Theory]
    [InlineData("GET", "/forgotten", 403)]
    [InlineData("GET", "/health", 200)]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("DELETE", "/v1/chat/completions", 405)]
    [InlineData("GET", "/api/admin/v1/keys", 403)]
    [InlineData("GET", "/v1/models", 200)]
    [InlineData("POST", "/v1/closed-in-open-group", 200)]
    public async Task Routes_without_a_rule_are_closed(string method, string path, int status) =>
        Assert.Equal(status, (await SendAsync(new Site(Options), method, path, bearer: AccessFixture.Password)).Status);

    [Fact]
    public async Task A_route_without_a_rule_is_reported_once()
    {
        var site = new Site(Options);
        await SendAsync(site, "GET", "/forgotten");
        await SendAsync(site, "GET", "/forgotten", bearer: AccessFixture.Password);

        Assert.Equal([1003, 1004, 1004], site.Log.Entries.Select(entry => entry.Id));
        Assert.DoesNotContain(AccessFixture.Password, string.Join('\n', site.Log.Entries), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/health")]
    [InlineData("/v1/chat/completions")]
    [InlineData("/forgotten")]
    public async Task A_banned_address_reaches_nothing(string path) =>
        Assert.Equal(403, (await SendAsync(new Site(Options), "GET", path, from: "192.0.2.1", bearer: AccessFixture.Password)).Status);

    [Fact]
    public async Task Administrators_are_judged_by_their_own_room()
    {
        Assert.Equal(200, (await SendAsync(new Site(Options, new Door(open: true)), "GET", "/api/admin/v1/keys")).Status);
        Assert.Equal(401, (await SendAsync(new Site(Options, new Door(open: false)), "GET", "/api/admin/v1/keys", bearer: AccessFixture.Password)).Status);
        Assert.Equal(403, (await SendAsync(new Site(Options), "GET", "/api/admin/v1/keys", from: "198.51.100.1")).Status);
    }

    [Fact]
    public async Task A_preflight_needs_no_credential()
    {
        var answer = await SendAsync(new Site(Options), "OPTIONS", "/v1/chat/completions", headers:
            [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os")]);

        Assert.Equal(204, answer.Status);
        Assert.Equal("*", answer.Headers.AccessControlAllowOrigin);
        Assert.Equal("authorization,content-type,x-stainless-os", answer.Headers.AccessControlAllowHeaders);
        Assert.Contains("POST", answer.Headers.AccessControlAllowMethods.ToString(), StringComparison.Ordinal);
        Assert.False(answer.Headers.ContainsKey("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task A_page_can_read_answers_and_refusals()
    {
        foreach (var bearer in (string?[])[AccessFixture.Password, null])
        {
            var answer = await SendAsync(new Site(Options), "POST", "/v1/chat/completions", bearer: bearer, headers: ("Origin", "https://app.example"));
            Assert.Equal("*", answer.Headers.AccessControlAllowOrigin);
            Assert.Contains("Retry-After", answer.Headers.AccessControlExposeHeaders.ToString(), StringComparison.Ordinal);
        }
        Assert.False((await SendAsync(new Site(Options), "POST", "/v1/chat/completions", bearer: AccessFixture.Password)).Headers.ContainsKey("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("https://app.example", true)]
    [InlineData("HTTPS://APP.EXAMPLE", true)]
    [InlineData("https://app.example.evil.test", false)]
    [InlineData("http://app.example", false)]
    [InlineData("null", false)]
    public async Task Listed_pages_may_send_credentials_and_others_get_nothing(string origin, bool allowed)
    {
        var site = new Site(Options with { AllowedOrigins = ["https://app.example/", "https://other.example"] });
        var answer = await SendAsync(site, "POST", "/v1/chat/completions", bearer: AccessFixture.Password, headers: ("Origin", origin));
        var preflight = await SendAsync(site, "OPTIONS", "/v1/chat/completions", headers: [("Origin", origin), ("Access-Control-Request-Method", "POST")]);

        foreach (var headers in (IHeaderDictionary[])[answer.Headers, preflight.Headers])
        {
            Assert.Equal(allowed ? origin : "", headers.AccessControlAllowOrigin.ToString());
            Assert.Equal(allowed ? "true" : "", headers.AccessControlAllowCredentials.ToString());
            Assert.Equal("Origin", headers.Vary);
        }
        Assert.Equal((200, 204), (answer.Status, preflight.Status));
    }

    [Fact]
    public async Task A_star_among_origins_is_for_all_and_without_credentials()
    {
        var answer = await SendAsync(new Site(Options with { AllowedOrigins = ["*", "https://app.example"] }), "POST", "/v1/chat/completions", bearer: AccessFixture.Password, headers: ("Origin", "https://app.example"));

        Assert.Equal(("*", ""), (answer.Headers.AccessControlAllowOrigin.ToString(), answer.Headers.AccessControlAllowCredentials.ToString()));
    }

    [Theory]
    [InlineData("GET", "/api/admin/v1/keys")]
    [InlineData("OPTIONS", "/api/admin/v1/keys")]
    [InlineData("GET", "/health")]
    public async Task Other_routes_let_no_page_in(string method, string path)
    {
        var answer = await SendAsync(new Site(Options with { AllowedOrigins = ["https://app.example"] }, new Door(open: true)), method, path, headers:
            [("Origin", "https://app.example"), ("Access-Control-Request-Method", "GET")]);

        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_banned_address_gets_no_preflight_either() =>
        Assert.Equal(403, (await SendAsync(new Site(Options), "OPTIONS", "/v1/chat/completions", from: "192.0.2.1", headers: [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")])).Status);

    private static async Task<(int Status, string Body, IHeaderDictionary Headers)> SendAsync(Site site, string method, string path, string from = "203.0.113.7", string? bearer = null, params (string, string)[] headers)
    {
        var http = AccessFixture.Request(from: from, bearer: bearer, headers: headers);
        http.SetEndpoint(null);
        http.Request.Method = method;
        http.Request.Path = path;
        http.RequestServices = site.Services;
        using var body = new MemoryStream();
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        await site.Pipeline(http);
        await http.Response.CompleteAsync();
        return (http.Response.StatusCode, Encoding.UTF8.GetString(body.ToArray()), http.Response.Headers);
    }

    /// <summary>Routing, access and a few routes: the real pipeline without a server.</summary>
    private sealed class Site
    {
        public Site(AccessOptions options, IAdminAccess? admin = null)
        {
            var fixture = new AccessFixture(options, admin);
            var services = new ServiceCollection();
            services.AddLogging().AddRouting();
            services.AddSingleton(fixture.Gate);
            services.AddSingleton<ILogger<AccessMiddleware>>(Log);
            services.AddSingleton<System.Diagnostics.DiagnosticListener>(new System.Diagnostics.DiagnosticListener("test"));
            Services = services.BuildServiceProvider();

            var app = new ApplicationBuilder(Services);
            app.UseRouting();
            app.UseAccess();
            app.UseEndpoints(static endpoints =>
            {
                var v1 = endpoints.MapGroup("/v1").WithAccess(AccessRule.ModelRoute).WithMetadata(new FakeDialect());
                v1.MapPost("/chat/completions", static http => http.Response.WriteAsync(http.Caller?.Label ?? "nobody", http.RequestAborted));
                v1.MapGet("/models", static http => http.Response.WriteAsync("list", http.RequestAborted)).WithAccess(AccessRule.ModelList);
                v1.MapPost("/closed-in-open-group", static http => http.Response.WriteAsync("in the group", http.RequestAborted));
                endpoints.MapGet("/health", static http => http.Response.WriteAsync("healthy", http.RequestAborted)).WithAccess(AccessRule.Public);
                endpoints.MapGet("/api/admin/v1/keys", static http => http.Response.WriteAsync("keys", http.RequestAborted)).WithAccess(AccessRule.Admin);
                endpoints.MapGet("/forgotten", static http => http.Response.WriteAsync("secret", http.RequestAborted));
            });
            Pipeline = app.Build();
        }

        public RecordingLogger<AccessMiddleware> Log { get; } = new();

        public ServiceProvider Services { get; }

        public RequestDelegate Pipeline { get; }
    }

    private sealed class FakeDialect : IDialectErrors
    {
        public async ValueTask WriteAsync(HttpContext http, GatewayError error, CancellationToken cancellation)
        {
            http.Response.StatusCode = error.Status;
            await http.Response.WriteAsync($"dialect says {error.Kind}", cancellation);
        }

        public void WriteBody(HttpContext http, GatewayError error, IBufferWriter<byte> output) => output.Write(Encoding.UTF8.GetBytes($"dialect says {error.Kind}"));
    }

    private sealed class Door(bool open) : IAdminAccess
    {
        public AccessDecision Admit(HttpContext http) => open
            ? AccessDecision.Admit(new Caller("admin", "administrator"))
            : AccessDecision.Refuse(new GatewayError(401, GatewayErrorKind.Unauthenticated, "Sign in."));
    }
}
