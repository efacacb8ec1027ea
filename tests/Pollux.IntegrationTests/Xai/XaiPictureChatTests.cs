using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Xai;

/// <summary>UPS-3: models of xAI that make pictures, through chat.</summary>
[Trait("Feature", "UPS-3")]
public sealed class XaiPictureChatTests : IDisposable
{
    private readonly RequestLines _lines = new();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData("grok-2-image")]
    [InlineData("grok-imagine-image")]
    public async Task The_answer_is_the_revised_prompt_a_blank_line_and_the_addresses(string model)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(lines: _lines);

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("2 cats", model));

        string pictures = gateway.Upstream.BaseAddress + "xai/pictures/";
        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal($"Better: 2 cats\n\n![image1]({pictures}1.jpeg)\n![image2]({pictures}2.jpeg)", seen.Text);
        JsonNode body = JsonNode.Parse(seen.Body)!;
        Assert.Equal(("chat.completion", model), (body["object"]!.GetValue<string>(), body["model"]!.GetValue<string>()));
        Assert.Equal((0, 400_000_000L), (body["usage"]!["total_tokens"]!.GetValue<int>(), body["usage"]!["cost_in_usd_ticks"]!.GetValue<long>()));
        ReceivedRequest sent = Assert.Single(gateway.ToXai());
        Assert.Equal(("/xai/v1/images/generations", "2", "\"url\"", "\"2 cats\""), (sent.Path, sent.Member("n"), sent.Member("response_format"), sent.Member("prompt")));
        Assert.Equal("200", (await _lines.NextAsync()).Status);
    }

    [Fact]
    public async Task A_stream_has_the_shape_of_one_and_ends_with_usage()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();
        JsonObject body = Form.OpenAIStream.Body("a cat", "grok-2-image");
        body["stream_options"] = new JsonObject { ["include_usage"] = true };

        Seen seen = await gateway.AskAsync(Form.OpenAIStream, body);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal($"Better: a cat\n\n![image1]({gateway.Upstream.BaseAddress}xai/pictures/1.jpeg)", seen.Text);
        Assert.All(seen.Events, static chunk => Assert.Equal("chat.completion.chunk", chunk["object"]!.GetValue<string>()));
        Assert.Single(seen.Events.Select(static chunk => chunk["id"]!.GetValue<string>()).Distinct());
        Assert.Equal("assistant", seen.Events[0]["choices"]![0]!["delta"]!["role"]!.GetValue<string>());
        Assert.Empty(seen.Events[^1]["choices"]!.AsArray());
        Assert.Equal(0, seen.Events[^1]["usage"]!["total_tokens"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("none")]
    public async Task As_bytes_they_stand_in_the_picture_store_or_in_the_answer(string store)
    {
        await using TestGateway gateway = await XaiStand.StartAsync(settings: new Dictionary<string, string> { ["XAI_RESPONSE_FORMAT"] = "b64_json", ["IMAGE_STORAGE_TYPE"] = store });

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("a cat", "grok-2-image"));

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal("\"b64_json\"", Assert.Single(gateway.ToXai()).Member("response_format"));
        string link = seen.Text[(seen.Text.IndexOf('(', StringComparison.Ordinal) + 1)..^1];
        byte[] picture = store == "none"
            ? Convert.FromBase64String(link["data:image/jpeg;base64,".Length..])
            : await gateway.Client.GetByteArrayAsync(link, TestContext.Current.CancellationToken);
        Assert.Equal([0xff, 0xd8, 0xff], picture[..3]);
    }

    [Fact]
    public async Task What_moderation_withholds_is_left_out_and_told()
    {
        await using TestGateway gateway = await XaiStand.StartAsync(settings: new Dictionary<string, string> { ["DEBUG_HEADERS"] = "true" });

        Seen some = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("2: withhold 1", "grok-2-image"));
        Seen all = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("withhold 1", "grok-2-image"));

        Assert.True(some.IsComplete, some.Body);
        Assert.DoesNotContain("image2", some.Text, StringComparison.Ordinal);
        Assert.Equal((400, "content_policy"), ((int)all.Status, all.ErrorCode));
    }

    [Fact]
    public async Task A_callers_key_pays_for_pictures_too()
    {
        await using TestGateway gateway = await XaiStand.StartAsync();

        Seen seen = await gateway.AskAsync(Form.OpenAI, Form.OpenAI.Body("a cat", "grok-2-image"), XaiStand.CallersKey);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(XaiStand.CallersKey, Assert.Single(gateway.ToXai()).Key);
        gateway.CheckNothingShows(seen.Body);
    }
}
