using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>Takes the blocks of an answer one after the other, whole or as events.</summary>
internal interface IBlockSink
{
    /// <summary>What is added to the open block; say so by <see cref="Added"/>.</summary>
    RawText Text { get; }

    /// <summary>Opens a block of text, or of a thought.</summary>
    void Open(bool isThought);

    /// <summary>Something was added to the open block.</summary>
    void Added();

    /// <summary>Closes the block of a thought.</summary>
    /// <param name="signature">A JSON string token of Gemini's that it is to carry; empty for none.</param>
    void CloseThought(ReadOnlyMemory<byte> signature);

    /// <summary>Closes the block of text.</summary>
    /// <param name="cited">The sources of it; <see langword="null"/> where it has none, or where another block of text has them.</param>
    void CloseText(GroundedText? cited);

    /// <summary>A call of the client's.</summary>
    void Call(in ToolCall call);

    /// <summary>Code that Google runs.</summary>
    /// <param name="id">The id of this use of the tool.</param>
    /// <param name="code">A JSON string token.</param>
    void Code(string id, ReadOnlyMemory<byte> code);

    /// <summary>What code printed.</summary>
    /// <param name="id">The id of the use of the tool.</param>
    /// <param name="output">A JSON string token; empty when it printed nothing.</param>
    /// <param name="succeeded">Whether the code came to its end.</param>
    void CodeResult(string id, ReadOnlyMemory<byte> output, bool succeeded);

    /// <summary>What Google searched and found.</summary>
    void Search(string id, string query, GroundedText found);
}
