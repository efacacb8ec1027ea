using System.Net;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Vertex;

/// <summary>Access tokens: had once for many, renewed ahead, renewed when refused, and who is to blame when there is none.</summary>
[Trait("Feature", "UPS-1")]
public sealed class AccessTokenTests
{
    [Fact]
    public async Task Fifty_requests_at_once_fetch_one_token()
    {
        await using TestGateway gateway = await VertexStand.StartAsync();
        Seen[] seen = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gateway.AskAsync(Form.OpenAIStream, "vertex")));

        Assert.All(seen, static one => Assert.True(one.IsComplete, one.Body));
        Assert.Single(gateway.ForTokens());
        gateway.CheckNothingShows(seen);
    }

    [Fact]
    public async Task A_token_is_renewed_five_minutes_ahead_while_the_old_one_serves()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await VertexStand.StartAsync(clock: clock);
        Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);

        clock.Advance(TimeSpan.FromMinutes(54));
        Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);
        Assert.Single(gateway.ForTokens());

        long first = gateway.ForTokens()[0].Sequence;
        clock.Advance(TimeSpan.FromMinutes(1.5));
        Task<Seen> asking = gateway.AskAsync(Form.OpenAI, "vertex");
        Assert.True((await asking).IsComplete);
        ReceivedRequest renewal = await gateway.Upstream.Received.WaitForAsync(request => request.Action == "token" && request.Sequence > first, TestContext.Current.CancellationToken);
        await renewal.Ended;
        string old = gateway.ToVertex()[0].Headers["Authorization"];
        for (int tries = 0; tries < 500 && gateway.ToVertex()[^1].Headers["Authorization"] == old; tries++)
            Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete); // until the new one has arrived; time stands still meanwhile

        clock.Advance(TimeSpan.FromMinutes(10)); // the first one has ended by now
        Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);
        Assert.Equal(2, gateway.ForTokens().Count);
    }

    [Fact]
    public async Task A_token_that_has_ended_is_fetched_anew()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await VertexStand.StartAsync(clock: clock);
        Assert.True((await gateway.AskAsync(Form.Gemini, "vertex")).IsComplete);

        clock.Advance(TimeSpan.FromHours(3));

        Assert.True((await gateway.AskAsync(Form.Gemini, "vertex")).IsComplete);
        Assert.Equal(2, gateway.ForTokens().Count);
        Assert.All(gateway.ToVertex(), static request => Assert.Equal(200, request.Status));
    }

    [Theory]
    [MemberData(nameof(Ask.Forms), MemberType = typeof(Ask))]
    public async Task A_refused_token_is_renewed_once_and_the_client_sees_nothing(Form form)
    {
        await using TestGateway gateway = await VertexStand.StartAsync();
        Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);
        gateway.Upstream.RevokeTokens();

        Seen seen = await gateway.AskAsync(form, "vertex");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal([200, 401, 200], gateway.ToVertex().Select(static request => request.Status));
        Assert.Equal(2, gateway.ForTokens().Count);
        Assert.Equal((CredentialStatus.Usable, 0), (gateway.Of("test-project-1").Health.Status, gateway.Of("test-project-1").Health.ConsecutiveFailures));
    }

    [Fact]
    public async Task An_account_that_is_refused_with_a_new_token_is_counted_and_another_one_serves()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(accounts: 2);
        gateway.Upstream.Script.When(static request => request.Project == "test-project-1").Reply(FakeReply.TokenInvalid());

        Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);

        Assert.Equal(1, gateway.Of("test-project-1").Health.ConsecutiveFailures);
        Assert.Equal([401, 401], gateway.ToVertex().Where(static request => request.Project == "test-project-1").Select(static request => request.Status));
    }

    [Fact]
    public async Task An_account_that_is_gone_goes_out_with_the_reason()
    {
        await using TestGateway gateway = await VertexStand.StartAsync(accounts: 2, arrange: static (_, accounts) => accounts[0].State = FakeAccountState.Gone);

        for (int i = 0; i < 3; i++)
            Assert.True((await gateway.AskAsync(Form.OpenAI, "vertex")).IsComplete);

        CredentialHealth health = gateway.Of("test-project-1").Health;
        Assert.Equal((CredentialStatus.Out, FaultReason.CredentialRefused), (health.Status, health.Reason));
        Assert.Contains("account not found", health.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.ToVertex(), static request => request.Project == "test-project-1");
        gateway.CheckNothingShows();
    }

    [Fact]
    public async Task A_wrong_clock_is_the_gateways_fault_and_no_accounts()
    {
        var wrong = new ManualTimeProvider();
        wrong.Advance(TimeSpan.FromDays(400)); // the upstream goes by the right one
        var lines = new RequestLines();
        await using TestGateway gateway = await TestGateway.StartAsync(
            static fake => fake.AddServiceAccount("test-project-1"),
            new Dictionary<string, string> { ["GEMINI_API_KEYS"] = "" },
            new FakeGeminiOptions { TimeProvider = new ManualTimeProvider() },
            services =>
            {
                lines.Listen(services);
                Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton<TimeProvider>(services, wrong);
            },
            static fake => new Dictionary<string, string>(VertexStand.Addresses(fake)) { ["GOOGLE_CREDENTIALS_JSON"] = fake.AddServiceAccount("test-project-1").ToJson() });

        Seen seen = await gateway.AskAsync(Form.OpenAI, "vertex");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Contains("clock", seen.Message, StringComparison.Ordinal);
        RequestLine line = await lines.NextAsync();
        Assert.Equal(("Gateway", "ClockWrong", 1), (line["owner"], line["reason"], line.Attempts));
        Assert.Equal(CredentialStatus.Usable, gateway.Of("test-project-1").Health.Status);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("reset")]
    [InlineData("page")]
    public async Task A_token_service_that_fails_is_tried_again_and_nobodys_key(string kind)
    {
        await using TestGateway gateway = await VertexStand.StartAsync();
        gateway.Upstream.Script.ForAction("token").Times(1).Reply(kind switch { "500" => FakeReply.InternalError(), "reset" => FakeReply.Reset(), _ => FakeReply.HtmlError() });

        Seen seen = await gateway.AskAsync(Form.OpenAI, "vertex");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal((CredentialStatus.Usable, 0), (gateway.Of("test-project-1").Health.Status, gateway.Of("test-project-1").Health.ConsecutiveFailures));
    }

    [Fact]
    public async Task A_token_service_that_always_fails_is_told_as_the_upstreams_fault()
    {
        await using TestGateway gateway = await VertexStand.StartAsync();
        gateway.Upstream.Script.ForAction("token").Reply(FakeReply.InternalError());

        Seen seen = await gateway.AskAsync(Form.OpenAI, "vertex");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Equal("upstream_token", seen.ErrorCode);
        Assert.Equal(CredentialStatus.Usable, gateway.Of("test-project-1").Health.Status);
        gateway.CheckNothingShows(seen);
    }

    [Theory]
    [InlineData("http://tokens.example/token", "token_uri")]
    [InlineData("file:///etc/passwd", "token_uri")]
    public async Task An_address_that_is_not_https_is_never_asked(string address, string told)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            settings: new Dictionary<string, string> { ["GEMINI_API_KEYS"] = "" },
            settingsOf: fake => new Dictionary<string, string>(VertexStand.Addresses(fake)) { ["VERTEX_TOKEN_URL"] = "", ["GOOGLE_CREDENTIALS_JSON"] = fake.AddServiceAccount("test-project-1").ToJson(address) });

        Seen seen = await gateway.AskAsync(Form.OpenAI, "vertex");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Equal("no_usable_key", seen.ErrorCode);
        Assert.Contains(told, gateway.Of("test-project-1").Health.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_key_that_cannot_be_read_puts_its_account_out_and_is_not_repeated()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            settings: new Dictionary<string, string> { ["GEMINI_API_KEYS"] = "" },
            settingsOf: static fake => new Dictionary<string, string>(VertexStand.Addresses(fake))
            {
                ["GOOGLE_CREDENTIALS_JSON"] = """{"type":"service_account","project_id":"test-project-1","private_key":"-----BEGIN PRIVATE KEY-----\nCANARYxyzzy\n-----END PRIVATE KEY-----\n","client_email":"a@b.c"}""",
            });

        Seen seen = await gateway.AskAsync(Form.Gemini, "vertex");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, seen.Status);
        Assert.Equal(CredentialStatus.Out, gateway.Of("test-project-1").Health.Status);
        gateway.CheckNothingShows(seen);
    }
}
