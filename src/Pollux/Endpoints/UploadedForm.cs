using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Pollux.Access;
using Pollux.Buffers;

namespace Pollux.Endpoints;

/// <summary>
/// A form with one file, read piece by piece into memory: never to the disk, and never beyond its bounds. Dispose it when
/// nothing refers to the file any more.
/// </summary>
internal sealed class UploadedForm : IDisposable
{
    private const string FileField = "file";
    private const int MostParts = 64;
    private const int MostFieldBytes = 64 * 1024; // the longest is a prompt
    private const int PieceBytes = 32 * 1024;

    private readonly List<KeyValuePair<string, string>> _fields = [];
    private PooledBuffer? _file;

    private UploadedForm()
    {
    }

    /// <summary>Names and values of the other fields, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields => _fields;

    /// <summary>The file.</summary>
    public ReadOnlyMemory<byte> File => _file?.Written ?? default;

    /// <summary>Its name, if the client tells one.</summary>
    public string? FileName { get; private set; }

    /// <summary>Its media type, if the client tells one.</summary>
    public string? FileType { get; private set; }

    /// <summary>Reads the form.</summary>
    /// <param name="http">The request.</param>
    /// <param name="mostBytes">The bound of all (<c>MAX_BODY_MB</c>).</param>
    /// <param name="mostFileBytes">The bound of the file.</param>
    /// <param name="aborted">The client went away.</param>
    /// <returns>The form, or why it is refused.</returns>
    public static async ValueTask<(UploadedForm? Form, GatewayError? Refusal)> ReadAsync(HttpContext http, long mostBytes, int mostFileBytes, CancellationToken aborted)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out MediaTypeHeaderValue? type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
            return (null, new GatewayError(415, GatewayErrorKind.UnsupportedMediaType, "The Content-Type must be multipart/form-data with a boundary."));
        if (http.Request.Headers.ContentEncoding.Count > 0)
            return (null, new GatewayError(415, GatewayErrorKind.UnsupportedMediaType, "Compressed request bodies are not taken."));
        if (http.Request.ContentLength > mostBytes)
            return (null, TooLarge(mostBytes));

        var form = new UploadedForm();
        GatewayError? refusal;
        try
        {
            refusal = await form.ReadPartsAsync(new MultipartReader(boundary, http.Request.Body), mostBytes, mostFileBytes, aborted);
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException && !aborted.IsCancellationRequested)
        {
            refusal = fault is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
                ? TooLarge(mostBytes)
                : new GatewayError(400, GatewayErrorKind.InvalidRequest, "The form did not arrive whole, or is none.");
        }
        catch
        {
            form.Dispose();
            throw;
        }

        if (refusal is null && form.File.IsEmpty)
            refusal = new GatewayError(400, GatewayErrorKind.InvalidRequest, form._file is null ? "'file' is missing." : "'file' is empty.", Param: FileField, Code: "missing_required_parameter");
        if (refusal is null)
            return (form, null);
        form.Dispose();
        return (null, refusal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private async ValueTask<GatewayError?> ReadPartsAsync(MultipartReader reader, long left, int mostFileBytes, CancellationToken aborted)
    {
        long most = left;
        int parts = 0;
        while (await reader.ReadNextSectionAsync(aborted) is { } part)
        {
            if (++parts > MostParts)
                return new GatewayError(400, GatewayErrorKind.InvalidRequest, $"The form has more than {MostParts} parts.");
            if (part.GetContentDispositionHeader() is not { } disposition || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { Length: > 0 } name)
                return new GatewayError(400, GatewayErrorKind.InvalidRequest, "A part of the form has no name.");

            bool isFile = name == FileField;
            if (isFile && _file is not null)
                return new GatewayError(400, GatewayErrorKind.InvalidRequest, "The form has more than one file.", Param: FileField);
            var content = new PooledBuffer(PieceBytes);
            if (isFile)
                _file = content;
            try
            {
                long bound = Math.Min(left, isFile ? mostFileBytes : MostFieldBytes);
                if (!await FillAsync(content, part.Body, bound, aborted))
                    return bound == left ? TooLarge(most) : isFile ? FileTooLarge(mostFileBytes) : FieldTooLarge(name);
                left -= content.Written.Length;
                if (isFile)
                {
                    FileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value;
                    FileType = part.ContentType;
                }
                else
                {
                    _fields.Add(new(name, Encoding.UTF8.GetString(content.Written.Span)));
                }
            }
            finally
            {
                if (!isFile)
                    content.Dispose();
            }
        }

        return null;
    }

    /// <returns>Whether it ended within the bound.</returns>
    private static async ValueTask<bool> FillAsync(PooledBuffer content, Stream part, long most, CancellationToken aborted)
    {
        while (await part.ReadAsync(content.GetMemory(PieceBytes), aborted) is > 0 and var read)
        {
            content.Advance(read);
            if (content.Written.Length > most)
                return false;
        }

        return true;
    }

    private static GatewayError FieldTooLarge(string name) =>
        new(400, GatewayErrorKind.InvalidRequest, $"A field of the form is longer than {MostFieldBytes / 1024} kB.", Param: name.Length <= 40 ? name : null);

    private static GatewayError FileTooLarge(int most) =>
        new(413, GatewayErrorKind.TooLarge, $"'file' is larger than {most / (1024 * 1024)} MB, the most that Google takes inside one request. Send it in pieces, or compressed.", Param: FileField);

    private static GatewayError TooLarge(long most) =>
        new(413, GatewayErrorKind.TooLarge, $"The request body is larger than {most / (1024 * 1024)} MB, the bound of this gateway (MAX_BODY_MB).");
}
