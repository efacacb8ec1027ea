using System.Net;
using System.Text;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Files;
using Pollux.IntegrationTests.Hosting;
using Pollux.Tests.Protocols.Answers.Recorded;

namespace Pollux.IntegrationTests.Resources;

/// <summary>Interactions: turns that Google keeps, each in the project of the key that made the first.</summary>
[Trait("Feature", "GEM-5")]
public sealed class InteractionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Turns_follow_each_other_at_one_key(bool stream)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        using HttpClient other = gateway.Other();
        string? last = null;
        for (int turn = 1; turn <= 5; turn++)
        {
            FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Post, "/v1beta/interactions", Body(last, stream ? ",\"stream\":true" : ""));
            Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
            Assert.Contains($"This is turn {turn}.", seen.Body, StringComparison.Ordinal);
            last = IdOf(seen.Body);
        }

        Assert.Single(gateway.Asked().Select(static request => request.Key).Distinct());
        long sent = gateway.Upstream.Received.Total;
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Post, "/v1beta/interactions", Body(last)));
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, "/v1beta/interactions/" + last));
        Assert.Empty(gateway.Asked(sent));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Delete, "/v1beta/interactions/" + last)).Status);
        ResourceStand.AssertNotThere(await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/interactions/" + last));
    }

    [Fact]
    public async Task One_in_the_background_is_watched_and_cancelled_at_its_key()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string id = IdOf((await gateway.Client.MakeAsync("/v1beta/interactions", Body(null, ",\"background\":true"))).ToJsonString());

        for (int i = 0; i < 3; i++)
            Assert.Equal("in_progress", (string?)(await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/interactions/" + id)).Json["status"]);
        Assert.Equal("cancelled", (string?)(await gateway.Client.SendAsync(HttpMethod.Post, $"/v1beta/interactions/{id}/cancel")).Json["status"]);

        Assert.Single(gateway.Asked().Select(static request => request.Key).Distinct());
    }

    [Fact]
    public async Task Events_reach_the_client_while_the_upstream_still_speaks()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        var gate = new TaskCompletionSource();
        byte[] first = Encoding.UTF8.GetBytes("event: interaction.created\ndata: {\"interaction\":{\"id\":\"v1_early\",\"status\":\"in_progress\"}}\n\n");
        gateway.Upstream.Script.Next(FakeReply.Raw(200, "text/event-stream", first, "event: done\ndata: [DONE]\n\n"u8.ToArray()).HeldUntil(gate.Task, 1));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1beta/interactions") { Content = FileWork.Json(Body(null, ",\"stream\":true")) };
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        await using Stream body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var read = new byte[first.Length];

        await body.ReadExactlyAsync(read, TestContext.Current.CancellationToken);

        Assert.Equal(first, read);
        string key = Assert.Single(gateway.Asked()).Key!;
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/interactions/v1_early")).Status); // known already, and asked for at its key alone
        Assert.Equal(key, Assert.Single(gateway.Asked().Skip(1)).Key);
        gate.SetResult();
    }

    [Fact]
    public async Task A_stream_that_breaks_off_does_not_look_whole_and_is_not_begun_again()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Default.ResetAfter(3));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1beta/interactions") { Content = FileWork.Json(Body(null, ",\"stream\":true")) };
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        Assert.Single(gateway.Asked());
        string id = Assert.Single(gateway.Upstream.Resources.All).Name;
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, $"/v1beta/{id}?stream=true")).Status); // its id came, so it is known
        Assert.Single(gateway.Asked().Select(static one => one.Key).Distinct());
    }

    [Fact]
    [Trait("Feature", "MEM-4")]
    public async Task A_conversation_goes_on_at_its_key_after_a_restart()
    {
        string folder = Directory.CreateTempSubdirectory("pollux-interactions-").FullName;
        try
        {
            await using FakeGeminiServer upstream = await FakeGeminiServer.StartAsync(TestContext.Current.CancellationToken);
            for (int i = 0; i < 3; i++)
                upstream.AddKey(ResourceStand.Key(i), upstream.AddProject($"4000000000{i:D2}", FakeTier.Paid));
            var settings = new Dictionary<string, string> { ["KEY_STORAGE_MODE"] = "database", ["DATA_DIR"] = folder, ["BASE_URL"] = upstream.BaseAddress.AbsoluteUri };
            string id;
            await using (TestGateway gateway = await ResourceStand.StartAsync(settings: settings))
                id = IdOf((await gateway.Client.MakeAsync("/v1beta/interactions", Body(null))).ToJsonString());

            await using TestGateway again = await ResourceStand.StartAsync(settings: settings);
            long sent = upstream.Received.Total;
            using HttpClient other = again.Other();
            ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Post, "/v1beta/interactions", Body(id)));
            Assert.Contains("This is turn 2.", (await again.Client.SendAsync(HttpMethod.Post, "/v1beta/interactions", Body(id))).Body, StringComparison.Ordinal);
            Assert.Equal(upstream.Resources.Find("interactions/" + id)!.Key, Assert.Single(upstream.Received.Requests, request => request.Sequence > sent && request.Action != "listModels").Key);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("""{"input":"Hi"}""")]
    [InlineData("""{"model":"gemini-3.5-flash","input":"Hi","background":true,"store":false}""")]
    [InlineData("""{"model":"gemini-3.5-flash","input":"Hi","oddity":1}""")]
    public async Task What_Google_refuses_is_told_once(string body)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();

        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Client.SendAsync(HttpMethod.Post, "/v1beta/interactions", body)).Status);

        Assert.Single(gateway.Asked());
    }

    [Fact]
    public async Task Recorded_answers_arrive_byte_by_byte_and_their_ids_are_learned()
    {
        RecordedAnswers.SkipIfAbsent();
        string[] recordings = [.. Directory.EnumerateDirectories(RecordedAnswers.Root!, "gemini-interactions-*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(recordings);
        foreach (string recording in recordings)
        {
            bool stream = File.Exists(Path.Combine(recording, "response.sse"));
            byte[] due = await File.ReadAllBytesAsync(Path.Combine(recording, stream ? "response.sse" : "response.json"), TestContext.Current.CancellationToken);
            await using TestGateway gateway = await ResourceStand.StartAsync();
            gateway.Upstream.Script.Next(FakeReply.Recorded(recording));
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1beta/interactions") { Content = FileWork.Json(Body(null, stream ? ",\"stream\":true" : "")) };
            using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            byte[] got = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

            Assert.True(due.AsSpan().SequenceEqual(got), recording);
            string key = Assert.Single(gateway.Asked()).Key!;
            string text = Encoding.UTF8.GetString(due);
            if (!text.Contains("\"id\"", StringComparison.Ordinal) || !text.Contains("v1_", StringComparison.Ordinal))
                continue; // it was not stored
            await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/interactions/" + IdOf(text));
            Assert.Equal(key, Assert.Single(gateway.Asked().Skip(1)).Key); // at its key, and at no other
        }
    }

    private static string Body(string? previous, string more = "") =>
        $$"""{"model":"{{ResourceStand.Model}}","input":"Hi"{{(previous is null ? "" : $",\"previous_interaction_id\":\"{previous}\"")}}{{more}}}""";

    private static string IdOf(string text)
    {
        int at = text.IndexOf("v1_", StringComparison.Ordinal);
        return text[at..text.IndexOf('"', at)];
    }
}
