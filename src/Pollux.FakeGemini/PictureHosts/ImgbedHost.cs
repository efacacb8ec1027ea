namespace Pollux.FakeGemini.PictureHosts;

/// <summary>A Cloudflare ImgBed (https://cfbed.sanyue.de/api/upload.html): auth code and folder in the query, a path as the answer.</summary>
internal static class ImgbedHost
{
    public static async Task HandleAsync(FakePictureHosts hosts, HttpContext http)
    {
        if (hosts.Options.ImgbedCode.Length > 0 && http.Request.Query["authCode"] != hosts.Options.ImgbedCode)
        {
            http.Response.StatusCode = 401;
            await http.Response.WriteAsync("Unauthorized", http.RequestAborted);
            return;
        }

        FakeUpload? upload = await UploadedFile.ReadAsync(http.Request, "file", http.RequestAborted);
        if (upload is null || !UploadedFile.IsPicture(upload))
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync("Error: No file uploaded", http.RequestAborted);
            return;
        }

        string name = http.Request.Query["uploadNameType"] == "origin" ? upload.Name : $"1763740000000_{upload.Name}";
        string folder = http.Request.Query["uploadFolder"].ToString().Trim('/');
        hosts.Take(name, upload);
        await UploadedFile.AnswerAsync(http, 200, $$"""[{"src":"/file/{{(folder.Length > 0 ? folder + "/" : "")}}{{name}}"}]""");
    }
}
