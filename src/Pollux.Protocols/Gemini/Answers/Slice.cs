namespace Pollux.Protocols.Gemini.Answers;

/// <summary>Where a value stands in the JSON of an answer. The default value means the answer does not have it.</summary>
/// <param name="Start">The first byte, counted from the start of the payload.</param>
/// <param name="Length">The number of bytes; 0 when the value is absent.</param>
public readonly record struct Slice(int Start, int Length)
{
    /// <summary>Whether the answer has the value.</summary>
    public bool Exists => Length > 0;
}
