namespace Pollux.Protocols.Pacing;

/// <summary>
/// How fast a text that came at once is shown: a short one slowly and character by character, a long one faster and in pieces.
/// A character is what a reader sees as one (a text element). Pure.
/// </summary>
public sealed record TextPacing
{
    /// <summary>A paced text is never further behind the upstream than this: nobody waits noticeably for the end of an answer.</summary>
    public static readonly TimeSpan LongestLag = TimeSpan.FromMilliseconds(250);

    /// <summary>The pause behind a piece of a long text.</summary>
    public required TimeSpan MinDelay { get; init; }

    /// <summary>The pause behind a piece of a short text.</summary>
    public required TimeSpan MaxDelay { get; init; }

    /// <summary>Up to so many characters a text is short.</summary>
    public required int ShortText { get; init; }

    /// <summary>From so many characters on a text is long; more than <see cref="ShortText"/>.</summary>
    public required int LongText { get; init; }

    /// <summary>How many characters a piece of a long text has.</summary>
    public required int PieceLength { get; init; }

    /// <summary>The pause behind each piece of a text: between short and long it falls with the logarithm of the length.</summary>
    /// <param name="length">Characters of the whole text.</param>
    public TimeSpan DelayOf(int length)
    {
        if (length <= ShortText)
            return MaxDelay;
        if (length >= LongText)
            return MinDelay;
        double share = Math.Log((double)length / ShortText) / Math.Log((double)LongText / ShortText);
        return MaxDelay - ((MaxDelay - MinDelay) * share);
    }

    /// <summary>How many characters of a text go at once while nothing presses.</summary>
    /// <param name="length">Characters of the whole text.</param>
    public int PieceOf(int length) => length >= LongText ? PieceLength : 1;

    /// <summary>The smallest piece with which a text is gone in time when one goes now and one after each pause.</summary>
    /// <param name="characters">What is left of it.</param>
    /// <param name="left">Until then the last piece must be gone; at zero or below everything goes now.</param>
    /// <param name="delay">The pause between pieces; zero or less = none, and nothing presses.</param>
    public static int Pressing(int characters, TimeSpan left, TimeSpan delay)
    {
        if (left <= TimeSpan.Zero)
            return characters;
        if (delay <= TimeSpan.Zero)
            return Math.Min(characters, 1);
        long pieces = (left.Ticks / delay.Ticks) + 1;
        return (int)((characters + pieces - 1) / pieces);
    }
}
