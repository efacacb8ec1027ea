using System.Net;
using System.Text;
using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.Tests.Time;

namespace Pollux.Tests.FakeGemini;

/// <summary>Streams on a real socket: exact framing, and every way in which they break off.</summary>
public sealed class StreamTests
{
    private const string Stream = "streamGenerateContent?alt=sse";

    [Fact]
    public async Task Stream_is_framed_as_google_frames_it()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.TextInPieces("a <b>", "é\n"));

        using HttpResponseMessage response = await upstream.PostAsync(Stream, model: "gemini-2.5-flash");
        string text = await response.Content.ReadAsStringAsync(Upstream.Stop);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        string id = text.Split("\"responseId\": \"")[1][..23];
        Assert.Equal(
            $$"""data: {"candidates": [{"content": {"parts": [{"text": "a \u003cb\u003e"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 2,"candidatesTokenCount": 2,"totalTokenCount": 4,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 2}],"serviceTier": "standard"},"modelVersion": "gemini-2.5-flash","responseId": "{{id}}"}""" + "\r\n\r\n" +
            $$"""data: {"candidates": [{"content": {"parts": [{"text": "é\n"}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {"promptTokenCount": 2,"candidatesTokenCount": 3,"totalTokenCount": 5,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 2}],"serviceTier": "standard"},"modelVersion": "gemini-2.5-flash","responseId": "{{id}}"}""" + "\r\n\r\n",
            text);
    }

    [Fact]
    public async Task Stream_without_sse_is_one_array_with_numeric_enums_on_request()
    {
        await using Upstream upstream = await Upstream.StartAsync();

        using HttpResponseMessage response = await upstream.PostAsync("streamGenerateContent?%24alt=json%3Benum-encoding=int");
        JsonElement array = await Upstream.ReadAsync(response);

        Assert.Equal("application/json; charset=UTF-8", response.Content.Headers.ContentType!.ToString());
        Assert.True(array.GetArrayLength() > 1);
        Assert.Equal(1, array[array.GetArrayLength() - 1].GetProperty("candidates")[0].GetProperty("finishReason").GetInt32());
    }

    [Fact]
    public async Task Error_of_an_array_stream_is_an_array()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Overloaded());

        using HttpResponseMessage response = await upstream.PostAsync("streamGenerateContent");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("UNAVAILABLE", (await Upstream.ReadAsync(response))[0].GetProperty("error").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Bare_error_stands_behind_good_events_without_framing()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Default.BareErrorAfter(1));

        using HttpResponseMessage response = await upstream.PostAsync(Stream);
        string text = await response.Content.ReadAsStringAsync(Upstream.Stop);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("}\r\n\r\n{\n  \"error\": {\n    \"code\": 499,\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Framed_error_may_be_any_error()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Default.DataErrorAfter(2, FakeReply.QuotaMinute()));

        using HttpResponseMessage response = await upstream.PostAsync(Stream);
        string text = await response.Content.ReadAsStringAsync(Upstream.Stop);

        Assert.Contains("\r\n\r\ndata: {\"error\": {\"code\": 429,", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_may_end_without_a_finish_reason()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Default.WithoutFinish(), FakeReply.Default.EndedAfter(1));

        using HttpResponseMessage without = await upstream.PostAsync(Stream);
        using HttpResponseMessage ended = await upstream.PostAsync(Stream);

        Assert.DoesNotContain("finishReason", await without.Content.ReadAsStringAsync(Upstream.Stop), StringComparison.Ordinal);
        string text = await ended.Content.ReadAsStringAsync(Upstream.Stop);
        Assert.EndsWith("}\r\n\r\n", text, StringComparison.Ordinal);
        Assert.Single(text.Split("data: ", StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Connection_is_cut_before_the_answer()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Reset());

        await Assert.ThrowsAsync<HttpRequestException>(() => upstream.PostAsync("generateContent"));

        ReceivedRequest received = Assert.Single(upstream.Server.Received.Requests);
        Assert.Equal(RequestEnd.Reset, await received.Ended.WaitAsync(Upstream.Stop));
    }

    [Fact]
    public async Task Connection_is_cut_in_the_middle_but_the_events_before_it_arrive()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.TextInPieces("one", "two", "three").ResetAfter(2));

        using HttpResponseMessage response = await upstream.PostAsync(Stream);
        (string text, bool broken) = await ReadUntilBrokenAsync(response);

        Assert.True(broken);
        Assert.Contains("\"two\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"three\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_answer_can_be_cut_in_half()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Default.ResetAfter(1));

        using HttpResponseMessage response = await upstream.PostAsync("generateContent");
        (string text, bool broken) = await ReadUntilBrokenAsync(response);

        Assert.True(broken);
        Assert.NotEmpty(text);
    }

    [Fact]
    public async Task Client_that_goes_away_is_recorded()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        TaskCompletionSource never = new();
        upstream.Server.Script.Next(FakeReply.Default.HeldUntil(never.Task, eventIndex: 1));

        HttpResponseMessage response = await upstream.PostAsync(Stream);
        ReceivedRequest received = await upstream.Server.Received.WaitForAsync(static request => request.Action == "streamGenerateContent", Upstream.Stop);
        Assert.False(received.Ended.IsCompleted);
        response.Dispose();

        Assert.Equal(RequestEnd.AbortedByClient, await received.Ended.WaitAsync(Upstream.Stop));
        Assert.True(received.WasAborted);
        Assert.NotNull(received.EndedAt);
    }

    [Fact]
    public async Task Stop_does_not_wait_for_held_answers()
    {
        Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(FakeReply.Default.HeldUntil(new TaskCompletionSource().Task));

        Task<HttpResponseMessage> asked = upstream.PostAsync("generateContent");
        ReceivedRequest received = await upstream.Server.Received.WaitForAsync(static _ => true, Upstream.Stop);
        await upstream.Server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Upstream.Stop);

        await Assert.ThrowsAsync<HttpRequestException>(() => asked);
        Assert.Equal(RequestEnd.AbortedByClient, await received.Ended.WaitAsync(Upstream.Stop));
    }

    [Fact]
    public async Task Answer_waits_for_the_clock()
    {
        ManualTimeProvider clock = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
        await using Upstream upstream = await Upstream.StartAsync(new FakeGeminiOptions { TimeProvider = clock });
        upstream.Server.Script.Next(FakeReply.TextInPieces("one", "two").After(TimeSpan.FromSeconds(5)).Between(TimeSpan.FromSeconds(1)));

        Task<HttpResponseMessage> asked = upstream.PostAsync(Stream);
        await clock.SomebodyWaitsAsync(Upstream.Stop);
        Assert.False(asked.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(5));
        using HttpResponseMessage response = await asked;
        await clock.SomebodyWaitsAsync(Upstream.Stop);
        clock.Advance(TimeSpan.FromSeconds(1));
        Task<string> read = response.Content.ReadAsStringAsync(Upstream.Stop);
        await clock.SomebodyWaitsAsync(Upstream.Stop);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("\"two\"", await read, StringComparison.Ordinal);
    }

    private static async Task<(string Text, bool Broken)> ReadUntilBrokenAsync(HttpResponseMessage response)
    {
        StringBuilder text = new();
        await using Stream body = await response.Content.ReadAsStreamAsync(Upstream.Stop);
        byte[] buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, Upstream.Stop)) > 0) text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            return (text.ToString(), false);
        }
        catch (IOException)
        {
            return (text.ToString(), true);
        }
    }
}
