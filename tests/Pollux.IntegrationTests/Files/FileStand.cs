using Microsoft.Extensions.DependencyInjection;
using Pollux.Affinity;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Files;

/// <summary>A gateway with two keys of two projects, and two callers.</summary>
internal static class FileStand
{
    public const string Second = "AQ.test-key-0000000000000000000000002";
    public const string OtherCaller = "password-of-the-other-caller";

    /// <summary>What reached the upstream, but for the lists of models that a gateway asks for by itself.</summary>
    public static int Sent(TestGateway gateway) => gateway.Upstream.Received.Requests.Count(static request => request.Action != "listModels");

    public static string FileUri(string name) => "https://generativelanguage.googleapis.com/v1beta/" + name;

    public static async Task<(string One, string Other)> UploadApartAsync(TestGateway gateway)
    {
        string one = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10))).File["name"]!;
        for (int i = 0; i < 10; i++)
        {
            string other = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10, 2))).File["name"]!;
            if (gateway.Upstream.Files.Find(other)!.Key != gateway.Upstream.Files.Find(one)!.Key)
                return (one, other);
        }

        throw new InvalidOperationException("Ten uploads went to one key.");
    }

    /// <summary>The id under which the tests' client is known: that of a file it uploads.</summary>
    public static async Task<string> CallerAsync(TestGateway gateway)
    {
        string owner = "";
        gateway.Services.GetRequiredService<AffinityLedger>().Changed = (resource, _) => owner = resource.Owner;
        await gateway.Client.UploadAsync(FileWork.Bytes(10), UploadForm.Media);
        return owner;
    }

    public static HttpClient Client(TestGateway gateway, string? password)
    {
#pragma warning disable RS0030 // a client of the gateway, not a part of it
        var client = new HttpClient { BaseAddress = gateway.Address };
#pragma warning restore RS0030
        if (password is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", password);
        return client;
    }

    public static Task<TestGateway> StartAsync(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["GEMINI_API_KEYS"] = $"{TestGateway.Key},{Second}", ["ALLOWED_TOKENS"] = OtherCaller };
        foreach ((string name, string value) in settings)
            all[name] = value;
        return TestGateway.StartAsync(
            fake =>
            {
                fake.AddKey(TestGateway.Key, fake.AddProject("100000000001"));
                fake.AddKey(Second, fake.AddProject("100000000002"));
            },
            all);
    }
}
