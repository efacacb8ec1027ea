using System.Net;
using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Resources;

namespace Pollux.IntegrationTests.Files;

/// <summary>Many files over many keys, a restart in the middle and a key that dies: each request finds its key, or is told why not.</summary>
[Trait("Feature", "GEM-3")]
[Trait("Feature", "MEM-4")]
public sealed class ManyFilesTests : AffinityStand
{
    [Fact]
    public Task Two_hundred_files_over_fifty_keys_stay_with_their_keys_and_callers_over_a_restart_and_a_death() => AssertAllStayAsync(
        static async (client, number) => (string)(await client.UploadAsync(FileWork.Bytes(100, (byte)number), (UploadForm)(number % 3))).File["name"]!,
        static (client, name) => client.AskAboutAsync(UriOf(name)), ListAsync, static _ => true);

    [Fact]
    public async Task An_upload_goes_on_after_a_restart_at_its_key()
    {
        AddKeys(2);
        Upstream.Files.Granularity = 256;
        byte[] bytes = FileWork.Bytes(700);
        string id;
        await using (TestGateway gateway = await StartAsync(2))
        {
            string url = (await gateway.Client.StartAsync(bytes.Length)).Header("X-Goog-Upload-URL")!;
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.PieceAsync(url, "upload", 0, bytes[..512])).Status);
            id = new System.Uri(url).AbsolutePath;
        }

        await using TestGateway again = await StartAsync(2);
        Assert.Equal("512", (await again.Client.PieceAsync(id, "query", 0)).Header("X-Goog-Upload-Size-Received"));
        FileSeen last = await again.Client.PieceAsync(id, "upload, finalize", 512, bytes[512..]);

        Assert.Equal(700, Upstream.Files.Find((string)last.File["name"]!)!.Size);
        Assert.Single(Upstream.Received.Requests.Where(static request => request.Action == "files").Select(static request => request.Key).Distinct());
        Assert.Equal(HttpStatusCode.OK, (await again.Client.AskAboutAsync((string)last.File["uri"]!)).Status);
    }

    [Fact]
    public async Task What_a_key_owned_that_is_gone_from_the_settings_is_unknown()
    {
        AddKeys(2);
        var names = new List<string>();
        await using (TestGateway gateway = await StartAsync(2))
        {
            for (int i = 0; i < 6; i++)
                names.Add((string)(await gateway.Client.UploadAsync(FileWork.Bytes(10, (byte)i), UploadForm.Media)).File["name"]!);
        }

        await using TestGateway again = await StartAsync(1);

        Assert.Equal(names.Where(name => KeyOf(name) == ResourceStand.Key(0)).Order(), (await ListAsync(again.Client)).Order());
        Assert.Contains(names, name => KeyOf(name) == ResourceStand.Key(1));
    }

    private static async Task<List<string>> ListAsync(HttpClient client)
    {
        List<string> names = [];
        string? token = "";
        while (token is not null)
        {
            JsonNode page = (await client.SeeAsync(HttpMethod.Get, $"/v1beta/files?pageSize=30&pageToken={token}")).Json;
            names.AddRange(page["files"]!.AsArray().Select(static file => (string)file!["name"]!));
            token = (string?)page["nextPageToken"];
        }

        return names;
    }
}
