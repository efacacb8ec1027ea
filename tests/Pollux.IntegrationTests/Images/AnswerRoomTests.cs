using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Media;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Images;

/// <summary><c>LARGE_BODY_BUDGET_MB</c> for answers: large ones take their share and wait for it, small ones never do.</summary>
public sealed class AnswerRoomTests
{
    private const int Megabyte = 1024 * 1024;
    private const string Chat = $$"""{"model":"{{ImageStand.Painter}}","messages":[{"role":"user","content":"a cat"}]}""";
    private const string Stream = $$"""{"model":"{{ImageStand.Painter}}","stream":true,"messages":[{"role":"user","content":"a cat"}]}""";

    [Theory]
    [InlineData(Chat)]
    [InlineData(Stream)]
    public async Task Without_room_a_large_answer_is_given_up_in_clear_words_and_no_key_is_blamed(string body)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("LARGE_BODY_WAIT_SECONDS", "0"));
        using BodyShare all = await AllAsync(gateway);
        gateway.Upstream.Script.Next(FakeReply.Picture("image/png", MediaStand.Png(3 * Megabyte)));

        Seen large = await AskAsync(gateway, body);
        Seen small = await AskAsync(gateway, body);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "gateway_busy"), (large.Status, large.ErrorCode));
        Assert.Contains("LARGE_BODY_BUDGET_MB", large.Message, StringComparison.Ordinal);
        Assert.True(small.IsComplete, small.Body);
    }

    [Theory]
    [InlineData(Chat)]
    [InlineData(Stream)]
    public async Task It_is_read_on_when_there_is_room_and_gives_its_share_back(string body)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        AnswerRoom room = gateway.Services.GetRequiredService<AnswerRoom>();
        BodyShare all = await AllAsync(gateway);
        gateway.Upstream.Script.Next(FakeReply.Picture("image/png", MediaStand.Png(3 * Megabyte)));

        Task<Seen> large = AskAsync(gateway, body);
        while (room.Waiting == 0)
            await Task.Yield();
        Assert.False(large.IsCompleted);
        all.Dispose();

        Assert.True((await large).IsComplete);
        while (room.Free != 256L * Megabyte)
            await Task.Yield();
    }

    [Fact]
    public async Task Several_pictures_of_one_request_do_not_wait_for_each_other()
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("LARGE_BODY_BUDGET_MB", "16"), ("LARGE_BODY_WAIT_SECONDS", "0"));
        gateway.Upstream.Script.Always().Reply(FakeReply.Picture("image/png", MediaStand.Png(5 * Megabyte)));

        (HttpStatusCode status, System.Text.Json.JsonElement answer, _) = await gateway.GenerateAsync("\"prompt\":\"a cat\",\"n\":3");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(3, answer.GetProperty("data").GetArrayLength());
    }

    private static Task<Seen> AskAsync(TestGateway gateway, string body) => gateway.Client.AskAsync(body == Stream ? Form.OpenAIStream : Form.OpenAI, body);

    private static async Task<BodyShare> AllAsync(TestGateway gateway)
    {
        using var attempt = new AttemptCancellation(TimeSpan.Zero, TimeProvider.System, CancellationToken.None);
        return await gateway.Services.GetRequiredService<AnswerRoom>().TakeAsync(256L * Megabyte, waits: true, attempt);
    }
}
