namespace Pollux.Storage;

/// <summary>The store cannot be used. The message is for the operator: what is wrong, with which file or setting, and what to do. It never holds a secret.</summary>
internal sealed class StorageException : Exception
{
    /// <param name="message">A whole sentence or two.</param>
    public StorageException(string message)
        : base(message)
    {
    }

    /// <param name="message">A whole sentence or two.</param>
    /// <param name="cause">What the database or the file system said.</param>
    public StorageException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
