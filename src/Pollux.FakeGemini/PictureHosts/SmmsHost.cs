using System.Security.Cryptography;

namespace Pollux.FakeGemini.PictureHosts;

/// <summary>sm.ms, version 2 (https://doc.sm.ms). It knows a picture by its bytes and takes it once.</summary>
internal static class SmmsHost
{
    public static async Task HandleAsync(FakePictureHosts hosts, HttpContext http)
    {
        string authorization = http.Request.Headers.Authorization.ToString();
        if (authorization != hosts.Options.SmmsToken && authorization != $"Basic {hosts.Options.SmmsToken}")
        {
            await UploadedFile.AnswerAsync(http, 401, """{"success":false,"code":"unauthorized","message":"Unauthorized.","RequestId":"8A84DDCA-96B3-4363-B5DF-524E95A5201A"}""");
            return;
        }

        FakeUpload? upload = await UploadedFile.ReadAsync(http.Request, "smfile", http.RequestAborted);
        if (upload is null || !UploadedFile.IsPicture(upload))
        {
            await UploadedFile.AnswerAsync(http, 400, """{"success":false,"code":"invalid_file_type","message":"No picture was selected.","RequestId":"8A84DDCA-96B3-4363-B5DF-524E95A5201A"}""");
            return;
        }

        string name = Convert.ToHexStringLower(SHA256.HashData(upload.Bytes.Span))[..15] + Path.GetExtension(upload.Name);
        string address = $"https://s2.loli.net/2026/11/21/{name}";
        if (hosts.Find(name) is not null)
        {
            await UploadedFile.AnswerAsync(http, 200, $$"""{"success":false,"code":"image_repeated","message":"Image upload repeated limit, this image exists at: {{address}}","images":"{{address}}","RequestId":"8A84DDCA-96B3-4363-B5DF-524E95A5201A"}""");
            return;
        }

        hosts.Take(name, upload);
        await UploadedFile.AnswerAsync(http, 200, $$$"""{"success":true,"code":"success","message":"Upload success.","data":{"file_id":0,"width":1,"height":1,"filename":"{{{upload.Name}}}","storename":"{{{name}}}","size":{{{upload.Bytes.Length}}},"path":"/2026/11/21/{{{name}}}","hash":"n0tAnAddre55","url":"{{{address}}}","delete":"https://sm.ms/delete/n0tAnAddre55","page":"https://sm.ms/image/n0tAnAddre55"},"RequestId":"8A84DDCA-96B3-4363-B5DF-524E95A5201A"}""");
    }
}
