namespace Pollux.Dispatch;

/// <summary>Looks on while a stream is read: it may keep what passes, and read on when the client has left. Disposed of when the stream is closed and its lease settled.</summary>
internal interface IStreamWitness : IDisposable
{
    /// <summary>Sees each step before who asked for it.</summary>
    void Saw(UpstreamStream stream, StreamStep step);

    /// <summary>Its reader is done with the stream.</summary>
    /// <returns>Whether the witness takes over the exchange, and closes it.</returns>
    bool TakesOver(UpstreamExchange exchange);
}
