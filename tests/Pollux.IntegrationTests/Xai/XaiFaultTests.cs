using Microsoft.Extensions.DependencyInjection;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Xai;
using Pollux.IntegrationTests.Faults;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.KeyPool;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Xai;

/// <summary>UPS-3: whose fault xAI's refusals are, and what the pool does about them.</summary>
[Trait("Feature", "UPS-3")]
public sealed class XaiFaultTests : IDisposable
{
    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    /// <summary>What xAI says to one key, and what becomes of that key.</summary>
    public static TheoryData<string, FakeReply, CredentialStatus> KeyFaults => new()
    {
        { "bad key", FakeReply.XaiError(400, "invalid-argument", "Incorrect API key provided: xa***01."), CredentialStatus.Out },
        { "bad key, 401", FakeReply.XaiError(401, "unauthenticated", "Invalid or missing credentials."), CredentialStatus.Out },
        { "no credit", FakeReply.XaiError(403, "The caller does not have permission to execute the specified operation", "Your team doesn't have any credits or licenses yet."), CredentialStatus.Stopped },
        { "spending limit", FakeReply.XaiError(429, "resource-exhausted", "Your team has reached its monthly spending limit."), CredentialStatus.Stopped },
        { "no permission", FakeReply.XaiError(403, "The caller does not have permission to execute the specified operation", "The key lacks a permission."), CredentialStatus.Usable },
        { "limit", FakeReply.XaiError(429, "resource-exhausted", "Too many requests for team."), CredentialStatus.Usable },
    };

    [Theory]
    [MemberData(nameof(KeyFaults))]
    public async Task A_fault_of_one_key_is_passed_by_with_the_other(string what, FakeReply reply, CredentialStatus status)
    {
        foreach (Form form in (Form[])[Form.OpenAI, Form.OpenAIStream])
        {
            await using TestGateway gateway = await XaiStand.StartAsync([XaiStand.Key, XaiStand.OtherKey]);
            ReceivedRequest? first = null;
            gateway.Upstream.Script.Always().When(static request => request.Path.StartsWith("/xai/", StringComparison.Ordinal)).When(request => (first ??= request).Key == request.Key).Reply(reply);

            Seen seen = await gateway.AskAsync(form, form.Body("Hello", XaiStand.Model));

            Assert.True(seen.IsComplete, $"{what}: {seen.Body}");
            Assert.Equal(2, gateway.ToXai().Count);
            Assert.NotEqual(gateway.ToXai()[0].Key, gateway.ToXai()[1].Key);
            Assert.Equal(status, gateway.Of(first!.Key!).Health.Status);
            Assert.Equal(CredentialStatus.Usable, gateway.Of(gateway.ToXai()[1].Key!).Health.Status);
            gateway.CheckNothingShows(seen.Body, seen.Headers);
        }
    }

    /// <summary>What is the client's fault.</summary>
    public static TheoryData<string, FakeReply, int> ClientFaults => new()
    {
        { "argument", FakeReply.XaiError(400, "invalid-argument", "Bad argument."), 400 },
        { "guidelines", FakeReply.XaiError(403, "permission-denied", "Content violates usage guidelines."), 400 },
        { "context", FakeReply.XaiError(400, "invalid-argument", "This model's maximum prompt length is 131072 but the request contains 200000 tokens."), 400 },
        { "model", FakeReply.XaiError(404, "not-found", "The model grok-9 does not exist or your team does not have access to it."), 404 },
        { "too large", FakeReply.XaiError(413, "too-large", "Too large."), 413 },
        { "form", FakeReply.Raw(422, "text/plain", "Failed to deserialize the JSON body"u8.ToArray()), 400 },
    };

