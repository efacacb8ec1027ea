using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Pollux.Access;
using Pollux.Buffers;

namespace Pollux.Endpoints;

/// <summary>A file of a form.</summary>
/// <param name="Field">The field it stands in.</param>
/// <param name="Name">Its name, if the client tells one.</param>
/// <param name="Type">Its media type, if the client tells one.</param>
/// <param name="Content">The bytes.</param>
internal sealed record UploadedFile(string Field, string? Name, string? Type, PooledBuffer Content)
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => Content.Written;
}

/// <summary>Which files a form may hold.</summary>
/// <param name="Fields">The fields that hold files; the first one must.</param>
/// <param name="MostFiles">How many files there may be in all.</param>
/// <param name="MostBytes">The bound of each.</param>
/// <param name="Advice">Why this is the bound, and what to do: the rest of a sentence.</param>
internal sealed record FileBounds(IReadOnlyList<string> Fields, int MostFiles, int MostBytes, string Advice);

/// <summary>
/// A form with files, read piece by piece into memory: never to the disk, and never beyond its bounds. A large one first waits
/// for its share of the budget, as large bodies of JSON do. Dispose it when the request is answered.
/// </summary>
internal sealed class UploadedForm : IDisposable
{
    private const int MostParts = 64;
    private const int MostFieldBytes = 64 * 1024; // the longest is a prompt
    private const int PieceBytes = 32 * 1024;

    /// <summary>
    /// What is sent upstream, in JSON, is a third larger than the files; with them it is 2.33 times their size while it is written.
    /// </summary>
    private const double WithBody = 2.5, BodyAlone = 1.5;

    private readonly List<KeyValuePair<string, string>> _fields = [];
    private readonly List<UploadedFile> _files = [];

    private long _bytes;
    private BodyShare? _share;

    private UploadedForm()
    {
    }

    /// <summary>Names and values of the other fields, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields => _fields;

    /// <summary>The files, in their order; at least one.</summary>
    public IReadOnlyList<UploadedFile> Files => _files;

    /// <summary>Reads the form.</summary>
    /// <param name="http">The request.</param>
    /// <param name="mostBytes">The bound of all (<c>MAX_BODY_MB</c>).</param>
    /// <param name="files">Which files it may hold.</param>
    /// <param name="aborted">The client went away.</param>
    /// <returns>The form, or why it is refused.</returns>
    public static async ValueTask<(UploadedForm? Form, GatewayError? Refusal)> ReadAsync(HttpContext http, long mostBytes, FileBounds files, CancellationToken aborted)
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
            if (http.Request.ContentLength is >= PooledBuffer.LargeBytes and var announced && !await form.TakeShareAsync(http, announced, aborted))
                return (null, RequestBody.Busy());

            refusal = await form.ReadPartsAsync(http, new MultipartReader(boundary, http.Request.Body), mostBytes, files, aborted);
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

        refusal ??= form.Missing(files.Fields);
        if (refusal is null)
        {
            form._share?.ShrinkTo((long)(form._bytes * WithBody));
            return (form, null);
        }

        form.Dispose();
        return (null, refusal);
    }

    /// <summary>Lets go of the files: what is sent is made, and is all that is left.</summary>
    public void DropFiles()
    {
        foreach (UploadedFile file in _files)
            file.Content.Dispose();
        _files.Clear();
        _share?.ShrinkTo((long)(_bytes * BodyAlone));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DropFiles();
        _share?.Dispose();
    }

    private async ValueTask<bool> TakeShareAsync(HttpContext http, long bytes, CancellationToken aborted) =>
        (_share = await RequestBody.TakeShareAsync(http, (long)(bytes * WithBody), aborted)) is not null;

    private GatewayError? Missing(IReadOnlyList<string> fields)
    {
        foreach (UploadedFile file in _files)
        {
            if (file.Bytes.IsEmpty)
                return new GatewayError(400, GatewayErrorKind.InvalidRequest, $"'{file.Field}' is empty.", Param: file.Field, Code: "missing_required_parameter");
        }

        return _files.Exists(file => file.Field.StartsWith(fields[0], StringComparison.Ordinal)) // a list ends in []
            ? null
            : new GatewayError(400, GatewayErrorKind.InvalidRequest, $"'{fields[0]}' is missing.", Param: fields[0], Code: "missing_required_parameter");
    }

    private async ValueTask<GatewayError?> ReadPartsAsync(HttpContext http, MultipartReader reader, long left, FileBounds files, CancellationToken aborted)
    {
        long most = left;
        int parts = 0;
        while (await reader.ReadNextSectionAsync(aborted) is { } part)
        {
            if (++parts > MostParts)
                return new GatewayError(400, GatewayErrorKind.InvalidRequest, $"The form has more than {MostParts} parts.");
            if (part.GetContentDispositionHeader() is not { } disposition || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { Length: > 0 } name)
                return new GatewayError(400, GatewayErrorKind.InvalidRequest, "A part of the form has no name.");

            bool isFile = files.Fields.Contains(name);
            if (isFile && _files.Count == files.MostFiles)
                return new GatewayError(400, GatewayErrorKind.InvalidRequest, files.MostFiles == 1 ? "The form has more than one file." : $"The form has more than {files.MostFiles} files.", Param: name);
            var content = new PooledBuffer(PieceBytes);
            if (isFile)
                _files.Add(new UploadedFile(name, HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value, part.ContentType, content));
            try
            {
                long bound = Math.Min(left, isFile ? files.MostBytes : MostFieldBytes);
                switch (await FillAsync(http, content, part.Body, bound, most, aborted))
                {
                    case Filling.TooMuch:
                        return bound == left ? TooLarge(most) : isFile ? FileTooLarge(name, files) : FieldTooLarge(name);
                    case Filling.NoRoom:
                        return RequestBody.Busy();
                }

                left -= content.Written.Length;
                if (!isFile)
                    _fields.Add(new(name, Encoding.UTF8.GetString(content.Written.Span)));
            }
            finally
            {
                if (!isFile)
                    content.Dispose();
            }
        }

        return null;
    }

    private async ValueTask<Filling> FillAsync(HttpContext http, PooledBuffer content, Stream part, long bound, long most, CancellationToken aborted)
    {
        while (await part.ReadAsync(content.GetMemory(PieceBytes), aborted) is > 0 and var read)
        {
            content.Advance(read);
            if (content.Length > bound)
                return Filling.TooMuch;
            _bytes += read;
            if (_share is null && _bytes >= PooledBuffer.LargeBytes && !await TakeShareAsync(http, most, aborted)) // nobody announced how large it is, and a share is taken once
                return Filling.NoRoom;
        }

        return Filling.Done;
    }

    private enum Filling
    {
        /// <summary>The part is read.</summary>
        Done,

        /// <summary>It is longer than its bound.</summary>
        TooMuch,

        /// <summary>There is no share for it in the budget.</summary>
        NoRoom,
    }

    private static GatewayError FieldTooLarge(string name) =>
        new(400, GatewayErrorKind.InvalidRequest, $"A field of the form is longer than {MostFieldBytes / 1024} kB.", Param: name.Length <= 40 ? name : null);

    private static GatewayError FileTooLarge(string name, FileBounds files) =>
        new(413, GatewayErrorKind.TooLarge, $"'{name}' is larger than {files.MostBytes / (1024 * 1024)} MB, {files.Advice}", Param: name);

    private static GatewayError TooLarge(long most) =>
        new(413, GatewayErrorKind.TooLarge, $"The request body is larger than {most / (1024 * 1024)} MB, the bound of this gateway (MAX_BODY_MB).");
}
