using System.Net;
using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Media;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Images;

/// <summary>OAI-10: pictures made and changed over OpenAI's routes.</summary>
[Trait("Feature", "OAI-10")]
public sealed class ImageRouteTests
{
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xE0, .. new byte[60]];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1")]
    [InlineData("/hf/v1")]
    [InlineData("/openai/v1")]
    [InlineData("/aistudio")]
    [InlineData("")]
    [InlineData("/v1beta/openai")]
    public async Task A_picture_comes_as_an_address_that_shows_it(string prefix)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        (HttpStatusCode status, JsonElement answer, _) = await gateway.GenerateAsync("\"prompt\":\"a cat {ratio:16:9}\"", prefix);

        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        JsonElement picture = answer.GetProperty("data")[0];
        byte[] bytes = await gateway.Client.GetByteArrayAsync(new Uri(picture.GetProperty("url").GetString()!), Cancellation);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);
        Assert.Equal("a cat", picture.GetProperty("revised_prompt").GetString());
        Assert.False(picture.TryGetProperty("b64_json", out _));
        Assert.True(answer.GetProperty("usage").GetProperty("output_tokens").GetInt32() > 0);
        ReceivedRequest sent = Assert.Single(gateway.Calls("generateContent"));
        Assert.Equal(ImageStand.Painter, sent.Model);
        JsonElement config = sent.Json.GetProperty("generationConfig");
        Assert.Equal("""["TEXT","IMAGE"]""", config.GetProperty("responseModalities").GetRawText());
        Assert.Equal("16:9", config.GetProperty("imageConfig").GetProperty("aspectRatio").GetString());
    }

    [Theory]
    [InlineData("memory", "", "url")]
    [InlineData("memory", ",\"response_format\":\"url\"", "url")]
    [InlineData("memory", ",\"response_format\":\"b64_json\"", "b64_json")]
    [InlineData("none", "", "b64_json")]
    [InlineData("none", ",\"response_format\":\"url\"", "b64_json")]
    [InlineData("memory", ",\"model\":\"dall-e-3\"", "url")]
    [InlineData("memory", ",\"model\":\"gpt-image-1\"", "b64_json")]
    [InlineData("memory", ",\"model\":\"gpt-image-1\",\"response_format\":\"url\"", "url")]
    public async Task The_form_is_the_one_asked_for_as_far_as_there_is_a_store(string store, string members, string expected)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("IMAGE_STORAGE_TYPE", store));

        (_, JsonElement answer, _) = await gateway.GenerateAsync("\"prompt\":\"a cat\"" + members);

        JsonElement picture = answer.GetProperty("data")[0];
        Assert.Equal([expected, "revised_prompt"], picture.EnumerateObject().Select(static member => member.Name));
        Assert.StartsWith(expected == "url" ? "http://127.0.0.1" : "iVBOR", picture.GetProperty(expected).GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"model\":\"gemini-2.5-flash-image\"", null, "gemini-2.5-flash-image")]
    [InlineData("\"model\":\"gemini-3-pro-image\"", "gemini-2.5-flash-image", "gemini-3-pro-image")]
    [InlineData("\"quality\":\"auto\"", "gemini-2.5-flash-image", "gemini-2.5-flash-image")]
    [InlineData("\"model\":\"dall-e-2\"", "gemini-2.5-flash-image", "gemini-2.5-flash-image")]
    [InlineData("\"model\":\"gpt-image-1\"", "imagen-3.0-generate-002", ImageStand.Painter)]
    [InlineData("\"model\":\"gemini-3.5-flash\"", null, ImageStand.Painter)]
    [InlineData("\"model\":null", ImageStand.Imagen, ImageStand.Imagen)]
    public async Task The_model_is_the_one_asked_for_if_it_paints_else_the_configured_or_the_newest(string members, string? configured, string model)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(configured is null ? [] : [("CREATE_IMAGE_MODEL", configured)]);

        (HttpStatusCode status, JsonElement answer, _) = await gateway.GenerateAsync("\"prompt\":\"a cat\"," + members);

        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        Assert.Equal(model, Assert.Single(gateway.Calls()).Model);
    }

    [Theory]
    [InlineData("\"prompt\":\"a cat\",\"model\":\"gemini-9-image\"", 404, "model")]
    [InlineData("\"prompt\":\"a cat\",\"size\":\"5x5\"", 400, "size")]
    [InlineData("\"prompt\":\"a cat {n:7}\"", 400, "prompt")]
    [InlineData("\"prompt\":\"a cat\",\"n\":99", 400, "n")]
    [InlineData("\"prompt\":\"a cat\",\"stream\":true", 400, "stream")]
    public async Task A_bad_request_is_refused_by_the_name_of_its_field_and_nothing_goes_upstream(string members, int status, string param)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        (HttpStatusCode seen, JsonElement answer, _) = await gateway.GenerateAsync(members);

        Assert.Equal((status, param), ((int)seen, answer.GetProperty("error").GetProperty("param").GetString()));
        Assert.Empty(gateway.Calls());
    }

    [Fact]
    public async Task Several_pictures_are_several_calls_joined_in_order()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        FakeReply[] replies = [.. Enumerable.Range(0, 6).Select(static number => FakeReply.Picture("image/png", [0x89, (byte)number, 3, 4]))];
        gateway.Upstream.Script.Next(replies);

        (_, JsonElement answer, _) = await gateway.GenerateAsync("\"prompt\":\"a cat\",\"n\":6,\"response_format\":\"b64_json\"");

        Assert.Equal(6, gateway.Calls("generateContent").Count);
        byte[] numbers = [.. answer.GetProperty("data").EnumerateArray().Select(static one => one.GetProperty("b64_json").GetBytesFromBase64()[1])];
        Assert.Equal(Enumerable.Range(0, 6), numbers.Order().Select(static number => (int)number));
        int prompt = answer.GetProperty("usage").GetProperty("input_tokens").GetInt32();
        Assert.True(prompt >= 6, $"{prompt} tokens for six prompts");
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(4, new[] { 4 })]
    [InlineData(6, new[] { 2, 4 })]
    [InlineData(10, new[] { 2, 4, 4 })]
    public async Task Imagen_makes_up_to_four_in_a_call(int count, int[] calls)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        (HttpStatusCode status, JsonElement answer, _) = await gateway.GenerateAsync($"\"prompt\":\"a cat\",\"n\":{count},\"model\":\"{ImageStand.Imagen}\",\"response_format\":\"b64_json\",\"size\":\"1536x1024\"");

        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        Assert.Equal(count, answer.GetProperty("data").GetArrayLength());
        IReadOnlyList<ReceivedRequest> sent = gateway.Calls("predict");
        Assert.Equal(calls, sent.Select(static one => one.Json.GetProperty("parameters").GetProperty("sampleCount").GetInt32()).Order());
        Assert.All(sent, static one => Assert.Equal("4:3", one.Json.GetProperty("parameters").GetProperty("aspectRatio").GetString()));
        Assert.Equal("a cat", sent[0].Json.GetProperty("instances")[0].GetProperty("prompt").GetString());
    }

    public static TheoryData<string, string, string> Withheld => new()
    {
        { "finish:IMAGE_SAFETY", "content_policy_violation", "IMAGE_SAFETY" },
        { "finish:PROHIBITED_CONTENT", "content_policy_violation", "PROHIBITED_CONTENT" },
        { "finish:NO_IMAGE", "no_image", "NO_IMAGE" },
        { "finish:IMAGE_OTHER", "no_image", "IMAGE_OTHER" },
        { "blocked", "content_policy_violation", "" },
        { "text", "no_image", "I would rather not." },
    };

    [Theory]
    [MemberData(nameof(Withheld))]
    public async Task A_picture_that_is_withheld_is_an_error_and_not_an_empty_list(string how, string code, string word)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        gateway.Upstream.Script.Next(how switch
        {
            "blocked" => FakeReply.PromptBlocked(),
            "text" => FakeReply.Text("I would rather not."),
            _ => FakeReply.NoContent(how["finish:".Length..]),
        });

        (HttpStatusCode status, JsonElement answer, _) = await gateway.GenerateAsync("\"prompt\":\"a cat\"");

        JsonElement error = answer.GetProperty("error");
        Assert.Equal((HttpStatusCode.BadRequest, code), (status, error.GetProperty("code").GetString()));
        Assert.Contains(word, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Single(gateway.Calls());
    }

    [Fact]
    public async Task A_picture_that_Imagen_filtered_is_an_error_with_its_reason()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.PicturesFiltered("It showed a minister."));

        (HttpStatusCode status, JsonElement answer, _) = await gateway.GenerateAsync($"\"prompt\":\"a minister\",\"model\":\"{ImageStand.Imagen}\"");

        JsonElement error = answer.GetProperty("error");
        Assert.Equal((HttpStatusCode.BadRequest, "content_policy_violation"), (status, error.GetProperty("code").GetString()));
        Assert.Contains("It showed a minister.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_lost_is_told()
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("DEBUG_HEADERS", "true"));

        (_, _, var headers) = await gateway.GenerateAsync("\"prompt\":\"a cat\",\"quality\":\"high\",\"output_format\":\"webp\",\"model\":\"gemini-3.5-flash\"");

        Assert.Equal("quality:dropped;model:changed;output_format:dropped", headers.GetValues("x-pollux-losses").Single());
    }

    [Theory]
    [InlineData("image")]
    [InlineData("image[]")]
    public async Task An_edit_sends_its_pictures_and_the_answer_depends_on_them(string field)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        byte[] first = MediaStand.Png(500), second = MediaStand.Png(600);

        (HttpStatusCode status, JsonElement one) = await gateway.EditAsync(ImageStand.Form("make it blue", (field, first)));
        (_, JsonElement two) = await gateway.EditAsync(ImageStand.Form("make it blue", (field, first), (field, second)));

        Assert.True(status == HttpStatusCode.OK, one.ToString());
        Assert.Equal([first], ImageStand.Sent(gateway.Calls("generateContent")[0]));
        Assert.Equal([first, second], ImageStand.Sent(gateway.Calls()[1]));
        Assert.False(gateway.Calls()[0].Json.GetProperty("generationConfig").TryGetProperty("imageConfig", out _)); // keeps its own ratio
        byte[][] made = [await ShownAsync(gateway, one), await ShownAsync(gateway, two)];
        Assert.NotEqual(made[0], made[1]);
    }

    [Fact]
    public async Task A_mask_is_a_further_picture_with_words_and_every_field_counts()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        MultipartFormDataContent form = ImageStand.Form("a hat {n:2}", ("mask", MediaStand.Png(300)), ("image", Jpeg));
        form.Add(new StringContent("gemini-3-pro-image"), "model");
        form.Add(new StringContent("1024x1792"), "size");
        form.Add(new StringContent("b64_json"), "response_format");

        (HttpStatusCode status, JsonElement answer) = await gateway.EditAsync(form);

        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        Assert.Equal(2, answer.GetProperty("data").GetArrayLength());
        Assert.All(gateway.Calls("generateContent"), static call => Assert.Equal("gemini-3-pro-image", call.Model));
        JsonElement sent = gateway.Calls()[0].Json;
        JsonElement parts = sent.GetProperty("contents")[0].GetProperty("parts");
        Assert.Equal(["image/jpeg", "image/png"], parts.EnumerateArray().Take(2).Select(static part => part.GetProperty("inlineData").GetProperty("mimeType").GetString()));
        Assert.Contains("mask", parts[2].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("a hat", parts[3].GetProperty("text").GetString());
        Assert.Equal("9:16", sent.GetProperty("generationConfig").GetProperty("imageConfig").GetProperty("aspectRatio").GetString());
    }

    [Fact]
    public async Task A_bad_form_is_refused_by_the_name_of_its_field()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        byte[] picture = MediaStand.Png(100);
        var imagen = ImageStand.Form("x", ("image", picture));
        imagen.Add(new StringContent(ImageStand.Imagen), "model");

        foreach ((MultipartFormDataContent form, string param) in ((MultipartFormDataContent, string)[])
        [
            (ImageStand.Form("x"), "image"),
            (ImageStand.Form("x", ("mask", picture)), "image"),
            (ImageStand.Form("x", ("image", [])), "image"),
            (ImageStand.Form("x", ("image", "<svg/>"u8.ToArray())), "image"),
            (ImageStand.Form(null, ("image", picture)), "prompt"),
            (ImageStand.Form("x", ("image", picture), ("mask", picture), ("mask", picture)), "mask"),
            (ImageStand.Form("x", [.. Enumerable.Repeat(("image[]", picture), 17)]), "image"),
            (ImageStand.Form("x", [.. Enumerable.Repeat(("image[]", picture), 18)]), "image[]"),
            (imagen, "model"),
        ])
            await RefusedAsync(gateway, form, param);

        Assert.Empty(gateway.Calls());
    }

    [Theory]
    [InlineData("edits", 415, "multipart/form-data")]
    [InlineData("variations", 400, "/v1/images/edits")]
    public async Task What_cannot_be_done_says_what_can(string route, int status, string word)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        using HttpRequestMessage request = Ask.Request("/v1/images/" + route, """{"prompt":"x","image":"y"}"""u8.ToArray());

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, Cancellation);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(word, await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_fails_is_passed_over()
    {
        await using TestGateway gateway = await ImageStand.StartAsync();
        gateway.Upstream.Script.Next(FakeReply.Overloaded());

        (HttpStatusCode status, _, _) = await gateway.GenerateAsync("\"prompt\":\"a cat\"");

        Assert.Equal((HttpStatusCode.OK, 2), (status, gateway.Calls().Count));
    }

    internal static async Task RefusedAsync(TestGateway gateway, MultipartFormDataContent form, string param)
    {
        (HttpStatusCode status, JsonElement answer) = await gateway.EditAsync(form);
        Assert.Equal((HttpStatusCode.BadRequest, param), (status, answer.GetProperty("error").GetProperty("param").GetString()));
    }

    private static Task<byte[]> ShownAsync(TestGateway gateway, JsonElement answer) =>
        gateway.Client.GetByteArrayAsync(new Uri(answer.GetProperty("data")[0].GetProperty("url").GetString()!), Cancellation);
}
