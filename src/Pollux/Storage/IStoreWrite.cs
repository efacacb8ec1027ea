namespace Pollux.Storage;

/// <summary>One small change on its way to the database. Immutable.</summary>
internal interface IStoreWrite
{
    /// <summary>
    /// What the write is the state of: of two that wait with equal keys only the newer one is written. <see langword="null"/>
    /// for what happened once and is appended.
    /// </summary>
    object? StateKey { get; }

    /// <summary>Writes; may be repeated after a failure, in a transaction that was begun anew.</summary>
    void Apply(SqlSession session);
}
