using System.Buffers;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// Pieces of answers as events that a client reads: framed as Google frames them, and read again for who translates them.
/// Holds one at a time. Not thread-safe.
/// </summary>
/// <param name="form">The form of the stream.</param>
internal sealed class EventFrame(AnswerForm form)
{
    private readonly ArrayBufferWriter<byte> _bytes = new(1024);

    /// <summary>The present event.</summary>
    public Answer Answer { get; } = new();

    /// <summary>The present event with its framing.</summary>
    public ReadOnlyMemory<byte> Raw => _bytes.WrittenMemory;

    /// <summary>Takes the next piece.</summary>
    /// <param name="pieces">Where from.</param>
    /// <param name="characters">How many characters of text it may have.</param>
    /// <param name="separator">What stands before an element of an array.</param>
    /// <returns>How many it has.</returns>
    public int Take(AnswerPieces pieces, int characters, ReadOnlySpan<byte> separator)
    {
        bool inArray = form == AnswerForm.JsonArray;
        _bytes.ResetWrittenCount();
        _bytes.Write(inArray ? separator : "data: "u8);
        int start = _bytes.WrittenCount;
        int taken = pieces.Write(characters, _bytes);
        int end = _bytes.WrittenCount;
        if (!inArray)
            _bytes.Write("\r\n\r\n"u8);
        AnswerReader.TryRead(_bytes.WrittenMemory[start..end], Answer); // it was read once before
        return taken;
    }
}
