using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Images;

/// <summary>Gateways that know their models, Imagen among them, and the requests for pictures that tests send them.</summary>
internal static class ImageStand
{
    public const string Painter = "gemini-3.1-flash-image";
    public const string Imagen = "imagen-4.0-generate-001";

    /// <summary>What OpenAI's list holds for the upstream's own: the chat with the painter comes last.</summary>
    public static IEnumerable<string> Listed => ClientContract.ListedModels.Append(Painter + "-chat");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TestGateway> StartAsync(params (string Name, string Value)[] settings)
    {
        TestGateway gateway = await TestGateway.StartAsync(
            static fake => fake.AddKey(TestGateway.Key, fake.AddProject("100000000001", FakeTier.Paid)),
            settings.ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
            new FakeGeminiOptions { Models = [.. FakeModelCatalog.Default, FakeModel.Named(Imagen)] });
        await EmbeddingTests.ListedAsync(gateway);
        return gateway;
    }

    /// <summary>Asks for pictures by JSON.</summary>
    public static async Task<(HttpStatusCode Status, JsonElement Answer, HttpResponseHeaders Headers)> GenerateAsync(this TestGateway gateway, string members, string prefix = "/v1")
    {
        using HttpRequestMessage request = Ask.Request(prefix + "/images/generations", System.Text.Encoding.UTF8.GetBytes($$"""{{{members}}}"""));
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, Cancellation);
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(Cancellation)), response.Headers);
    }

    /// <summary>Sends a form.</summary>
    public static async Task<(HttpStatusCode Status, JsonElement Answer)> EditAsync(this TestGateway gateway, MultipartFormDataContent form, string prefix = "/v1")
    {
        using (form)
        using (HttpResponseMessage response = await gateway.Client.PostAsync(new Uri(prefix + "/images/edits", UriKind.Relative), form, Cancellation))
            return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(Cancellation)));
    }

    public static MultipartFormDataContent Form(string? prompt, params (string Field, byte[] File)[] files)
    {
        var form = new MultipartFormDataContent();
        if (prompt is not null)
            form.Add(new StringContent(prompt), "prompt");
        foreach ((string field, byte[] file) in files)
            form.Add(new ByteArrayContent(file), field, field + ".png");
        return form;
    }

    /// <summary>A chat of turns, the user's first.</summary>
    public static JsonObject Chat(string model, params string[] turns) => new()
    {
        ["model"] = model,
        ["messages"] = new JsonArray([.. turns.Select(static (text, i) => new JsonObject { ["role"] = i % 2 == 0 ? "user" : "assistant", ["content"] = text })]),
    };

    /// <summary>The bytes of the picture in a Markdown answer, fetched as a browser does if it stands elsewhere.</summary>
    public static async Task<byte[]> PictureAsync(TestGateway gateway, string markdown)
    {
        string target = markdown[(markdown.LastIndexOf("](", StringComparison.Ordinal) + 2)..^1];
        return target.StartsWith("data:image/png;base64,", StringComparison.Ordinal)
            ? Convert.FromBase64String(target["data:image/png;base64,".Length..])
            : await gateway.Client.GetByteArrayAsync(new Uri(target), Cancellation);
    }

    /// <summary>All pictures that the upstream received in a request, in their order.</summary>
    public static byte[][] Sent(ReceivedRequest request) =>
    [
        .. request.Json.GetProperty("contents").EnumerateArray().SelectMany(static content => content.GetProperty("parts").EnumerateArray())
            .Where(static part => part.TryGetProperty("inlineData", out _)).Select(static part => part.GetProperty("inlineData").GetProperty("data").GetBytesFromBase64()),
    ];
}
