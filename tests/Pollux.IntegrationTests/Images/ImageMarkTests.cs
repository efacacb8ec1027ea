using System.Net;
using System.Text.Json;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Media;

namespace Pollux.IntegrationTests.Images;

/// <summary>OAI-10: sizes, numbers, and the marks in prompts that stand for them.</summary>
[Trait("Feature", "OAI-10")]
public sealed class ImageMarkTests
{
    [Theory]
    [InlineData("a cat", null, "1:1")]
    [InlineData("a cat", "auto", "1:1")]
    [InlineData("a cat", "1024x1024", "1:1")]
    [InlineData("a cat", "1792x1024", "16:9")]
    [InlineData("a cat", "1024x1792", "9:16")]
    [InlineData("a cat", "1536x1024", "3:2")]
    [InlineData("a cat", "1024x1536", "2:3")]
    [InlineData("a cat {ratio:1:1}", null, "1:1")]
    [InlineData("{ratio:3:4} a cat", null, "3:4")]
    [InlineData("a {ratio:4:3} cat", null, "4:3")]
    [InlineData("a cat{ratio:9:16}", null, "9:16")]
    [InlineData("a cat {ratio:16:9}", "auto", "16:9")] // a size that says nothing does not count
    [InlineData("a cat {ratio:16:9}", "1024x1536", "2:3")] // the size wins
    public async Task The_size_rules_else_the_mark_else_a_square(string prompt, string? size, string ratio)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        (HttpStatusCode status, JsonElement answer, _) = await gateway.GenerateAsync($"\"prompt\":\"{prompt}\"" + (size is null ? "" : $",\"size\":\"{size}\""));

        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        JsonElement sent = Assert.Single(gateway.Calls("generateContent")).Json;
        Assert.Equal("a cat", sent.GetProperty("contents")[0].GetProperty("parts")[0].GetProperty("text").GetString());
        Assert.Equal(ratio, sent.GetProperty("generationConfig").GetProperty("imageConfig").GetProperty("aspectRatio").GetString());
    }

    [Theory]
    [InlineData("a cat {n:1}", 3, 1)] // the mark wins
    [InlineData("a cat {n:4}", 1, 4)]
    [InlineData("a cat {n:2} {ratio:3:4}", null, 2)]
    public async Task The_number_of_the_mark_wins(string prompt, int? n, int count)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        (_, JsonElement answer, _) = await gateway.GenerateAsync($"\"prompt\":\"{prompt}\"" + (n is null ? "" : $",\"n\":{n}"));

        Assert.Equal(count, answer.GetProperty("data").GetArrayLength());
        Assert.Equal(count, gateway.Calls("generateContent").Count);
    }

    [Theory]
    [InlineData("a cat {n:0}")]
    [InlineData("a cat {n:5}")]
    [InlineData("a cat {n:two}")]
    [InlineData("a cat {n:}")]
    [InlineData("a cat {ratio:2:1}")]
    [InlineData("a cat {ratio:16x9}")]
    [InlineData("a cat {ratio:}")]
    [InlineData("{n:2}")]
    public async Task A_bad_mark_is_refused_on_both_routes_and_nothing_goes_upstream(string prompt)
    {
        await using TestGateway gateway = await ImageStand.StartAsync();

        (HttpStatusCode status, JsonElement answer, _) = await gateway.GenerateAsync($"\"prompt\":\"{prompt}\"");

        Assert.Equal((HttpStatusCode.BadRequest, "prompt"), (status, answer.GetProperty("error").GetProperty("param").GetString()));
        await ImageRouteTests.RefusedAsync(gateway, ImageStand.Form(prompt, ("image", MediaStand.Png(100))), "prompt");
        Assert.Empty(gateway.Calls());
    }
}
