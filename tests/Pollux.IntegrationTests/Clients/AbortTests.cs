using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Clients;

/// <summary>
/// A client that aborts ends the work at the upstream within a second. These tests run alone: the second is for the gateway
/// and not for other tests.
/// </summary>
[Collection(nameof(Alone))]
public sealed class AbortTests
{
    private static readonly Dictionary<string, IClient> Clients = new()
    {
        ["openai for .NET"] = new OpenAIDotNetClient(),
        ["openai"] = new NodeClient("openai"),
        ["@anthropic-ai/sdk"] = new NodeClient("anthropic"),
        ["@google/genai"] = new NodeClient("genai"),
        ["ai, openai-compatible"] = new NodeClient("ai", "openai-compatible"),
        ["ai, google"] = new NodeClient("ai", "google"),
    };

    public static TheoryData<string> Names => [.. Clients.Keys];

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public Task An_abort_before_the_answer_ends_the_attempt_at_the_upstream(string client) =>
        AbortAsync(client, "abort", "generateContent", heldEvent: 0);

    [Theory]
    [MemberData(nameof(Names))]
    public Task An_abort_within_a_stream_ends_the_attempt_at_the_upstream(string client) =>
        AbortAsync(client, "abort-stream", "streamGenerateContent", heldEvent: 2);

    /// <summary>
    /// OpenAI's .NET client leaves a stream by disposing it, and its transport then reads on for up to two seconds
    /// (<see cref="System.Net.Http.SocketsHttpHandler.ResponseDrainTimeout"/>) before it closes the connection.
    /// </summary>
    private static TimeSpan OwnDelay(string client) => client == "openai for .NET" ? TimeSpan.FromSeconds(2) : TimeSpan.Zero;

    private static async Task AbortAsync(string client, string scenario, string action, int heldEvent)
    {
        var never = new TaskCompletionSource();
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script.ForAction(action).Reply(WireAnswers.Text("One ", "two ", "three ", "four.").HeldUntil(never.Task, heldEvent));

        await using IAbortableRun run = await Clients[client].StartAsync(new ClientCall(scenario, gateway.Address, TestGateway.Password), Cancellation);
        ReceivedRequest request = await gateway.Upstream.Received.WaitForAsync(received => received.Action == action, Cancellation);
        if (heldEvent > 0)
            await run.BeganAsync();
        Assert.False(request.Ended.IsCompleted);

        ClientReport report = await run.AbortAsync();

        Assert.Equal(RequestEnd.AbortedByClient, await request.Ended.WaitAsync(AtOnce + OwnDelay(client), Cancellation));
        Assert.Contains(report.Error?.Type, new[] { "AbortError", "APIUserAbortError", "TaskCanceledException", "OperationCanceledException", null });
        Assert.Single(gateway.Calls());
        ClientContract.AssertOnlyTheKeyTravelled(gateway);
    }
}
