using System.Net;
using System.Text;
using System.Text.Json;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Images;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Pictures;

/// <summary>IMG-1: with which host the links to made pictures begin, and how many of them memory holds.</summary>
[Trait("Feature", "IMG-1")]
public sealed class PictureLinkTests
{
    [Theory]
    [InlineData("", "gateway.example", "http://gateway.example/images/")]
    [InlineData("https://pictures.example/made", "gateway.example", "https://pictures.example/made/images/")]
    [InlineData("http://127.0.0.1:9999", "gateway.example", "http://gateway.example/images/")] // nobody elsewhere could follow it
    [InlineData("http://localhost:9999", "gateway.example", "http://gateway.example/images/")]
    [InlineData("http://127.0.0.1:9999", "127.0.0.1:8080", "http://127.0.0.1:9999/images/")]
    public async Task A_link_begins_with_what_its_client_can_follow(string setting, string host, string expected)
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("HOST_URL", setting));

        Assert.StartsWith(expected, await LinkAsync(gateway, "a cat", host), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_holds_the_newest_pictures()
    {
        await using TestGateway gateway = await ImageStand.StartAsync(("MEMORY_MAX_IMAGE_NUMBER", "2"));
        string[] links = [await LinkAsync(gateway, "one"), await LinkAsync(gateway, "two"), await LinkAsync(gateway, "three")];

        var seen = new List<HttpStatusCode>();
        foreach (string link in links)
        {
            using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri(link), TestContext.Current.CancellationToken);
            seen.Add(answer.StatusCode);
        }

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.OK, HttpStatusCode.OK], seen);
        Assert.Equal(3, gateway.Calls().Count);
    }

    private static async Task<string> LinkAsync(TestGateway gateway, string prompt, string? host = null)
    {
        using HttpRequestMessage request = Ask.Request("/v1/images/generations", Encoding.UTF8.GetBytes($$"""{"prompt":"{{prompt}}"}"""));
        request.Headers.Host = host;
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        JsonElement answer = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.True(response.StatusCode == HttpStatusCode.OK, answer.ToString());
        return answer.GetProperty("data")[0].GetProperty("url").GetString()!;
    }
}
