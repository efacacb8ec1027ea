using Microsoft.Win32.SafeHandles;

namespace Pollux.Files;

/// <summary>
/// A copy that is being written while its upload goes on. Whatever befalls it, the upload does not notice: a copy that fails, finds no room
/// or is not whole is dropped. One piece at a time; what asks for a second one at once drops it.
/// </summary>
/// <param name="copies">Where it becomes a copy, and which counts its bytes.</param>
/// <param name="folder">Where it lies.</param>
/// <param name="upload">The upload's id.</param>
internal sealed class CopyDraft(FileCopies copies, CopyFolder folder, string upload)
{
    private SafeFileHandle? _handle;
    private long _position;
    private int _isBusy;
    private bool _isRewound;

    /// <summary>The upload's id.</summary>
    public string Upload => upload;

    /// <summary>Its name on the disk.</summary>
    public string Id { get; } = CopyFolder.NewId();

    /// <summary>How much of the file is there, in bytes.</summary>
    public long Length => _position;

    /// <summary>What it counts for in the budget, in bytes; under the lock of <see cref="FileCopies"/>.</summary>
    public long Reserved { get; set; }

    /// <summary>When it was last written to; under the lock of <see cref="FileCopies"/>.</summary>
    public DateTimeOffset UsedAt { get; set; }

    /// <summary>Nothing will become of it.</summary>
    public volatile bool IsDropped;

    /// <summary>
    /// Begins a piece. After a break an upload goes on where the upstream says, which may be before what was written here: that is
    /// written again.
    /// </summary>
    /// <param name="offset">Where in the file it begins; behind a gap there can be no copy.</param>
    /// <returns>Whether it is to be written; <see cref="Leave"/> ends it then.</returns>
    public bool Enter(long offset)
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            copies.Drop(this);
            return false;
        }

        if (!IsDropped && offset <= _position)
        {
            try
            {
                _handle = folder.OpenToWrite(Id);
                _isRewound = offset < _position;
                _position = offset;
                return true;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                folder.Failed(fault);
            }
        }

        copies.Drop(this);
        Volatile.Write(ref _isBusy, 0);
        return false;
    }

    /// <summary>Writes a part of the piece. Never fails.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (IsDropped || _handle is not { } handle)
            return;
        if (!copies.TryReserve(this, _position + bytes.Length))
        {
            copies.Drop(this);
            return;
        }

        try
        {
            await RandomAccess.WriteAsync(handle, bytes, _position, CancellationToken.None); // the piece is given back when this is over
            _position += bytes.Length;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            folder.Failed(fault);
            copies.Drop(this);
        }
    }

    /// <summary>Ends a piece.</summary>
    /// <param name="isAccepted">Whether the upstream took it. One that was written over others and refused may have spoilt them.</param>
    public void Leave(bool isAccepted)
    {
        _handle?.Dispose();
        _handle = null;
        if (!isAccepted && _isRewound)
            copies.Drop(this);
        Volatile.Write(ref _isBusy, 0);
    }
}
