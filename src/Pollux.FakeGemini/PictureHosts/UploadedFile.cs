namespace Pollux.FakeGemini.PictureHosts;

/// <summary>Reads the picture out of an upload form, as strictly as the hosts do.</summary>
internal static class UploadedFile
{
    /// <summary>The file in a field; <see langword="null"/>: there is no form, no such field, or nothing in it.</summary>
    public static async Task<FakeUpload?> ReadAsync(HttpRequest request, string field, CancellationToken cancellation)
    {
        if (!HttpMethods.IsPost(request.Method) || !request.HasFormContentType)
            return null;
        IFormCollection form = await request.ReadFormAsync(cancellation);
        if (form.Files.GetFile(field) is not { Length: > 0, FileName.Length: > 0 } file)
            return null;
        using MemoryStream bytes = new();
        await file.CopyToAsync(bytes, cancellation);
        return new FakeUpload(request.Host.Host, request.Path + request.QueryString, file.FileName, file.ContentType, bytes.ToArray());
    }

    /// <summary>Whether the bytes begin as a picture of that type does; hosts look at the bytes and not at the name.</summary>
    public static bool IsPicture(FakeUpload upload) => upload.MediaType switch
    {
        "image/png" => upload.Bytes.Span is [0x89, (byte)'P', (byte)'N', (byte)'G', ..],
        "image/jpeg" => upload.Bytes.Span is [0xFF, 0xD8, 0xFF, ..],
        "image/gif" => upload.Bytes.Span.StartsWith("GIF8"u8),
        "image/webp" => upload.Bytes.Span.StartsWith("RIFF"u8),
        _ => false,
    };

    /// <summary>Answers JSON.</summary>
    public static Task AnswerAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(json, http.RequestAborted);
    }
}
