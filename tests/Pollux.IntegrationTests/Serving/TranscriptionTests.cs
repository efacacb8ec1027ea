using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-12: recordings become text, with and without times, whole and as they are heard.</summary>
[Trait("Feature", "OAI-12")]
public sealed class TranscriptionTests
{
    private const string Heard = "This is audio/wav. It has 48 bytes.";

    [Theory]
    [InlineData("/v1")]
    [InlineData("/hf/v1")]
    [InlineData("/openai/v1")]
    [InlineData("/aistudio")]
    [InlineData("")]
    [InlineData("/v1beta/openai")]
    public async Task A_recording_becomes_text_by_the_cheapest_model_that_hears(string prefix)
    {
        await using TestGateway gateway = await StartAsync();

        (HttpResponseMessage response, string body) = await SendAsync(gateway, Form(("model", "whisper-1"), ("language", "en"), ("prompt", "Pollux")), prefix + "/audio/transcriptions");

        Assert.Equal((HttpStatusCode.OK, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        JsonElement answer = JsonElement.Parse(body);
        Assert.Equal(Heard, answer.GetProperty("text").GetString());
        Assert.Equal("tokens", answer.GetProperty("usage").GetProperty("type").GetString());
        ReceivedRequest call = Assert.Single(gateway.Calls("generateContent"));
        Assert.Equal("gemini-3.5-flash-lite", call.Model);
        JsonElement parts = call.Json.GetProperty("contents")[0].GetProperty("parts");
        Assert.Equal("audio/wav", parts[0].GetProperty("inlineData").GetProperty("mimeType").GetString());
        Assert.Equal(Wave(), parts[0].GetProperty("inlineData").GetProperty("data").GetBytesFromBase64());
        Assert.Contains("word for word", parts[1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains("The language is en.", parts[1].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text", "text/plain", Heard + "\n")]
    [InlineData("srt", "text/plain", "1\n00:00:00,000 --> 00:00:01,500\nThis is audio/wav.\n\n2\n00:00:01,500 --> 00:00:03,000\nIt has 48 bytes.\n\n")]
    [InlineData("vtt", "text/plain", "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nThis is audio/wav.\n\n00:00:01.500 --> 00:00:03.000\nIt has 48 bytes.\n\n")]
    public async Task A_transcript_comes_in_the_form_that_is_asked_for(string format, string type, string expected)
    {
        await using TestGateway gateway = await StartAsync();

        (HttpResponseMessage response, string body) = await SendAsync(gateway, Form(("model", "gemini-3.8-flash"), ("response_format", format)));

        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal(expected, body);
        Assert.Equal("gemini-3.8-flash", Assert.Single(gateway.Calls()).Model);
    }

    [Fact]
    public async Task Segments_and_words_have_their_times()
    {
        await using TestGateway gateway = await StartAsync();

        (_, string body) = await SendAsync(gateway, Form(
            ("model", "whisper-1"), ("response_format", "verbose_json"), ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment")));

        JsonElement answer = JsonElement.Parse(body);
        Assert.Equal(("transcribe", "english", 3.0, Heard), (answer.GetProperty("task").GetString(), answer.GetProperty("language").GetString(), answer.GetProperty("duration").GetDouble(), answer.GetProperty("text").GetString()));
        Assert.Equal([0, 1.5], answer.GetProperty("segments").EnumerateArray().Select(static segment => segment.GetProperty("start").GetDouble()));
        Assert.Equal(["This", "is", "audio/wav.", "It", "has", "48", "bytes."], answer.GetProperty("words").EnumerateArray().Select(static word => word.GetProperty("word").GetString()));
    }

    [Fact]
    public async Task A_translation_asks_for_English()
    {
        await using TestGateway gateway = await StartAsync();

        (_, string body) = await SendAsync(gateway, Form(("model", "whisper-1"), ("response_format", "verbose_json")), "/v1/audio/translations");

        Assert.Equal("translate", JsonElement.Parse(body).GetProperty("task").GetString());
        Assert.Contains("into English", gateway.Calls()[0].Json.GetProperty("contents")[0].GetProperty("parts")[1].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_tells_what_is_heard_as_it_comes()
    {
        await using TestGateway gateway = await StartAsync();

        (HttpResponseMessage response, string body) = await SendAsync(gateway, Form(("model", "gpt-4o-transcribe"), ("stream", "true")));

        JsonElement[] events = [.. body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static one => JsonElement.Parse(one["data: ".Length..]))];
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.True(events.Length > 2, body);
        Assert.All(events[..^1], static one => Assert.Equal("transcript.text.delta", one.GetProperty("type").GetString()));
        Assert.Equal(Heard, string.Concat(events[..^1].Select(static one => one.GetProperty("delta").GetString())));
        Assert.Equal(("transcript.text.done", Heard), (events[^1].GetProperty("type").GetString(), events[^1].GetProperty("text").GetString()));
        Assert.True(events[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32() > 0);
        Assert.Single(gateway.Calls("streamGenerateContent"));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_ends_with_an_error_and_no_done()
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.ForAction("streamGenerateContent").Reply(FakeReply.TextInPieces("one ", "two ", "three").EndedAfter(2));
        using HttpRequestMessage request = Request(Form(("model", "whisper-1"), ("stream", "true")));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var body = new MemoryStream();

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.CopyToAsync(body, TestContext.Current.CancellationToken));

        string told = Encoding.UTF8.GetString(body.ToArray());
        Assert.Contains("upstream_stream_cut", told, StringComparison.Ordinal);
        Assert.DoesNotContain("transcript.text.done", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("srt", "{\"segments\":[{\"start\":0,", 502, "upstream_malformed_answer")]
    [InlineData("vtt", "{\"segments\":[{\"start\":2,\"end\":1,\"text\":\"x\"}]}", 502, "upstream_malformed_answer")]
    [InlineData("verbose_json", "I heard nothing.", 502, "upstream_malformed_answer")]
    public async Task Segments_that_cannot_be_are_a_true_error(string format, string answer, int status, string code)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.ForAction("generateContent").Reply(FakeReply.Text(answer));

        (HttpResponseMessage response, string body) = await SendAsync(gateway, Form(("model", "whisper-1"), ("response_format", format)));

        Assert.Equal((status, code), ((int)response.StatusCode, JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("MAX_TOKENS", "answer_too_long")]
    [InlineData("SAFETY", "content_policy")]
    public async Task Half_a_transcript_is_told_as_an_error(string finish, string code)
    {
        await using TestGateway gateway = await StartAsync();
        gateway.Upstream.Script.ForAction("generateContent").Reply(FakeReply.NoParts(finish));

        (HttpResponseMessage response, string body) = await SendAsync(gateway, Form(("model", "whisper-1")));

        Assert.Equal((HttpStatusCode.BadRequest, code), (response.StatusCode, JsonElement.Parse(body).GetProperty("error").GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("model=", 400, "model")]
    [InlineData("model=gemini-9-none", 404, "model")]
    [InlineData("model=gemma-4-31b-it", 400, "model")]
    [InlineData("model=gemini-3.8-flash-tts", 400, "model")]
    [InlineData("model=whisper-1;response_format=diarized_json", 400, "response_format")]
    [InlineData("model=whisper-1;temperature=9", 400, "temperature")]
    [InlineData("model=whisper-1;timestamp_granularities[]=syllable", 400, "timestamp_granularities[]")]
    public async Task A_bad_field_is_refused_by_its_name_and_nothing_goes_upstream(string fields, int status, string param)
    {
        await using TestGateway gateway = await StartAsync();

        (HttpResponseMessage response, string body) = await SendAsync(gateway, Form([.. fields.Split(';').Select(static field => (field.Split('=')[0], field.Split('=')[1]))]));

        Assert.Equal((status, param), ((int)response.StatusCode, JsonElement.Parse(body).GetProperty("error").GetProperty("param").GetString()));
        Assert.Empty(gateway.Calls());
    }

    [Fact]
    public async Task A_field_without_a_counterpart_is_a_loss()
    {
        await using TestGateway gateway = await StartAsync(new() { ["DEBUG_HEADERS"] = "true" });

        (HttpResponseMessage response, _) = await SendAsync(gateway, Form(("model", "whisper-1"), ("include[]", "logprobs")));

        Assert.Equal("include[]:dropped", response.Headers.GetValues("x-pollux-losses").Single());
    }

    [Fact]
    public async Task The_bound_of_the_gateway_holds_for_forms()
    {
        await using TestGateway gateway = await StartAsync(new() { ["MAX_BODY_MB"] = "1" });
        MultipartFormDataContent form = Form(Wave(700_000), ("model", "whisper-1"), ("prompt", new string('x', 60_000)));
        for (int i = 0; i < 8; i++)
            form.Add(new StringContent(new string('y', 60_000)), $"field{i}"); // each is small enough, all together are not
        using HttpRequestMessage request = Request(form);
        request.Headers.TransferEncodingChunked = true; // nobody tells the length beforehand

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.True(response.StatusCode == HttpStatusCode.RequestEntityTooLarge, body);
        Assert.Contains("MAX_BODY_MB", body, StringComparison.Ordinal);
        Assert.Empty(gateway.Calls());
    }

    [Theory]
    [InlineData("no file", 400, "file")]
    [InlineData("empty file", 400, "file")]
    [InlineData("two files", 400, "file")]
    [InlineData("text file", 400, "file")]
    [InlineData("long field", 400, "prompt")]
    [InlineData("many parts", 400, null)]
    [InlineData("no names", 400, null)]
    [InlineData("not a form", 415, null)]
    [InlineData("no boundary", 415, null)]
    [InlineData("cut", 400, null)]
    public async Task A_broken_form_is_refused(string broken, int status, string? param)
    {
        await using TestGateway gateway = await StartAsync();
        HttpContent form = Form(("model", "whisper-1"));
        switch (broken)
        {
            case "no file":
                form = new MultipartFormDataContent { { new StringContent("whisper-1"), "model" } };
                break;
            case "empty file":
                form = Form([], ("model", "whisper-1"));
                break;
            case "two files":
                ((MultipartFormDataContent)form).Add(new ByteArrayContent(Wave()), "file", "b.wav");
                break;
            case "text file":
                form = new MultipartFormDataContent { { new StringContent("whisper-1"), "model" }, { new StringContent("Dear diary"), "file", "diary.txt" } };
                break;
            case "long field":
                ((MultipartFormDataContent)form).Add(new StringContent(new string('x', 70_000)), "prompt");
                break;
            case "many parts":
                for (int i = 0; i < 70; i++)
                    ((MultipartFormDataContent)form).Add(new StringContent("x"), "include[]");
                break;
            case "no names":
                form = Plain("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b");
                break;
            case "not a form":
                form = Plain("{}", "application/json");
                break;
            case "no boundary":
                form = Plain("x", "multipart/form-data");
                break;
            case "cut":
                form = Plain("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF", "multipart/form-data; boundary=b");
                break;
        }

        (HttpResponseMessage response, string body) = await SendAsync(gateway, form);

        Assert.True((int)response.StatusCode == status, $"{response.StatusCode} {body}");
        Assert.Equal(param, JsonElement.Parse(body).GetProperty("error").GetProperty("param").GetString());
        Assert.Empty(gateway.Calls());
    }

    private static HttpContent Plain(string body, string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    internal static async Task<TestGateway> StartAsync(Dictionary<string, string>? settings = null)
    {
        TestGateway gateway = await TestGateway.StartAsync(static fake => fake.AddKey(TestGateway.Key, fake.AddProject("100000000001", FakeTier.Paid)), settings);
        await EmbeddingTests.ListedAsync(gateway);
        return gateway;
    }

    /// <summary>The head of a wave file, and nothing but silence.</summary>
    internal static byte[] Wave(int bytes = 48)
    {
        var wave = new byte[bytes];
        "RIFF\0\0\0\0WAVEfmt "u8.CopyTo(wave);
        return wave;
    }

    private static MultipartFormDataContent Form(params (string Name, string Value)[] fields) => Form(Wave(), fields);

    internal static MultipartFormDataContent Form(byte[] file, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(file), "file", "speech.wav" } };
        foreach ((string name, string value) in fields)
            form.Add(new StringContent(value), name);
        return form;
    }

    private static HttpRequestMessage Request(HttpContent form, string path = "/v1/audio/transcriptions") => new(HttpMethod.Post, path) { Content = form };

    internal static async Task<(HttpResponseMessage Response, string Body)> SendAsync(TestGateway gateway, HttpContent form, string path = "/v1/audio/transcriptions")
    {
        using HttpRequestMessage request = Request(form, path);
        HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
