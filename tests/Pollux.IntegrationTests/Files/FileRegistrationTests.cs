using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;
using Pollux.KeyPool;

namespace Pollux.IntegrationTests.Files;

/// <summary>Objects in a bucket of the caller's become files: Google reads them with the caller's OAuth token, which must be of the key's project.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileRegistrationTests
{
    private const string Path = "/v1beta/files:register";
    private const string Token = "ya29.token-CANARYxyzzy-of-the-caller";
    private const string Body = """{"uris":["gs://bucket/one.pdf","gs://bucket/other.pdf"]}""";

    /// <summary>The token's project is that of one key of three, whichever is asked first.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Registered_files_are_the_callers_own_and_bound_to_the_key_that_could(int project)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string key = ResourceStand.Key(project);
        gateway.Upstream.Files.AddToken(Token, gateway.Upstream.AddKey(key).Project);

        FileSeen seen = await gateway.Client.SeeAsync(Request(Token));

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Body);
        string[] names = [.. seen.Json["files"]!.AsArray().Select(static file => (string)file!["name"]!)];
        Assert.Equal(2, names.Length);
        Assert.All(names, name => Assert.Equal(key, gateway.Upstream.Files.Find(name)!.Key));
        using HttpClient other = gateway.Other();
        foreach (string name in names)
        {
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.AskAboutAsync(gateway.Upstream.Files.Find(name)!.Uri)).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await other.AskAboutAsync(gateway.Upstream.Files.Find(name)!.Uri)).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await other.SeeAsync(HttpMethod.Get, "/v1beta/" + name)).Status);
        }

        Assert.Equal(names.Order(), (await gateway.Client.SeeAsync(HttpMethod.Get, "/v1beta/files")).Json["files"]!.AsArray().Select(static file => (string)file!["name"]!).Order());
        AssertUnharmed(gateway);
    }

    /// <summary>What a caller may bring along; its faults are its own, and no key's.</summary>
    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("ya29.unknown-CANARYxyzzy", HttpStatusCode.Unauthorized)]
    [InlineData("not-one-of-googles-CANARYxyzzy", HttpStatusCode.Unauthorized)]
    public async Task A_token_that_is_missing_or_wrong_is_told_as_Google_tells_it_and_costs_no_key_its_health(string? token, HttpStatusCode status)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(settings: new Dictionary<string, string> { ["MAX_FAILURES"] = "1" });

        for (int i = 0; i < 5; i++)
        {
            FileSeen seen = await gateway.Client.SeeAsync(Request(token));
            Assert.Equal((status, "UNAUTHENTICATED"), (seen.Status, (string?)seen.Json["error"]!["status"]));
        }

        AssertUnharmed(gateway);
        Assert.All(gateway.Asked(), request => Assert.Equal(token?.StartsWith("ya29.", StringComparison.Ordinal) == true ? "Bearer " + token : null, request.Headers.GetValueOrDefault("Authorization")));
    }

    [Fact]
    public async Task A_body_that_Google_refuses_is_refused_in_its_words()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(1);
        gateway.Upstream.Files.AddToken(Token, gateway.Upstream.AddKey(ResourceStand.Key(0)).Project);

        FileSeen seen = await gateway.Client.SeeAsync(Request(Token, """{"uris":["https://elsewhere.example/x"]}"""));

        Assert.Equal(HttpStatusCode.BadRequest, seen.Status);
        Assert.Contains("Google Cloud Storage", seen.Body, StringComparison.Ordinal);
    }

    /// <summary>On all other routes the header is the gateway's own, whatever is in it.</summary>
    [Fact]
    public async Task The_token_goes_nowhere_else()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        foreach (string path in (string[])["/v1beta/cachedContents", "/v1beta/files", $"/v1beta/models/{ResourceStand.Model}:generateContent"])
            await gateway.Client.SeeAsync(Request(Token, "{}", path));
        await gateway.Client.SeeAsync(HttpMethod.Post, Path); // with the gateway's own credential in it

        Assert.NotEmpty(gateway.Asked());
        Assert.All(gateway.Asked(), static request => Assert.False(request.Headers.ContainsKey("Authorization")));
    }

    private static void AssertUnharmed(TestGateway gateway)
    {
        Assert.All(gateway.Services.GetRequiredService<KeyPool.KeyPool>().Credentials(), static key => Assert.Equal((CredentialStatus.Usable, 0), (key.Health.Status, key.Health.ConsecutiveFailures)));
        Assert.DoesNotContain(gateway.Logs.Lines, static line => line.Text.Contains("CANARYxyzzy", StringComparison.Ordinal));
    }

    private static HttpRequestMessage Request(string? token, string body = Body, string path = Path)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = FileWork.Json(body) };
        request.Headers.Add("x-goog-api-key", TestGateway.Password);
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        return request;
    }
}
