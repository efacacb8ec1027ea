using System.Net;
using System.Text;
using Pollux.IntegrationTests.Files;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Resources;

/// <summary>Stores to search, their documents, and the requests that search them.</summary>
[Trait("Feature", "GEM-5")]
public sealed class StoreTests
{
    [Theory]
    [InlineData(UploadForm.Resumable)]
    [InlineData(UploadForm.Multipart)]
    [InlineData(UploadForm.Media)]
    public async Task A_store_is_made_filled_searched_and_deleted_at_its_key(UploadForm form)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        using HttpClient other = gateway.Other();
        string store = (string)(await gateway.Client.MakeAsync("/v1beta/fileSearchStores", """{"displayName":"papers"}"""))["name"]!;
        FileSeen filled = await UploadAsync(gateway.Client, store, form);
        Assert.True(filled.Status == HttpStatusCode.OK, filled.Body);
        if (form != UploadForm.Media)
            Assert.Contains("\"displayName\":\"paper\"", gateway.Upstream.Resources.Find((string)filled.Json["response"]!["documentName"]!)!.Text, StringComparison.Ordinal);
        string document = (string)filled.Json["response"]!["documentName"]!;

        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, $"/v1beta/{(string)filled.Json["name"]!}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Get, "/v1beta/" + document)).Status);
        Assert.Single((await gateway.Client.SendAsync(HttpMethod.Get, $"/v1beta/{store}/documents")).Json["documents"]!.AsArray());
        for (int i = 0; i < 3; i++)
        {
            FileSeen answer = await SearchAsync(gateway.Client, store);
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        }

        long sent = gateway.Upstream.Received.Total;
        ResourceStand.AssertNotThere(await SearchAsync(other, store));
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, "/v1beta/" + document));
        ResourceStand.AssertNotThere(await other.SendAsync(HttpMethod.Get, $"/v1beta/{store}/documents"));
        ResourceStand.AssertNotThere(await UploadAsync(other, store, form));
        Assert.Empty(gateway.Asked(sent));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.SendAsync(HttpMethod.Delete, $"/v1beta/{store}?force=true")).Status);
        Assert.Single(gateway.Asked().Select(static request => request.Key).Distinct());
    }

    [Fact]
    public async Task A_file_is_imported_where_both_live_and_else_refused()
    {
        await using TestGateway gateway = await ResourceStand.StartAsync(2);
        string store = (string)(await gateway.Client.MakeAsync("/v1beta/fileSearchStores", "{}"))["name"]!;
        bool worked = false, refused = false;
        for (int i = 0; i < 20 && !(worked && refused); i++)
        {
            string file = (string)(await gateway.Client.UploadAsync(FileWork.Bytes(10, (byte)i), UploadForm.Media)).File["name"]!;
            bool meets = gateway.Upstream.Files.Find(file)!.Key == gateway.OwnerOf(store);
            FileSeen seen = await gateway.Client.SendAsync(HttpMethod.Post, $"/v1beta/{store}:importFile", $$"""{"fileName":"{{file}}"}""");
            Assert.Equal(meets ? HttpStatusCode.OK : HttpStatusCode.BadRequest, seen.Status);
            (worked, refused) = (worked || meets, refused || !meets);
        }

        Assert.True(worked && refused);
    }

    /// <summary>Both ways in which the form can be said: by the header, and by the parameter.</summary>
    [Theory]
    [InlineData("?uploadType=multipart", null)]
    [InlineData("", "multipart")]
    public async Task A_store_takes_a_form_of_description_and_bytes_at_its_key_each_time(string query, string? protocol)
    {
        await using TestGateway gateway = await ResourceStand.StartAsync();
        string store = (string)(await gateway.Client.MakeAsync("/v1beta/fileSearchStores", "{}"))["name"]!;
        string path = $"/upload/v1beta/{store}:uploadToFileSearchStore{query}";

        for (int i = 0; i < 4; i++) // with three keys, a free choice would miss it
        {
            HttpRequestMessage request = Multipart(path, FileWork.Bytes(1000), isMarked: true);
            if (protocol is not null)
                request.Headers.Add("X-Goog-Upload-Protocol", protocol);
            FileSeen filled = await gateway.Client.SeeAsync(request);
            Assert.True(filled.Status == HttpStatusCode.OK, filled.Body);
            Assert.Equal(gateway.OwnerOf(store), gateway.OwnerOf((string)filled.Json["response"]!["documentName"]!));
        }

        Assert.Equal(4, (await gateway.Client.SendAsync(HttpMethod.Get, $"/v1beta/{store}/documents")).Json["documents"]!.AsArray().Count);
        Assert.Empty(gateway.Upstream.Files.All); // a document is no file
        HttpRequestMessage strange = Multipart(path, FileWork.Bytes(10), description: """{"colour":"red"}""", isMarked: true);
        if (protocol is not null)
            strange.Headers.Add("X-Goog-Upload-Protocol", protocol);
        FileSeen refused = await gateway.Client.SeeAsync(strange);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("colour", refused.Body, StringComparison.Ordinal); // Google's own words
    }

    private static HttpRequestMessage Multipart(string path, byte[] bytes, string description = """{"displayName":"paper","mimeType":"text/plain"}""", bool isMarked = false)
    {
        byte[] head = Encoding.UTF8.GetBytes($"--edge\r\nContent-Type: application/json\r\n\r\n{description}\r\n--edge\r\nContent-Type: text/plain\r\n\r\n");
        var content = new ByteArrayContent([.. head, .. bytes, .. "\r\n--edge--\r\n"u8]);
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/related; boundary=edge");
        return new HttpRequestMessage(HttpMethod.Post, isMarked ? path : path + "?uploadType=multipart") { Content = content };
    }

    private static Task<FileSeen> SearchAsync(HttpClient client, string store) => client.SendAsync(
        HttpMethod.Post, $"/v1beta/models/{ResourceStand.Model}:generateContent",
        $$$"""{"contents":[{"role":"user","parts":[{"text":"Find it"}]}],"tools":[{"fileSearch":{"fileSearchStoreNames":["{{{store}}}"]}}]}""");

    private static async Task<FileSeen> UploadAsync(HttpClient client, string store, UploadForm form)
    {
        string path = $"/upload/v1beta/{store}:uploadToFileSearchStore";
        byte[] bytes = FileWork.Bytes(1000);
        if (form == UploadForm.Media)
            return await client.SeeAsync(new HttpRequestMessage(HttpMethod.Post, path + "?uploadType=media") { Content = new ByteArrayContent(bytes) { Headers = { ContentType = new("text/plain") } } });
        if (form == UploadForm.Multipart)
            return await client.SeeAsync(Multipart(path, bytes));
        var start = new HttpRequestMessage(HttpMethod.Post, path) { Content = FileWork.Json("""{"displayName":"paper","mimeType":"text/plain"}""") };
        start.Headers.Add("X-Goog-Upload-Protocol", "resumable");
        start.Headers.Add("X-Goog-Upload-Command", "start");
        FileSeen begun = await client.SeeAsync(start);
        return begun.Header("X-Goog-Upload-URL") is { } url ? await client.PieceAsync(url, "upload, finalize", 0, bytes) : begun;
    }
}
