using System.Buffers;

namespace Pollux.Protocols.Output;

/// <summary>
/// A writer that can keep a large slice instead of copying it: a picture of 27 MB goes from the upstream's answer to the client
/// without being gathered once more.
/// </summary>
public interface ISliceWriter : IBufferWriter<byte>
{
    /// <summary>Writes <paramref name="slice"/> behind what was written before.</summary>
    /// <param name="slice">Its bytes must stay as they are until the writer has sent them.</param>
    void WriteSlice(ReadOnlyMemory<byte> slice);
}
