using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>What the gateway itself refuses: the true status, in the dialect of the route, and nothing goes upstream.</summary>
public sealed class RefusalTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Native = "/v1beta/models/gemini-3.5-flash:generateContent";
    private const string NativeStream = "/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse";

    private static readonly Dictionary<string, Refused> Cases = new(StringComparer.Ordinal)
    {
        ["broken JSON"] = new(Chat, "{\"model\":\"gemini-3.5-flash\",\"messages\":[", 400, "invalid"),
        ["broken JSON, native"] = new(Native, "{\"contents\":[", 400, "INVALID_ARGUMENT"),
        ["broken JSON, native stream"] = new(NativeStream, "{\"contents\"", 400, "INVALID_ARGUMENT"),
        ["two values"] = new(Chat, "{} {}", 400, "invalid"),
        ["two values, native"] = new(Native, "{} {}", 400, "INVALID_ARGUMENT"),
        ["an array"] = new(Chat, "[1]", 400, "invalid"),
        ["an array, native"] = new(Native, "[1]", 400, "INVALID_ARGUMENT"),
        ["a hundred levels"] = new(Chat, Nested("""{"model":"gemini-3.5-flash","messages":""", "}"), 400, "invalid"),
        ["ten thousand levels"] = new(Chat, Nested("""{"model":"gemini-3.5-flash","messages":[{"role":"user","content":"a"}],"metadata":""", "}", 10_000), 400, "invalid"),
        ["a hundred levels, native"] = new(Native, Nested("""{"contents":[],"x":""", "}"), 400, "INVALID_ARGUMENT"),
        ["ten thousand levels, native"] = new(Native, Nested("""{"contents":[],"x":""", "}", 10_000), 400, "INVALID_ARGUMENT"),
        ["two hundred levels in a schema"] = new(Chat, Nested("""{"model":"gemini-3.5-flash","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"x":""", "}}}]}", 200), 400, "invalid"),
        ["a hundred levels, native, suffix"] = new("/v1beta/models/gemini-2.5-flash-nothinking:generateContent", Nested("""{"contents":[],"x":""", "}"), 400, "INVALID_ARGUMENT"),
        ["too large"] = new(Chat, new string(' ', 1100 * 1024) + "{}", 413, "request_too_large"),
        ["too large, native"] = new(Native, new string(' ', 1100 * 1024) + "{}", 413, "INVALID_ARGUMENT"),
        ["too large, length not told"] = new(Chat, new string(' ', 1100 * 1024) + "{}", 413, "request_too_large") { Chunked = true },
        ["too large, length not told, native"] = new(Native, new string(' ', 1100 * 1024) + "{}", 413, "INVALID_ARGUMENT") { Chunked = true },
        ["a form"] = new(Chat, "model=gemini-3.5-flash", 415, "unsupported_media_type") { ContentType = "application/x-www-form-urlencoded" },
        ["a form, native"] = new(Native, "a=b", 415, "INVALID_ARGUMENT") { ContentType = "multipart/form-data; boundary=x" },
        ["plain text"] = new(Chat, "{}", 415, "unsupported_media_type") { ContentType = "text/plain" },
        ["plain text, native"] = new(Native, "{}", 415, "INVALID_ARGUMENT") { ContentType = "text/plain" },
        ["compressed"] = new(Chat, "{}", 415, "unsupported_media_type") { ContentEncoding = "gzip" },
        ["compressed, native"] = new(Native, "{}", 415, "INVALID_ARGUMENT") { ContentEncoding = "gzip" },
        ["no body"] = new(Chat, "", 400, "invalid"),
        ["no body, native"] = new(Native, "", 400, "INVALID_ARGUMENT"),
        ["not UTF-8"] = new(Chat, [.. "{\"model\":\"gemini-3.5-flash\",\"messages\":[{\"role\":\"user\",\"content\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}]}"u8], 400, "invalid"),
        ["not UTF-8, native"] = new(Native, [.. "{\"contents\":[{\"parts\":[{\"text\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}]}]}"u8], 400, "INVALID_ARGUMENT"),
        ["UTF-16"] = new(Chat, Encoding.Unicode.GetBytes("{\"model\":\"gemini-3.5-flash\",\"messages\":[]}"), 400, "invalid"),
        ["no model"] = new(Chat, """{"messages":[{"role":"user","content":"a"}]}""", 400, "missing_required_parameter"),
        ["model is a number"] = new(Chat, """{"model":5,"messages":[{"role":"user","content":"a"}]}""", 400, "invalid"),
        ["unknown model"] = new(Chat, """{"model":"no-such-model","messages":[{"role":"user","content":"a"}]}""", 404, "model_not_found"),
        ["unknown model, stream"] = new(Chat, """{"model":"no-such-model","stream":true,"messages":[{"role":"user","content":"a"}]}""", 404, "model_not_found"),
        ["unknown model, native"] = new("/v1beta/models/no-such-model:generateContent", """{"contents":[]}""", 404, "NOT_FOUND"),
        ["unknown model, native stream"] = new("/v1beta/models/no-such-model:streamGenerateContent?alt=sse", """{"contents":[]}""", 404, "NOT_FOUND"),
        ["unknown model to count for"] = new("/v1beta/models/no-such-model:countTokens", """{"contents":[]}""", 404, "NOT_FOUND"),
        ["unknown model with a suffix"] = new(Chat, """{"model":"no-such-model-nothinking","messages":[{"role":"user","content":"a"}]}""", 404, "model_not_found"),
        ["model without end"] = new(Chat, "{\"model\":\"" + new string('g', 100_000) + "\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", 404, "model_not_found"),
        ["model that forges a line"] = new(Chat, """{"model":"x\nowner=Gateway attempts=9 y","messages":[{"role":"user","content":"a"}]}""", 404, "model_not_found"),
        ["hidden model"] = new(Chat, """{"model":"gemini-2.5-pro","messages":[{"role":"user","content":"a"}]}""", 404, "model_not_found"),
        ["hidden model, native"] = new("/v1beta/models/gemini-2.5-pro:generateContent", """{"contents":[]}""", 404, "NOT_FOUND"),
        ["messages missing"] = new(Chat, """{"model":"gemini-3.5-flash"}""", 400, "missing_required_parameter"),
        ["messages empty"] = new(Chat, """{"model":"gemini-3.5-flash","messages":[]}""", 400, "missing_required_parameter"),
        ["messages are text"] = new(Chat, """{"model":"gemini-3.5-flash","messages":"hello"}""", 400, "invalid"),
        ["unknown role"] = new(Chat, """{"model":"gemini-3.5-flash","messages":[{"role":"emperor","content":"a"}]}""", 400, "unsupported_value"),
        ["base64 that is none"] = new(Chat, """{"model":"gemini-3.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,@@@not base64@@@"}}]}]}""", 400, "invalid"),
        ["audio that is no base64"] = new(Chat, """{"model":"gemini-3.5-flash","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"***","format":"wav"}}]}]}""", 400, "invalid"),
        ["file that is no base64"] = new(Chat, """{"model":"gemini-3.5-flash","messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,%%%"}}]}]}""", 400, "invalid"),
        ["base64 cut short"] = new(Chat, """{"model":"gemini-3.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBOR"}}]}]}""", 400, "invalid"),
        ["empty base64"] = new(Chat, """{"model":"gemini-3.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,"}}]}]}""", 400, "invalid"),
        ["wrong credential in the query"] = new(Chat + "?key=wrong-credential", "{}", 401, "invalid_api_key") { Credential = "" },
        ["wrong credential in the query, native"] = new(Native + "?key=wrong-credential", "{}", 401, "UNAUTHENTICATED") { Credential = "" },
        ["wrong credential"] = new(Chat, "{}", 401, "invalid_api_key") { Credential = "Bearer wrong-credential" },
        ["wrong credential, native"] = new(Native, "{}", 401, "UNAUTHENTICATED") { Credential = "Bearer wrong-credential" },
        ["no credential"] = new(Chat, "{}", 401, "invalid_api_key") { Credential = "" },
        ["no credential, native"] = new(NativeStream, "{}", 401, "UNAUTHENTICATED") { Credential = "" },
        ["no credential for models"] = new("/v1/models", (string?)null, 401, "invalid_api_key") { Method = "GET", Credential = "" },
        ["no credential for native models"] = new("/v1beta/models", (string?)null, 401, "UNAUTHENTICATED") { Method = "GET", Credential = "" },
        ["a pool key as credential"] = new(Chat, "{}", 401, "invalid_api_key") { Credential = "Bearer " + TestGateway.Key },
        ["unknown route"] = new("/v1/nothing/here", (string?)null, 404, "not_found") { Method = "GET" },
        ["unknown route with a dot"] = new("/v1/nothing.txt", (string?)null, 404, "not_found") { Method = "GET" },
        ["unknown route to post to"] = new("/v1/embeddings/of/nothing", "{}", 404, "not_found"),
        ["unknown route, native"] = new("/v1beta/nothing", (string?)null, 404, "NOT_FOUND") { Method = "GET" },
        ["unknown route with a dot, native"] = new("/v1beta/files/abc.png", (string?)null, 404, "NOT_FOUND") { Method = "GET" },
        ["a model without an action"] = new("/v1beta/models/gemini-3.5-flash", "{}", 404, "NOT_FOUND"),
        ["a path that leads elsewhere"] = new("/v1beta/models/..%2f..%2fsecret:generateContent", "{}", 404, "NOT_FOUND"),
        ["wrong method"] = new(Chat, (string?)null, 405, "method_not_allowed") { Method = "GET" },
        ["wrong method, native: the name of a model that is none"] = new(Native, (string?)null, 404, "NOT_FOUND") { Method = "GET" },
        ["wrong method for models"] = new("/v1beta/models", (string?)null, 405, "UNIMPLEMENTED") { Method = "DELETE" },
        ["unknown model asked for"] = new("/v1/models/no-such-model", (string?)null, 404, "model_not_found") { Method = "GET" },
        ["unknown model asked for, native"] = new("/v1beta/models/no-such-model", (string?)null, 404, "NOT_FOUND") { Method = "GET" },
        ["pages of models"] = new("/v1beta/models?pageSize=x", (string?)null, 400, "INVALID_ARGUMENT") { Method = "GET" },
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_refusal_has_the_true_status_in_the_routes_dialect_and_goes_nowhere(string name)
    {
        Refused refused = Cases[name];
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync(settings: new Dictionary<string, string> { ["MAX_BODY_MB"] = "1", ["FILTERED_MODELS"] = "gemini-2.5-pro" });
        long before = gateway.Upstream.Received.Total;

        using HttpRequestMessage request = Build(refused);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode)refused.Status, response.StatusCode);
        Assert.StartsWith("req_", response.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        JsonObject error = JsonNode.Parse(body)!["error"]!.AsObject();
        Assert.NotEqual("", error["message"]!.GetValue<string>());
        if (char.IsUpper(refused.Code[0]))
        {
            Assert.Equal(refused.Code, error["status"]!.GetValue<string>());
            Assert.Equal(refused.Status, error["code"]!.GetValue<int>());
        }
        else
        {
            Assert.StartsWith(refused.Code, error["code"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.NotEqual("", error["type"]!.GetValue<string>());
        }

        Assert.Equal(before, gateway.Upstream.Received.Total);
        RequestLine line = await lines.NextAsync();
        Assert.Equal(("0", $"{refused.Status}"), (line["attempts"], line.Status));
        Assert.Equal("Client", line["owner"]);
        Assert.DoesNotContain("wrong-credential", string.Join('\n', gateway.Logs.Lines.Select(static entry => entry.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_that_is_too_large_is_refused_before_anything_reads_it()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using HttpRequestMessage request = Form.OpenAI.Request("Hello");
        request.Headers.Add("x-large", new string('x', 64 * 1024));

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
        Assert.DoesNotContain(gateway.Upstream.Received.Requests, static received => received.Method == "POST");
    }

    [Theory]
    [InlineData(Form.OpenAI, 1)]
    [InlineData(Form.Gemini, 1)]
    [InlineData(Form.OpenAI, 3)]
    [InlineData(Form.Gemini, 3)]
    public async Task A_body_of_the_largest_size_is_served_and_one_byte_more_is_not(Form form, int megabytes)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(settings: new Dictionary<string, string> { ["MAX_BODY_MB"] = $"{megabytes}" });
        byte[] body = Encoding.UTF8.GetBytes(form.Body("Hello").ToJsonString());
        byte[] padded = [.. body, .. Enumerable.Repeat((byte)' ', (megabytes * 1024 * 1024) - body.Length)];

        Seen seen = await gateway.Client.SendAsync(form, Ask.Request(form.Path(), padded), TestContext.Current.CancellationToken);
        Seen larger = await gateway.Client.SendAsync(form, Ask.Request(form.Path(), [.. padded, (byte)' ']), TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, larger.Status);
        Assert.Contains($"{megabytes} MB", larger.Error!["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"contents":[]}""")]
    [InlineData("""{}""")]
    [InlineData("""{"contents":[{"role":"user","parts":[]}]}""")]
    [InlineData("""{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"@@@not base64@@@"}}]}]}""")]
    public async Task What_a_native_body_means_is_judged_by_the_upstream_once_and_no_key_is_blamed(string body)
    {
        var lines = new RequestLines();
        await using TestGateway gateway = await lines.StartAsync();

        Seen seen = await gateway.Client.SendAsync(Form.Gemini, Ask.Request(Native, Encoding.UTF8.GetBytes(body)), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal("INVALID_ARGUMENT", seen.Error!["status"]!.GetValue<string>());
        RequestLine line = await lines.NextAsync();
        Assert.Equal((1, "Client"), (line.Attempts, line["owner"]));
        Assert.True((await gateway.Client.AskAsync(Form.Gemini)).IsComplete); // the key still serves
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/vnd.api+json")]
    public async Task A_body_is_read_whatever_word_for_JSON_stands_over_it(string? contentType)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        Seen seen = await gateway.Client.SendAsync(
            Form.OpenAI, Ask.Request(Form.OpenAI.Path(), Encoding.UTF8.GetBytes(Form.OpenAI.Body("Hello").ToJsonString()), contentType), TestContext.Current.CancellationToken);

        Assert.True(seen.IsComplete, seen.Body);
    }

    private static HttpRequestMessage Build(Refused refused)
    {
        var request = new HttpRequestMessage(new HttpMethod(refused.Method), refused.Path);
        if (refused.Body is { } body)
        {
            request.Content = refused.Chunked ? new StreamContent(new MemoryStream(body)) : new ByteArrayContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(refused.ContentType);
            if (refused.ContentEncoding is { } encoding)
                request.Content.Headers.ContentEncoding.Add(encoding);
            request.Headers.TransferEncodingChunked = refused.Chunked;
        }

        if (refused.Credential is { } credential)
            request.Headers.TryAddWithoutValidation("Authorization", credential.Length > 0 ? credential : " "); // stands in for the client's own
        return request;
    }

    private static string Nested(string before, string after, int levels = 100) => before + new string('[', levels) + new string(']', levels) + after;

    private sealed record Refused(string Path, byte[]? Body, int Status, string Code)
    {
        public Refused(string path, string? body, int status, string code)
            : this(path, body is null ? null : Encoding.UTF8.GetBytes(body), status, code)
        {
        }

        public string Method { get; init; } = "POST";

        public string ContentType { get; init; } = "application/json";

        public string? Credential { get; init; }

        public bool Chunked { get; init; }

        public string? ContentEncoding { get; init; }
    }
}
