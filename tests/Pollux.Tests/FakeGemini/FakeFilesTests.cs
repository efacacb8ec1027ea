using System.Net;
using Pollux.FakeGemini;

namespace Pollux.Tests.FakeGemini;

/// <summary>The strict upstream refuses about files what Google refuses.</summary>
public sealed class FakeFilesTests
{
    private const string Key = "AQ.key-of-the-fake-files-00000001";
    private const string Stranger = "AQ.key-of-the-fake-files-00000002";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Key, HttpStatusCode.OK, "\"state\": \"ACTIVE\"")]
    [InlineData(Stranger, HttpStatusCode.Forbidden, "You do not have permission to access the File")]
    [InlineData("AQ.unknown", HttpStatusCode.Unauthorized, "UNAUTHENTICATED")]
    public async Task A_file_is_seen_by_its_project_only(string key, HttpStatusCode status, string words)
    {
        await using FakeGeminiServer fake = await StartAsync();
        string name = fake.Files.Make(fake.AddKey(Key), [1], "text/plain").Name;

        (HttpStatusCode seen, string body) = await SendAsync(fake, HttpMethod.Get, $"v1beta/{name}", key, "", null);

        Assert.Equal(status, seen);
        Assert.Contains(words, body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ACTIVE", Key, HttpStatusCode.OK, "You sent the file")]
    [InlineData("PROCESSING", Key, HttpStatusCode.BadRequest, "is not in an ACTIVE state")]
    [InlineData("ACTIVE", Stranger, HttpStatusCode.Forbidden, "or it may not exist")]
    public async Task A_request_uses_only_ready_files_of_its_project(string state, string key, HttpStatusCode status, string words)
    {
        await using FakeGeminiServer fake = await StartAsync();
        string name = fake.Files.Make(fake.AddKey(Key), [1], "text/plain").Name;
        fake.Files.SetState(name, state);

        (HttpStatusCode seen, string body) = await SendAsync(
            fake, HttpMethod.Post, "v1beta/models/gemini-3.5-flash:generateContent", key, "",
            $$$"""{"contents":[{"role":"user","parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/{{{name}}}","mimeType":"text/plain"}}]}]}""");

        Assert.Equal(status, seen);
        Assert.Contains(words, body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("upload", "resumable", null)] // it begins with start
    [InlineData("start", "carrier-pigeon", null)]
    [InlineData("start", "resumable", """{"file":{"colour":"red"}}""")]
    [InlineData("start", "resumable", "{")]
    public async Task An_upload_that_begins_wrongly_is_refused(string command, string protocol, string? body)
    {
        await using FakeGeminiServer fake = await StartAsync();

        (HttpStatusCode status, _) = await SendAsync(fake, HttpMethod.Post, "upload/v1beta/files", Key, $"X-Goog-Upload-Protocol:{protocol};X-Goog-Upload-Command:{command}", body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    private static async Task<FakeGeminiServer> StartAsync()
    {
        FakeGeminiServer fake = await FakeGeminiServer.StartAsync(Cancellation);
        fake.AddKey(Key, fake.AddProject("300000000001"));
        fake.AddKey(Stranger, fake.AddProject("300000000002"));
        return fake;
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(FakeGeminiServer fake, HttpMethod method, string path, string key, string headers, string? body)
    {
#pragma warning disable RS0030 // a client of the fake
        using var client = new HttpClient { BaseAddress = fake.BaseAddress };
#pragma warning restore RS0030
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        request.Headers.Add("x-goog-api-key", key);
        foreach (string header in headers.Split(';', StringSplitOptions.RemoveEmptyEntries))
            request.Headers.Add(header.Split(':')[0], header.Split(':')[1]);
        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation));
    }
}
