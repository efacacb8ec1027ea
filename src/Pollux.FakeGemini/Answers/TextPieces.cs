namespace Pollux.FakeGemini.Answers;

/// <summary>Cuts a text into the pieces of a stream.</summary>
internal static class TextPieces
{
    /// <summary>About equal pieces, fewer when the text is short. A surrogate pair is never cut apart.</summary>
    public static IReadOnlyList<string> Split(string text, int count)
    {
        if (text.Length == 0) return [""];
        int size = Math.Max(1, (text.Length + count - 1) / count);
        List<string> pieces = [];
        for (int start = 0; start < text.Length;)
        {
            int end = Math.Min(text.Length, start + size);
            if (end < text.Length && char.IsLowSurrogate(text[end])) end++;
            pieces.Add(text[start..end]);
            start = end;
        }

        return pieces;
    }
}
