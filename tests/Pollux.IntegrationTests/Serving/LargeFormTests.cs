using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Buffers;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;
using Pollux.IntegrationTests.Media;

namespace Pollux.IntegrationTests.Serving;

/// <summary><c>LARGE_BODY_BUDGET_MB</c> holds for forms with files as it does for bodies of JSON.</summary>
public sealed class LargeFormTests
{
    private const int Megabyte = 1024 * 1024;
    private const int Large = 5 * Megabyte;
    private const int Budget = 16; // MB, the least: one form of 5 MB takes 12.5 of them while it is read, and 7.5 from then on

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("audio", false)]
    [InlineData("audio", true)]
    [InlineData("images", false)]
    [InlineData("images", true)]
    public async Task Without_room_a_large_form_is_refused_and_small_ones_are_served(string route, bool chunked)
    {
        await using TestGateway gateway = await StartAsync(("LARGE_BODY_WAIT_SECONDS", "0"));
        using BodyShare? all = await Whole(gateway).TakeAsync(long.MaxValue, Cancellation);

        (HttpResponseMessage large, string refusal) = await SendAsync(gateway, route, Large, chunked);
        (HttpResponseMessage small, string answer) = await SendAsync(gateway, route, 900_000, chunked);

        JsonElement error = JsonElement.Parse(refusal).GetProperty("error");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "gateway_busy"), (large.StatusCode, error.GetProperty("code").GetString()));
        Assert.Equal(TimeSpan.FromSeconds(5), large.Headers.RetryAfter?.Delta);
        Assert.True(small.StatusCode == HttpStatusCode.OK, answer);
        Assert.Single(gateway.Calls());
    }

    [Theory]
    [InlineData("audio")]
    [InlineData("images")]
    public async Task While_one_form_is_answered_another_waits_and_then_has_its_turn(string route)
    {
        await using TestGateway gateway = await StartAsync();
        var release = new TaskCompletionSource();
        gateway.Upstream.Script.Next(FakeReply.Default.HeldUntil(release.Task));

        Task<(HttpResponseMessage Response, string)> first = SendAsync(gateway, route, Large);
        await UntilAsync(() => gateway.Calls().Count > 0);
        Task<(HttpResponseMessage Response, string)> second = SendAsync(gateway, route, Large);
        await UntilAsync(() => Whole(gateway).Waiting > 0);

        Assert.InRange((Budget * Megabyte) - Whole(gateway).Free, 1.5 * Large, 1.55 * Large); // the first holds what is sent; its files are gone
        Assert.Single(gateway.Calls());
        release.SetResult();
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], (await Task.WhenAll(first, second)).Select(static one => one.Response.StatusCode));
    }

    [Theory]
    [InlineData("audio", "good", 200)]
    [InlineData("audio", "bad", 400)]
    [InlineData("audio", "refused", 400)]
    [InlineData("images", "good", 200)]
    [InlineData("images", "bad", 400)]
    [InlineData("images", "refused", 400)]
    public async Task The_share_is_given_back_after_every_kind_of_end(string route, string kind, int status)
    {
        await using TestGateway gateway = await StartAsync();
        if (kind == "refused")
            gateway.Upstream.Script.Next(FakeReply.Error(400, "INVALID_ARGUMENT", "No."));

        (HttpResponseMessage response, string body) = await SendAsync(gateway, route, Large, model: kind == "bad" ? "gemma-4-31b-it" : null, chunked: kind == "good");

        Assert.True(status == (int)response.StatusCode || (kind == "bad" && route == "images"), body); // a model that does not paint is no fault there
        await UntilAsync(() => Whole(gateway).Free == Budget * Megabyte);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static BodyBudget Whole(TestGateway gateway) => gateway.Services.GetRequiredService<BodyBudget>();

    private static async Task<(HttpResponseMessage Response, string Body)> SendAsync(TestGateway gateway, string route, int bytes, bool chunked = false, string? model = null)
    {
        MultipartFormDataContent form = route == "audio"
            ? TranscriptionTests.Form(TranscriptionTests.Wave(bytes), ("model", model ?? "whisper-1"))
            : ImageStand.Form("a hat", ("image", MediaStand.Png(bytes)));
        if (route == "images" && model is not null)
            form.Add(new StringContent(model), "model");
        using var request = new HttpRequestMessage(HttpMethod.Post, route == "audio" ? "/v1/audio/transcriptions" : "/v1/images/edits") { Content = form };
        request.Headers.TransferEncodingChunked = chunked;
        HttpResponseMessage response = await gateway.Client.SendAsync(request, Cancellation);
        return (response, Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(Cancellation)));
    }

    private static Task<TestGateway> StartAsync(params (string Name, string Value)[] settings) => ImageStand.StartAsync([("LARGE_BODY_BUDGET_MB", $"{Budget}"), .. settings]);
}
