using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Files;

/// <summary>The ways in which a file is uploaded.</summary>
public enum UploadForm
{
    /// <summary>In pieces, as the SDKs do it.</summary>
    Resumable,

    /// <summary>Description and bytes in one body.</summary>
    Multipart,

    /// <summary>The bytes alone.</summary>
    Media,
}

/// <summary>What a client saw.</summary>
internal sealed record FileSeen(HttpStatusCode Status, string Body, HttpResponseHeaders Headers)
{
    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The file in the answer of an upload.</summary>
    public JsonNode File => Json["file"]!;

    /// <summary>A header, or null.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(",", values) : null;
}

/// <summary>What clients do with files.</summary>
internal static class FileWork
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    extension(HttpClient client)
    {
        /// <summary>Uploads a small file, and expects that it works.</summary>
        public async Task<FileSeen> UploadAsync(byte[] bytes, UploadForm form = UploadForm.Resumable, string prefix = "/upload/v1beta")
        {
            FileSeen seen = form switch
            {
                UploadForm.Resumable => await client.PieceAsync((await client.StartAsync(bytes.Length, prefix)).Header("X-Goog-Upload-URL")!, "upload, finalize", 0, bytes),
                UploadForm.Multipart => await client.MultipartAsync(bytes, prefix),
                _ => await client.MediaAsync(bytes, prefix),
            };
            Assert.True(seen.Status == HttpStatusCode.OK, $"{seen.Status}: {seen.Body}");
            return seen;
        }

        /// <summary>Begins an upload in pieces.</summary>
        public Task<FileSeen> StartAsync(long size, string prefix = "/upload/v1beta") => client.SeeAsync(Start(size, prefix));

        /// <summary>Sends a command, with a piece or without.</summary>
        public Task<FileSeen> PieceAsync(string url, string command, long offset, byte[]? bytes = null)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(bytes ?? []) };
            request.Headers.Add("X-Goog-Upload-Command", command);
            if (bytes is not null)
                request.Headers.Add("X-Goog-Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
            return client.SeeAsync(request);
        }

        /// <summary>Asks a model about files.</summary>
        public Task<FileSeen> AskAboutAsync(params string[] uris)
        {
            var parts = new JsonArray(new JsonObject { ["text"] = "What is this?" });
            foreach (string uri in uris)
                parts.Add((JsonNode)new JsonObject { ["fileData"] = new JsonObject { ["fileUri"] = uri, ["mimeType"] = "text/plain" } });
            var body = new JsonObject { ["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = parts }) };
            return client.SeeAsync(new HttpRequestMessage(HttpMethod.Post, Form.Gemini.Path()) { Content = Json(body.ToJsonString()) });
        }

        /// <summary>Asks for something without a body.</summary>
        public Task<FileSeen> SeeAsync(HttpMethod method, string path) => client.SeeAsync(new HttpRequestMessage(method, path));

        /// <summary>Sends a request and reads the answer.</summary>
        public async Task<FileSeen> SeeAsync(HttpRequestMessage request)
        {
            using HttpRequestMessage sent = request;
            using HttpResponseMessage response = await client.SendAsync(sent, Cancellation);
            return new FileSeen(response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), response.Headers);
        }

        private Task<FileSeen> MultipartAsync(byte[] bytes, string prefix)
        {
            byte[] head = Encoding.UTF8.GetBytes("--edge\r\nContent-Type: application/json\r\n\r\n{\"file\":{\"displayName\":\"notes\"}}\r\n--edge\r\nContent-Type: text/plain\r\n\r\n");
            var content = new ByteArrayContent([.. head, .. bytes, .. "\r\n--edge--\r\n"u8]);
            content.Headers.TryAddWithoutValidation("Content-Type", "multipart/related; boundary=edge");
            return client.SeeAsync(new HttpRequestMessage(HttpMethod.Post, prefix + "/files?uploadType=multipart") { Content = content });
        }

        private Task<FileSeen> MediaAsync(byte[] bytes, string prefix)
        {
            var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
            return client.SeeAsync(new HttpRequestMessage(HttpMethod.Post, prefix + "/files?uploadType=media") { Content = content });
        }
    }

    /// <summary>The request that begins an upload.</summary>
    public static HttpRequestMessage Start(long size, string prefix = "/upload/v1beta")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, prefix + "/files") { Content = Json("""{"file":{"displayName":"notes"}}""") };
        request.Headers.Add("X-Goog-Upload-Protocol", "resumable");
        request.Headers.Add("X-Goog-Upload-Command", "start");
        request.Headers.Add("X-Goog-Upload-Header-Content-Length", size.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("X-Goog-Upload-Header-Content-Type", "text/plain");
        return request;
    }

    /// <summary>A body of JSON.</summary>
    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>Bytes that differ from each other.</summary>
    public static byte[] Bytes(int count, byte seed = 1)
    {
        var bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)((i * 31) + seed);
        return bytes;
    }
}
