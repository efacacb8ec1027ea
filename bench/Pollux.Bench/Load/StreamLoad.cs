using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Pollux.Protocols.Sse;

namespace Pollux.Bench.Load;

/// <summary>Many streams at once, each read to its end, their events counted.</summary>
internal sealed class StreamLoad : IDisposable
{
    private readonly SocketsHttpHandler _handler = new() { UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2) };
    private readonly HttpMessageInvoker _client;

    public StreamLoad() => _client = new HttpMessageInvoker(_handler);

    /// <summary>Reads <paramref name="count"/> streams at once.</summary>
    public async Task<Sample> MeasureAsync(Lane lane, int count, int expectedEvents, CancellationToken stopping)
    {
        TimeSpan before = lane.Server.ProcessorTime;
        long started = Stopwatch.GetTimestamp();
        StreamEnd[] ends = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => ReadAsync(lane, null, stopping)));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        TimeSpan used = lane.Server.ProcessorTime - before;

        double[] first = [.. ends.Select(static end => end.FirstEvent.TotalMilliseconds).Order()];
        return new Sample(
            ends.Sum(static end => (long)end.Events), seconds, used.TotalSeconds, double.NaN, first[count / 2], first[(int)(count * 0.99)],
            ends.Count(end => end.Events < expectedEvents));
    }

    /// <summary>Opens streams one after the other in small groups and holds them until they end by themselves.</summary>
    /// <param name="lane">What is asked.</param>
    /// <param name="count">How many.</param>
    /// <param name="whenAllOpen">Called while all are open.</param>
    /// <param name="stopping">Ends the run.</param>
    /// <returns>How many ended as they should, with <paramref name="lane"/>'s two events.</returns>
    public async Task<int> HoldAsync(Lane lane, int count, Action whenAllOpen, CancellationToken stopping)
    {
        const int Group = 50; // no more than a listen queue holds
        List<Task<StreamEnd>> streams = new(count);
        while (streams.Count < count)
        {
            TaskCompletionSource[] opened = [.. Enumerable.Range(0, Math.Min(Group, count - streams.Count)).Select(static _ => new TaskCompletionSource())];
            streams.AddRange(opened.Select(one => ReadAsync(lane, one, stopping)));
            await Task.WhenAll(opened.Select(static one => one.Task));
        }

        whenAllOpen();
        StreamEnd[] ends = await Task.WhenAll(streams);
        return ends.Count(static end => end.Events >= 2);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private async Task<StreamEnd> ReadAsync(Lane lane, TaskCompletionSource? opened, CancellationToken stopping)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan first = TimeSpan.Zero;
        int events = 0;
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, lane.Url) { Content = new StringContent(lane.Body, Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Bodies.Password);
            using HttpResponseMessage response = await _client.SendAsync(request, stopping);
            response.EnsureSuccessStatusCode();
            await using Stream body = await response.Content.ReadAsStreamAsync(stopping);
            using SseFramer framer = new();
            bool ended = false;
            while (!ended)
            {
                int read = await body.ReadAsync(framer.GetMemory(), stopping);
                framer.Advance(read);
                ended = read == 0;
                while (framer.TryRead(out _) || (ended && framer.TryReadLast(out _)))
                {
                    if (events++ > 0)
                        continue;
                    first = Stopwatch.GetElapsedTime(started);
                    opened?.TrySetResult();
                }
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            await Console.Error.WriteLineAsync($"{lane.Name}: {fault.Message}");
        }

        opened?.TrySetResult();
        return new StreamEnd(events, first);
    }

    private readonly record struct StreamEnd(int Events, TimeSpan FirstEvent);
}
