namespace Pollux.Pictures;

/// <summary>A place where made pictures live. Thread-safe.</summary>
internal interface IPictureStore
{
    /// <summary>Saves a picture.</summary>
    /// <param name="name">Its name; the store may use another one.</param>
    /// <param name="picture">The bytes; they are the caller's again when the call ends.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Where it can be seen.</returns>
    /// <exception cref="PictureStoreException">It could not be saved.</exception>
    Task<PicturePlace> SaveAsync(PictureName name, ReadOnlyMemory<byte> picture, CancellationToken cancellation);

    /// <summary>Deletes a picture.</summary>
    /// <returns>Whether it is gone by this call; a host that deletes nothing answers no.</returns>
    /// <exception cref="PictureStoreException">The store could not be asked.</exception>
    Task<bool> DeleteAsync(PictureName name, CancellationToken cancellation);
}

/// <summary>A store of this gateway: it gives back what it was given.</summary>
internal interface IOwnPictureStore : IPictureStore
{
    /// <summary>Opens a picture for reading; the caller disposes of it. The stream can seek.</summary>
    /// <returns><see langword="null"/>: it is not here.</returns>
    Stream? Open(PictureName name);
}

/// <summary>Where a saved picture can be seen.</summary>
/// <param name="Address">An address of elsewhere; <see langword="null"/>: the gateway itself serves it by its name.</param>
internal readonly record struct PicturePlace(Uri? Address)
{
    /// <summary>The gateway serves it.</summary>
    public static PicturePlace Own => default;
}

/// <summary>A picture could not be saved or deleted. The message is for the log; secrets are scrubbed there.</summary>
internal sealed class PictureStoreException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>A picture that was found again.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">All of it.</param>
internal sealed record StoredPicture(PictureName Name, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Such as <c>image/png</c>.</summary>
    public string MediaType => Name.MediaType;
}
