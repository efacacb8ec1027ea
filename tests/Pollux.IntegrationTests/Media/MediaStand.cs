using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;
using Pollux.Media;

namespace Pollux.IntegrationTests.Media;

/// <summary>A gateway before a strict upstream and a host of media.</summary>
internal sealed class MediaStand : IAsyncDisposable
{
    /// <summary>Where the tests' media part stands in a request.</summary>
    public const string Param = "messages[1].content[0].image_url.url";

    private MediaStand(TestGateway gateway, MediaHost host) => (Gateway, Host) = (gateway, host);

    public TestGateway Gateway { get; }

    public MediaHost Host { get; }

    public static async Task<MediaStand> StartAsync(Action<FakeGeminiServer>? arrange = null, TimeProvider? clock = null, params (string Name, string Value)[] settings)
    {
        MediaHost host = MediaHost.Start();
        TestGateway gateway = await TestGateway.StartAsync(
            arrange, settings.ToDictionary(static pair => pair.Name, static pair => pair.Value), new FakeGeminiOptions { MaxBodyBytes = 100 * 1024 * 1024 },
            services =>
            {
                services.RemoveAll<IMediaNetwork>();
                services.AddSingleton<IMediaNetwork>(host);
                if (clock is not null)
                    services.AddSingleton(clock);
            });
        return new MediaStand(gateway, host);
    }

    /// <summary>A picture of so many bytes, no two alike.</summary>
    public static byte[] Png(int length)
    {
        byte[] picture = new byte[length];
        for (int i = 0; i < length; i++)
            picture[i] = (byte)((i * 2654435761L) >> 13);
        new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A }.CopyTo(picture, 0);
        return picture;
    }

    /// <summary>A chat whose second message names these pictures.</summary>
    public static JsonObject Chat(params string[] urls) => new()
    {
        ["model"] = Ask.Model,
        ["messages"] = new JsonArray(
            new JsonObject { ["role"] = "system", ["content"] = "Look." },
            new JsonObject { ["role"] = "user", ["content"] = new JsonArray([.. urls.Select(static url => new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = url } })]) }),
    };

    public Task<Seen> AskAsync(params string[] urls) => Gateway.Client.AskAsync(Form.OpenAI, Chat(urls));

    /// <summary>The media parts of the last call that the upstream saw.</summary>
    public JsonNode?[] Parts()
    {
        JsonNode body = JsonNode.Parse(Encoding.UTF8.GetString(Gateway.Calls()[^1].Body.Span))!;
        return [.. body["contents"]![0]!["parts"]!.AsArray()];
    }

    /// <summary>A refusal that names the part, and nothing went upstream.</summary>
    public Seen AssertRefused(Seen seen, string words)
    {
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, seen.Status);
        Assert.Equal(("invalid_request_error", Param, "invalid_media"), (seen.Error!["type"]!.GetValue<string>(), seen.Error["param"]!.GetValue<string>(), seen.ErrorCode));
        Assert.Contains(words, seen.Message, StringComparison.Ordinal);
        Assert.Empty(Gateway.Calls());
        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Host.DisposeAsync();
    }
}
