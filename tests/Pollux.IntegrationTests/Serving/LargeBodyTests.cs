using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Buffers;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Time;

namespace Pollux.IntegrationTests.Serving;

/// <summary><c>LARGE_BODY_BUDGET_MB</c>: large bodies take their share, wait in order and for a bounded time; small ones never wait.</summary>
public sealed class LargeBodyTests
{
    private const int Megabyte = 1024 * 1024;

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    [InlineData(Form.Gemini)]
    [InlineData(Form.GeminiStream)]
    public async Task Without_room_a_large_body_is_refused_in_the_callers_words_and_small_ones_are_served(Form form)
    {
        await using TestGateway gateway = await StartAsync(("LARGE_BODY_WAIT_SECONDS", "0"));
        using BodyShare? all = await Budget(gateway).TakeAsync(long.MaxValue, TestContext.Current.CancellationToken);

        Seen large = await gateway.Client.AskAsync(form, form.Body(new string('x', 2 * Megabyte)));
        Seen small = await gateway.Client.AskAsync(form, form.Body(new string('x', 900_000)));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, 5), (large.Status, large.RetryAfter));
        Assert.Equal(form.IsOpenAI() ? "gateway_busy" : "UNAVAILABLE", large.ErrorCode);
        Assert.Contains("LARGE_BODY_BUDGET_MB", large.Message, StringComparison.Ordinal);
        Assert.True(small.IsComplete, small.Body);
        Assert.Single(gateway.Calls());
    }

    [Fact]
    public async Task It_waits_until_there_is_room()
    {
        await using TestGateway gateway = await StartAsync();
        BodyBudget budget = Budget(gateway);
        BodyShare all = (await budget.TakeAsync(long.MaxValue, TestContext.Current.CancellationToken))!;

        Task<Seen> large = gateway.Client.AskAsync(Form.OpenAI, Form.OpenAI.Body(new string('x', 2 * Megabyte)));
        while (budget.Waiting == 0)
            await Task.Yield();
        Assert.False(large.IsCompleted);
        all.Dispose();

        Assert.True((await large).IsComplete);
        while (budget.Free != 256L * Megabyte)
            await Task.Yield();
    }

    [Fact]
    public async Task It_waits_as_long_as_it_may()
    {
        var clock = new ManualTimeProvider();
        await using TestGateway gateway = await TestGateway.StartAsync(
            settings: new Dictionary<string, string> { ["LARGE_BODY_WAIT_SECONDS"] = "47" }, services: services => services.AddSingleton<TimeProvider>(clock)); // no other timer is due then
        using BodyShare? all = await Budget(gateway).TakeAsync(long.MaxValue, TestContext.Current.CancellationToken);

        Task<Seen> large = gateway.Client.AskAsync(Form.Gemini, Form.Gemini.Body(new string('x', 2 * Megabyte)));
        await clock.TimerSetAsync(TimeSpan.FromSeconds(47)).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(47));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await large).Status);
    }

    [Fact]
    public async Task A_body_of_unknown_length_takes_its_share_when_it_turns_out_to_be_large()
    {
        await using TestGateway gateway = await StartAsync(("LARGE_BODY_WAIT_SECONDS", "0"));
        BodyBudget budget = Budget(gateway);

        Assert.Equal(HttpStatusCode.OK, await SendChunkedAsync(gateway, 3 * Megabyte));
        using (BodyShare? all = await TakeAllAsync(budget))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await SendChunkedAsync(gateway, 3 * Megabyte));
            Assert.Equal(HttpStatusCode.OK, await SendChunkedAsync(gateway, 500_000));
        }
    }

    [Fact]
    public async Task Large_memory_is_given_back_after_every_kind_of_end()
    {
        await using TestGateway gateway = await StartAsync();
        JsonObject good = Form.OpenAI.Body(new string('x', 2 * Megabyte));
        JsonObject bad = Form.OpenAI.Body(new string('x', 2 * Megabyte));
        bad["n"] = 0;

        Assert.True((await gateway.Client.AskAsync(Form.OpenAI, good)).IsComplete);
        Assert.True((await gateway.Client.AskAsync(Form.OpenAIStream, Form.OpenAIStream.Body(new string('x', 2 * Megabyte)))).IsComplete);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.AskAsync(Form.OpenAI, bad)).Status);
        gateway.Upstream.Script.Next(FakeReply.Error(400, "INVALID_ARGUMENT", "No."));
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.AskAsync(Form.OpenAI, good)).Status);

        await TakeAllAsync(Budget(gateway)); // ends only when every share was given back
    }

    private static async Task<BodyShare?> TakeAllAsync(BodyBudget budget)
    {
        while (budget.Free != 256L * Megabyte)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return await budget.TakeAsync(long.MaxValue, TestContext.Current.CancellationToken);
    }

    private static async Task<HttpStatusCode> SendChunkedAsync(TestGateway gateway, int length)
    {
        using HttpRequestMessage request = Ask.Request(Form.OpenAI.Path(), Form.OpenAI.Body(new string('x', length)));
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static BodyBudget Budget(TestGateway gateway) => gateway.Services.GetRequiredService<BodyBudget>();

    private static Task<TestGateway> StartAsync(params (string Name, string Value)[] settings) =>
        TestGateway.StartAsync(settings: settings.ToDictionary(static pair => pair.Name, static pair => pair.Value));
}
