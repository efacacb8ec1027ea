using System.Net.Http.Headers;

namespace Pollux.Pictures.Hosts;

/// <summary>A picture as a browser's form would send it.</summary>
internal static class UploadForm
{
    /// <summary>Makes the body.</summary>
    /// <param name="field">The field that the host looks for.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="picture">The bytes.</param>
    public static HttpContent Of(string field, PictureName name, ReadOnlyMemory<byte> picture)
    {
        // Quoted, and the boundary not: that is how browsers write them, and small servers read nothing else.
        var file = new ReadOnlyMemoryContent(picture);
        file.Headers.ContentType = new MediaTypeHeaderValue(name.MediaType);
        file.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{field}\"", FileName = $"\"{name.Text}\"" };
        string boundary = "----pollux-" + Path.GetFileNameWithoutExtension(name.Text);
        var form = new MultipartFormDataContent(boundary) { file };
        form.Headers.ContentType = null;
        form.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={boundary}");
        return form;
    }
}
