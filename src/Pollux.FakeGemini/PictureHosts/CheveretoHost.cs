namespace Pollux.FakeGemini.PictureHosts;

/// <summary>
/// PicGo's server and others with Chevereto's API (https://v4-docs.chevereto.com/developer/api/api-v1.html): the key in the
/// header, the query or the form.
/// </summary>
internal static class CheveretoHost
{
    public static async Task HandleAsync(FakePictureHosts hosts, HttpContext http)
    {
        string key = http.Request.Headers["X-API-Key"].ToString();
        if (key.Length == 0)
            key = http.Request.Query["key"].ToString();
        if (key != hosts.Options.CheveretoKey)
        {
            await UploadedFile.AnswerAsync(http, 400, """{"status_code":400,"error":{"message":"Invalid API v1 key.","code":100,"context":"Exception"},"status_txt":"Bad Request"}""");
            return;
        }

        FakeUpload? upload = await UploadedFile.ReadAsync(http.Request, "source", http.RequestAborted);
        if (upload is null || !UploadedFile.IsPicture(upload))
        {
            await UploadedFile.AnswerAsync(http, 400, """{"status_code":400,"error":{"message":"Empty upload source.","code":130,"context":"Exception"},"status_txt":"Bad Request"}""");
            return;
        }

        hosts.Take(upload.Name, upload);
        string address = $"https://{http.Request.Host.Host}/images/{upload.Name}";
        await UploadedFile.AnswerAsync(http, 200, hosts.Options.AnswersLists
            ? $$"""{"success":true,"result":["{{address}}"]}"""
            : $$$"""{"status_code":200,"success":{"message":"image uploaded","code":200},"image":{"name":"{{{Path.GetFileNameWithoutExtension(upload.Name)}}}","extension":"png","url":"{{{address}}}","display_url":"{{{address}}}","delete_url":"https://{{{http.Request.Host.Host}}}/image/x/delete/y"},"status_txt":"OK"}""");
    }
}
