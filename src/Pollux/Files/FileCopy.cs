namespace Pollux.Files;

/// <summary>What the ledger keeps of a copy, so that it is found again after a restart.</summary>
/// <param name="File">The file whose copy it is, for example <c>files/abc</c>.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="MimeType">Its type, as the upstream told it.</param>
/// <param name="Hash">The file's hash in the upstream's writing; <see langword="null"/>: it told none.</param>
internal sealed record CopyNote(string File, long Size, string? MimeType, string? Hash);

/// <summary>A copy of an uploaded file on the gateway's disk.</summary>
/// <param name="Id">Its name on the disk: nobody can guess it.</param>
/// <param name="Note">Of which file it is.</param>
internal sealed record FileCopy(string Id, CopyNote Note)
{
    /// <summary>Its place among the uses; under the lock of <see cref="FileCopies"/>.</summary>
    public LinkedListNode<FileCopy>? Use { get; set; }
}

/// <summary>A copy that is open to be read. Dispose it.</summary>
/// <param name="Copy">Which one.</param>
/// <param name="Bytes">Its bytes, from the first one on.</param>
internal sealed record OpenCopy(FileCopy Copy, Stream Bytes) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Bytes.Dispose();
}
