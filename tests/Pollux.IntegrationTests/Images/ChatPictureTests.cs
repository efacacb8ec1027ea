using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Media;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Images;

/// <summary>OAI-9: pictures in chats, shown as Markdown and sent back as pictures.</summary>
[Trait("Feature", "OAI-9")]
public sealed class ChatPictureTests
{
    [Theory]
    [InlineData(Form.OpenAI, "memory")]
    [InlineData(Form.OpenAIStream, "memory")]
    [InlineData(Form.OpenAI, "none")]
    [InlineData(Form.OpenAIStream, "none")]
    public async Task A_picture_is_shown_as_Markdown_whose_link_shows_it(Form form, string store)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_STORAGE_TYPE", store));
        byte[] picture = MediaStand.Png(1000);
        gateway.Upstream.Script.Next(FakeReply.Picture("image/png", picture));

        Seen seen = await gateway.Client.AskAsync(form, "a cat", ImageStand.Painter);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.StartsWith(store == "none" ? "![image](data:image/png;base64," : $"![image]({gateway.Address}images/", seen.Text, StringComparison.Ordinal);
        Assert.Equal(picture, await ImageStand.PictureAsync(gateway, seen.Text));
        Assert.Equal(store == "none", seen.Body.Contains("\"images\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,", StringComparison.Ordinal));
        Assert.Equal("""["TEXT","IMAGE"]""", Assert.Single(gateway.Calls()).Json.GetProperty("generationConfig").GetProperty("responseModalities").GetRawText());
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task A_picture_that_the_store_does_not_take_stays_in_the_answer(Form form)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_STORAGE_TYPE", "memory"), ("MEMORY_MAX_IMAGE_SIZE_MB", "1"));
        byte[] picture = MediaStand.Png(2 * 1024 * 1024);
        gateway.Upstream.Script.Next(FakeReply.Picture("image/png", picture, "Look:"));

        Seen seen = await gateway.Client.AskAsync(form, "a cat", ImageStand.Painter);

