using System.Text;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>A stream flows: what the upstream said is at the client before the upstream says more.</summary>
public sealed class StreamFlowTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Theory]
    [MemberData(nameof(Ask.Streams), MemberType = typeof(Ask))]
    public async Task Each_event_reaches_the_client_before_the_upstream_sends_the_next(Form form)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync();
        var second = new TaskCompletionSource();
        var third = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.TextInPieces("one ", "two ", "three").HeldUntil(second.Task, 1).HeldUntil(third.Task, 2).HeldUntil(end.Task, 3));

        using HttpRequestMessage request = form.Request("Hello");
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await using Stream stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var body = new StringBuilder();
        await ReadUntilAsync(stream, body, "one ");
        second.SetResult();
        await ReadUntilAsync(stream, body, "two ");
        third.SetResult();
        await ReadUntilAsync(stream, body, "three");
        end.SetResult();
        await ReadUntilAsync(stream, body, null);

        Seen seen = Seen.Of(form, body.ToString());
        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("one two three", seen.Text);
    }

    private static async Task ReadUntilAsync(Stream stream, StringBuilder body, string? expected)
    {
        byte[] buffer = new byte[4096];
        while (expected is null || !body.ToString().Contains(expected, StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
            if (read == 0)
            {
                Assert.True(expected is null, $"The stream ended without '{expected}': {body}");
                return;
            }

            body.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
    }
}