    [Theory]
    [MemberData(nameof(ClientFaults))]
    public async Task A_fault_of_the_client_costs_one_attempt_and_no_key(string what, FakeReply reply, int status)
    {
        await using TestGateway gateway = await XaiStand.StartAsync([XaiStand.Key, XaiStand.OtherKey]);
        gateway.Upstream.Script.Always().Reply(reply);

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model));

        Assert.True(status == (int)seen.Status, $"{what}: {seen.Body}");
        Assert.Single(gateway.ToXai());
        Assert.All((string[])[XaiStand.Key, XaiStand.OtherKey], key => Assert.Equal((CredentialStatus.Usable, 0), (gateway.Of(key).Health.Status, gateway.Of(key).Health.ConsecutiveFailures)));
    }

    /// <summary>What is nobody's fault here, and passes.</summary>
    public static TheoryData<string, FakeReply> Passing => new()
    {
        { "overload", FakeReply.XaiError(503, "unavailable", "The service is overloaded.") },
        { "internal", FakeReply.XaiError(500, "internal", "Internal error.") },
        { "page", FakeReply.Raw(502, "text/html", "<html>Bad gateway</html>"u8.ToArray()) },
        { "reset", FakeReply.Default.ResetAfter(0) },
        { "redirect", FakeReply.Raw(302, "text/plain", "elsewhere"u8.ToArray()) },
    };

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task What_passes_is_tried_again_and_blames_no_key(string what, FakeReply reply)
    {
        await using TestGateway gateway = await XaiStand.StartAsync();
        gateway.Upstream.Script.Next(reply);

        Seen seen = await gateway.AskAsync(Form.OpenAIStream, Form.OpenAIStream.Body("Hello", XaiStand.Model));

        Assert.True(seen.IsComplete, $"{what}: {seen.Body}");
        Assert.Equal(2, gateway.ToXai().Count);
        Assert.Equal((CredentialStatus.Usable, 0), (gateway.Of(XaiStand.Key).Health.Status, gateway.Of(XaiStand.Key).Health.ConsecutiveFailures));
    }

    [Fact]
    public async Task A_limit_keeps_the_key_away_for_as_long_as_it_says_and_no_longer()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await XaiStand.StartAsync(services: services => services.AddSingleton<TimeProvider>(clock));
        gateway.Upstream.Script.Next(FakeReply.XaiError(429, "resource-exhausted", "Too many requests.", TimeSpan.FromSeconds(30)));

        Seen refused = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model));
        Seen again = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model));
        clock.Advance(TimeSpan.FromSeconds(31));
        Seen served = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model));

        Assert.Equal((429, 429), ((int)refused.Status, (int)again.Status));
        Assert.InRange(refused.RetryAfter!.Value, 29, 31);
        Assert.True(served.IsComplete, served.Body);
        Assert.Equal(2, gateway.ToXai().Count);
    }

    [Fact]
    public async Task A_stream_that_is_cut_ends_with_an_error()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Default.EndedAfter(2));

        Seen seen = await gateway.AskAsync(Form.OpenAIStream, Form.OpenAIStream.Body("Hello", XaiStand.Model));

        Assert.NotNull(seen.Error);
        Assert.False(seen.Done);
    }

    [Fact]
    public async Task Keys_without_credit_and_unknown_ones_are_told_as_503_without_a_word_of_them()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(
            [XaiStand.Key, XaiStand.OtherKey], arrange: static fake =>
            {
                fake.AddXaiKey(XaiStand.Key, FakeXaiKeyState.NoCredit);
                fake.AddXaiKey(XaiStand.OtherKey, FakeXaiKeyState.Incorrect);
            });

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("Hello", XaiStand.Model));

        Assert.Equal((503, "no_usable_key"), ((int)seen.Status, seen.ErrorCode));
        Assert.Contains("xAI", seen.Message, StringComparison.Ordinal);
        gateway.CheckNothingShows(seen.Body, seen.Headers);
    }

    [Fact]
    public async Task A_storm_of_faults_ends_with_every_request_served_or_told_truly()
    {
        string[] keys = [.. Enumerable.Range(1, 6).Select(static number => $"xai-storm-CANARYxyzzy-00000000000000000{number}")];
        await using TestGateway gateway = await XaiStand.StartAsync(keys, _lines, settings: Squall.Settings, arrange: fake =>
        {
            foreach (string key in keys)
                fake.AddXaiKey(key);
            fake.AddXaiKey(keys[4], FakeXaiKeyState.NoCredit);
            fake.AddXaiKey(keys[5], FakeXaiKeyState.Incorrect);
        });
        var storm = new Squall(
            static request => request.Path.StartsWith("/xai/", StringComparison.Ordinal),
            [
                FakeReply.XaiError(503, "unavailable", "The service is overloaded."), FakeReply.XaiError(500, "internal", "Internal error."), FakeReply.Reset(),
                FakeReply.XaiError(429, "resource-exhausted", "Too many requests for team."), FakeReply.Raw(502, "text/html", "<html>Bad gateway</html>"u8.ToArray()), FakeReply.Raw(302, "text/plain", "elsewhere"u8.ToArray()),
            ],
            [FakeReply.Default.EndedAfter(0), FakeReply.Default.ResetAfter(1), FakeReply.Default.EndedAfter(3)]);

        IReadOnlyList<Seen> seen = await storm.RageAsync(
            gateway, _lines,
            (number, prompt) =>
            {
                Form form = number % 2 == 0 ? Form.OpenAI : Form.OpenAIStream;
                return gateway.AskAsync(form, form.Body(prompt, XaiStand.Model));
            },
            keys.ToDictionary(gateway.Of, key => key == keys[4] ? CredentialStatus.Stopped : key == keys[5] ? CredentialStatus.Out : CredentialStatus.Usable));

        gateway.CheckNothingShows(seen.SelectMany(static one => (string[])[one.Body, one.Headers]));
    }
}