        Assert.StartsWith("Look:\n\n![image](data:image/png;base64,", seen.Text, StringComparison.Ordinal);
        Assert.Equal(picture, await ImageStand.PictureAsync(gateway, seen.Text));
    }

    [Theory]
    [InlineData("memory", Form.OpenAI)]
    [InlineData("none", Form.OpenAI)]
    [InlineData("memory", Form.OpenAIStream)]
    [InlineData("none", Form.OpenAIStream)]
    public async Task Three_edits_go_on_from_each_other_though_the_client_keeps_Markdown_alone(string store, Form form)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_STORAGE_TYPE", store));
        var turns = new List<string> { "a cat" };
        var shown = new List<byte[]>();
        for (int edit = 0; edit < 3; edit++)
        {
            JsonObject body = ImageStand.Chat(ImageStand.Painter, [.. turns]);
            body["stream"] = form == Form.OpenAIStream;
            Seen seen = await gateway.Client.AskAsync(form, body);
            Assert.True(seen.IsComplete, seen.Body);
            shown.Add(await ImageStand.PictureAsync(gateway, seen.Text));
            turns.AddRange([seen.Text, $"change {edit}"]);

            ReceivedRequest sent = gateway.Calls()[edit];
            Assert.Equal(edit == 0 ? [] : [shown[edit - 1]], ImageStand.Sent(sent)); // the last one only
            if (edit > 0)
                Assert.Contains("\"thoughtSignature\"", sent.Json.GetRawText(), StringComparison.Ordinal);
        }

        Assert.Equal(3, shown.DistinctBy(Convert.ToHexString).Count());
        Assert.Equal(3, gateway.Calls().Count); // no signature was refused
        JsonElement[] last = [.. gateway.Calls()[2].Json.GetProperty("contents")[1].GetProperty("parts").EnumerateArray()];
        Assert.Equal("[image]", last[^1].GetProperty("text").GetString());
    }

    [Fact]
    public async Task All_pictures_go_back_where_the_setting_says_so()
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("HISTORY_IMAGE_SUBMIT_TYPE", "all"));
        string first = (await gateway.Client.AskAsync(Form.OpenAI, "a cat", ImageStand.Painter)).Text;
        string second = (await gateway.Client.AskAsync(Form.OpenAI, "a dog", ImageStand.Painter)).Text;

        await gateway.Client.AskAsync(Form.OpenAI, ImageStand.Chat(ImageStand.Painter, "a cat", first, "a dog", second, "both"));

        Assert.Equal(
            [await ImageStand.PictureAsync(gateway, first), await ImageStand.PictureAsync(gateway, second)],
            ImageStand.Sent(gateway.Calls()[^1]));
    }

    [Theory]
    [InlineData(ImageStand.Painter, 1)]
    [InlineData(Ask.Model, 0)]
    public async Task A_picture_of_elsewhere_is_fetched_for_models_that_paint(string model, int fetched)
    {
        await using MediaStand stand = await MediaStand.StartAsync();
        await EmbeddingTests.ListedAsync(stand.Gateway);
        byte[] picture = MediaStand.Png(300);
        stand.Host.File("/cat.png", picture, "image/png");
        string markdown = "Here: ![a cat](http://media.example/cat.png \"title\") there.";

        Seen seen = await stand.Gateway.Client.AskAsync(Form.OpenAI, ImageStand.Chat(model, "a cat", markdown, "again"));

        Assert.True(seen.IsComplete, seen.Body);
        ReceivedRequest sent = Assert.Single(stand.Gateway.Calls());
        Assert.Equal(fetched, ImageStand.Sent(sent).Length);
        JsonElement parts = sent.Json.GetProperty("contents")[1].GetProperty("parts");
        Assert.Equal("Here: ", parts[0].GetProperty("text").GetString());
        Assert.Equal(" there.", parts[2].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("![a](http://169.254.169.254/latest/meta-data)")]
    [InlineData("![a](http://127.0.0.1/cat.png)")]
    [InlineData("![a](/images/00000000000000000000000000000000.png)")]
    [InlineData("![a](data:image/png;base64,!!!)")]
    [InlineData("![a](mailto:x) and ![b")]
    public async Task What_cannot_be_had_stays_a_text_and_refuses_nothing(string markdown)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, ImageStand.Chat(ImageStand.Painter, "a cat", markdown, "again"));

        Assert.True(seen.IsComplete, seen.Body);
        ReceivedRequest sent = Assert.Single(gateway.Calls());
        Assert.Empty(ImageStand.Sent(sent));
        Assert.Equal(markdown, sent.Json.GetProperty("contents")[1].GetProperty("parts")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_signature_of_another_model_does_not_end_the_conversation()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        string shown = (await gateway.Client.AskAsync(Form.OpenAI, "a cat", ImageStand.Painter)).Text;

        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, ImageStand.Chat("gemini-2.5-flash-image", "a cat", shown, "again"));

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Single(ImageStand.Sent(gateway.Calls()[^1]));
    }

    [Theory]
    [InlineData(Form.OpenAI, "memory", 2)]
    [InlineData(Form.OpenAIStream, "memory", 2)]
    [InlineData(Form.OpenAI, "none", 1)]
    public async Task A_chat_with_the_painter_takes_the_last_text_as_the_prompt(Form form, string store, int count)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_STORAGE_TYPE", store));
        JsonObject body = ImageStand.Chat(ImageStand.Painter + "-chat", "hello", "hi", $"a cat {{n:{count}}} {{ratio:3:4}}");
        body["stream"] = form == Form.OpenAIStream;

        Seen seen = await gateway.Client.AskAsync(form, body);

        Assert.True(seen.IsComplete, seen.Body);
        string[] lines = seen.Text.Split("\n\n");
        Assert.Equal(count, lines.Length);
        for (int i = 0; i < count; i++)
        {
            Assert.StartsWith($"![Generated Image {i + 1}](", lines[i], StringComparison.Ordinal);
            Assert.Equal(0x89, (await ImageStand.PictureAsync(gateway, lines[i]))[0]);
        }

        Assert.Equal(count, gateway.Calls("generateContent").Count);
        Assert.Equal("a cat", gateway.Calls()[0].Json.GetProperty("contents")[0].GetProperty("parts")[0].GetProperty("text").GetString());
        Assert.Equal("3:4", gateway.Calls()[0].Json.GetProperty("generationConfig").GetProperty("imageConfig").GetProperty("aspectRatio").GetString());
    }

    [Theory]
    [InlineData(Form.OpenAI)]
    [InlineData(Form.OpenAIStream)]
    public async Task A_chat_with_the_painter_tells_errors(Form form)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.NoContent("IMAGE_SAFETY"));
        JsonObject body = ImageStand.Chat(ImageStand.Painter + "-chat", "something bad");
        body["stream"] = form == Form.OpenAIStream;

        Seen seen = await gateway.Client.AskAsync(form, body);

        Assert.Equal((HttpStatusCode.BadRequest, "content_policy_violation"), (seen.Status, seen.ErrorCode));
    }

    [Fact]
    public async Task Twins_and_the_chat_are_listed_and_a_twin_asks_for_pictures()
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_MODELS", "gemini-3-pro-image,nano-banana-pro-preview"));

        JsonElement list = JsonElement.Parse(await gateway.Client.GetByteArrayAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken));
        Seen seen = await gateway.Client.AskAsync(Form.OpenAI, "a cat", "nano-banana-pro-preview-image");

        string[] names = [.. list.GetProperty("data").EnumerateArray().Select(static model => model.GetProperty("id").GetString()!)];
        Assert.Contains("gemini-3-pro-image-image", names);
        Assert.Contains("nano-banana-pro-preview-image", names);
        Assert.DoesNotContain("gemini-3.1-flash-image-image", names);
        Assert.Equal(ImageStand.Painter + "-chat", names[^1]);
        Assert.Contains("![image](", seen.Text, StringComparison.Ordinal);
        Assert.Equal("nano-banana-pro-preview", Assert.Single(gateway.Calls()).Model);
    }
}
