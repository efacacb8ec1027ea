using System.Net;
using Pollux.Pictures;
using Pollux.Tests.Time;

namespace Pollux.Tests.Pictures;

/// <summary>IMG-1: a host of pictures can be slow, gone or talkative; none of it holds the gateway.</summary>
public sealed class PictureConnectionsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_says_nothing_is_left_after_its_time()
    {
        var clock = new ManualTimeProvider();
        var host = new Host(static async cancellation =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return new HttpResponseMessage();
        });
        using var connections = new PictureConnections(() => host, clock);

        Task<HttpAnswer> asked = connections.AskAsync(Request, Cancellation);
        await host.Asked.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        clock.Advance(PictureConnections.Patience - TimeSpan.FromSeconds(1));
        Assert.False(asked.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<PictureStoreException>(() => asked);
        Assert.Equal(1, host.Requests);
    }

    [Fact]
    public async Task Who_gives_up_is_not_told_that_the_host_was_slow()
    {
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var host = new Host(static async cancellation =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return new HttpResponseMessage();
        });
        using var connections = new PictureConnections(() => host, new ManualTimeProvider());

        Task<HttpAnswer> asked = connections.AskAsync(Request, caller.Token);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, 2)]
    [InlineData(HttpRequestError.NameResolutionError, 2)]
    [InlineData(HttpRequestError.ResponseEnded, 2)]
    [InlineData(HttpRequestError.SecureConnectionError, 1)] // a wrong certificate stays wrong
    public async Task A_failed_connection_is_tried_once_more_at_most(HttpRequestError error, int requests)
    {
        var host = new Host(_ => throw new HttpRequestException(error));
        using var connections = new PictureConnections(() => host, new ManualTimeProvider());

        await Assert.ThrowsAsync<HttpRequestException>(() => connections.AskAsync(Request, Cancellation));

        Assert.Equal(requests, host.Requests);
    }

    [Theory]
    [InlineData(256 * 1024, true)]
    [InlineData((256 * 1024) + 1, false)]
    public async Task An_answer_is_read_only_so_far(int bytes, bool isRead)
    {
        var host = new Host(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new MemoryStream(new byte[bytes])) }));
        using var connections = new PictureConnections(() => host, new ManualTimeProvider());

        Task<HttpAnswer> asked = connections.AskAsync(Request, Cancellation);

        if (isRead)
            Assert.Equal(bytes, (await asked).Text.Length);
        else
            await Assert.ThrowsAsync<HttpRequestException>(() => asked);
        Assert.Equal(1, host.Requests);
    }

    private static HttpRequestMessage Request() => new(HttpMethod.Post, "https://host.test/upload");

    private sealed class Host(Func<CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            _asked.TrySetResult();
            return answer(cancellationToken);
        }
    }
}
