using System.Net;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Media;

/// <summary>Media by http(s) address in a chat (OAI-2): fetched once, sent as they are, or left to Google.</summary>
public sealed class RemoteMediaTests
{
    [Theory]
    [InlineData("image/png", "89504E470D0A1A0A00", "image/png")]
    [InlineData("application/octet-stream", "89504E470D0A1A0A00", "image/png")]
    [InlineData(null, "FFD8FFE000104A4649", "image/jpeg")]
    [InlineData("image/webp; charset=binary", "52494646FFFFFFFF5745425056503820", "image/webp")]
    [InlineData("application/pdf", "255044462D312E370A", "application/pdf")]
    [InlineData("audio/mpeg", "49443304000000", "audio/mp3")]
    public async Task What_an_address_gives_reaches_the_upstream_as_the_same_bytes(string? declared, string hex, string type)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        byte[] content = Convert.FromHexString(hex);
        stand.Host.File("/x", content, declared);

        Seen seen = await stand.AskAsync("http://media.example/x");

        Assert.True(seen.IsComplete, seen.Body);
        JsonNode inline = Assert.Single(stand.Parts())!["inlineData"]!;
        Assert.Equal((type, Convert.ToBase64String(content)), ((string?)inline["mimeType"], (string?)inline["data"]));
        Assert.Equal(new IPEndPoint(MediaHost.Public, 80), Assert.Single(stand.Host.Dialed));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(1_048_576)]
    [InlineData(3_000_001)]
    [InlineData(15_000_000)]
    public async Task A_large_picture_is_carried_whole_with_its_length_and_without(int length)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        byte[] picture = MediaStand.Png(length);
        stand.Host.File("/told.png", picture, "image/png");
        stand.Host.Bytes("/untold.png", [.. "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n\r\n"u8, .. picture]);

        Seen seen = await stand.AskAsync("http://media.example/told.png", "http://media.example/untold.png");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.All(stand.Parts(), part => Assert.True(Convert.FromBase64String((string)part!["inlineData"]!["data"]!).AsSpan().SequenceEqual(picture)));
        Assert.Equal(2, stand.Parts().Length);
    }

    [Fact]
    public async Task The_host_sees_a_plain_request_without_cookies_credentials_or_wishes_for_compression()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.Redirect("/a", "/b?c=d");
        stand.Host.File("/b?c=d", MediaStand.Png(100), "image/png");

        Assert.True((await stand.AskAsync("http://media.example/a#fragment")).IsComplete);

        Assert.Equal(2, stand.Host.Requests.Count);
        Assert.All(stand.Host.Requests, static head =>
        {
            Assert.Contains("Host: media.example\r\n", head, StringComparison.Ordinal);
            Assert.Contains("User-Agent: Pollux\r\n", head, StringComparison.Ordinal);
            Assert.Contains("Accept-Encoding: identity\r\n", head, StringComparison.Ordinal);
            Assert.DoesNotContain("Cookie", head, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Authorization", head, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Referer", head, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("traceparent", head, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task An_address_that_stands_twice_is_fetched_once()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.File("/x", MediaStand.Png(100), "image/png");

        Assert.True((await stand.AskAsync("http://media.example/x", "http://media.example/x")).IsComplete);

        Assert.Single(stand.Host.Requests);
        Assert.All(stand.Parts(), static part => Assert.NotNull(part!["inlineData"]));
    }

    [Fact]
    public async Task What_Google_fetches_is_left_to_Google()
    {
        await using MediaStand stand = await MediaStand.StartAsync();

        Assert.True((await stand.AskAsync("https://media.example/x.png")).IsComplete);

        Assert.Equal("https://media.example/x.png", (string?)Assert.Single(stand.Parts())!["fileData"]!["fileUri"]);
        Assert.Empty(stand.Host.Lookups);
    }

    [Fact]
    public async Task A_stand_in_and_a_second_body_do_not_fetch_again()
    {
        await using MediaStand stand = await MediaStand.StartAsync(settings: ("MODEL_FALLBACKS", $"{Ask.Model}=gemini-2.5-flash"));
        stand.Gateway.Upstream.Script.ForModel(Ask.Model).Reply(FakeReply.QuotaDay());
        stand.Gateway.Upstream.Script.ForModel("gemini-2.5-flash").Times(1).Reply(FakeReply.Error(400, "INVALID_ARGUMENT", "Corrupted thought signature."));
        stand.Host.File("/x", MediaStand.Png(5000), "image/png");

        Seen seen = await stand.AskAsync("http://media.example/x");

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal([Ask.Model, "gemini-2.5-flash", "gemini-2.5-flash"], stand.Gateway.Calls().Select(static call => call.Model));
        Assert.All(stand.Gateway.Calls(), static call => Assert.Contains(Convert.ToBase64String(MediaStand.Png(5000)), System.Text.Encoding.UTF8.GetString(call.Body.Span), StringComparison.Ordinal));
        Assert.Single(stand.Host.Requests);
    }

    [Fact]
    public async Task A_stand_in_that_cannot_fetch_gets_what_the_gateway_fetches_for_it()
    {
        await using MediaStand stand = await MediaStand.StartAsync(settings: ("MODEL_FALLBACKS", $"{Ask.Model}=gemini-2.5-flash"));
        stand.Gateway.Upstream.Script.ForModel(Ask.Model).Reply(FakeReply.QuotaDay());

        Seen seen = await stand.AskAsync("https://media.example/x"); // nobody speaks TLS there: the stand-in is passed over

        Assert.Equal(HttpStatusCode.TooManyRequests, seen.Status);
        Assert.Equal(new IPEndPoint(MediaHost.Public, 443), Assert.Single(stand.Host.Dialed));
    }

    [Theory]
    [InlineData("""{"model":"gemini-3.5-flash","n":0,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://media.example/x"}}]}]}""", 400)]
    [InlineData("""{"model":"gemini-3.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://media.example/x"}},{"type":"nonsense"}]}]}""", 400)]
    [InlineData("""{"model":"no-such-model","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://media.example/x"}}]}]}""", 404)]
    [InlineData("""{"model":"gemini-3.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://media.example/x"}}]}]""", 400)]
    public async Task Nothing_is_fetched_for_a_request_that_is_not_understood(string body, int status)
    {
        await using MediaStand stand = await MediaStand.StartAsync();

        using HttpRequestMessage request = Ask.Request("/v1/chat/completions", System.Text.Encoding.UTF8.GetBytes(body));
        using HttpResponseMessage response = await stand.Gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Empty(stand.Host.Lookups);
    }

    [Fact]
    public async Task Nothing_is_fetched_for_somebody_who_may_not_call()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        using HttpRequestMessage request = Ask.Request("/v1/chat/completions", MediaStand.Chat("http://media.example/x"));
        request.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", "wrong");

        using HttpResponseMessage response = await stand.Gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Empty(stand.Host.Lookups);
    }

    [Fact]
    public async Task OpenAIs_library_sends_a_picture_by_address()
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        stand.Host.File("/x.png", MediaStand.Png(100), "image/png");
        var chat = new OpenAI.Chat.ChatClient(Ask.Model, new System.ClientModel.ApiKeyCredential(Hosting.TestGateway.Password), new OpenAI.OpenAIClientOptions { Endpoint = new Uri(stand.Gateway.Address, "/v1") });

        OpenAI.Chat.ChatCompletion completion = await chat.CompleteChatAsync(
            [new OpenAI.Chat.UserChatMessage(OpenAI.Chat.ChatMessageContentPart.CreateTextPart("What is it?"), OpenAI.Chat.ChatMessageContentPart.CreateImagePart(new Uri("http://media.example/x.png")))],
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(OpenAI.Chat.ChatFinishReason.Stop, completion.FinishReason);
        Assert.Equal(Convert.ToBase64String(MediaStand.Png(100)), (string?)stand.Parts()[1]!["inlineData"]!["data"]);
    }
}
