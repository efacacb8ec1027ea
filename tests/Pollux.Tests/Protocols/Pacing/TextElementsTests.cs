using Pollux.Protocols.Pacing;

namespace Pollux.Tests.Protocols.Pacing;

/// <summary>STR-2: what a reader sees as one character is never split.</summary>
public sealed class TextElementsTests
{
    public static TheoryData<string[]> Texts => new()
    {
        new[] { "H", "e", "y" },
        new[] { "中", "文", "。", "a" },
        new[] { "a", "\U0001F600", "b" },                                              // a surrogate pair
        new[] { "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", "!" },   // a family of four, joined
        new[] { "\U0001F44D\U0001F3FD", "\U0001F44D" },                                // a skin colour belongs to its thumb
        new[] { "\U0001F1E9\U0001F1EA", "\U0001F1EB\U0001F1F7" },                      // flags are pairs
        new[] { "e\u0301", "x", "o\u0308\u0323" },                                     // accents of their own
        new[] { "\u2764\uFE0F", " " },                                                 // a heart that is shown as emoji
        new[] { "1\uFE0F\u20E3", "2" },                                                // a key cap
        new[] { "\u0E01\u0E33", "\uAC01" },                                            // Thai and Korean
        new[] { "a", "\r\n", "b" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Characters_are_what_a_reader_sees(string[] characters)
    {
        string text = string.Concat(characters);
        Assert.Equal(characters.Length, TextElements.Count(text));
        int offset = 0;
        foreach (string character in characters)
        {
            int length = TextElements.LengthOf(text.AsSpan(offset), 1, out int taken);
            Assert.Equal((character, 1), (text.Substring(offset, length), taken));
            offset += length;
        }

        Assert.Equal((0, 0), (TextElements.LengthOf(text.AsSpan(offset), 5, out int rest), rest));
    }

    [Theory]
    [InlineData(2, 2, 2)]
    [InlineData(3, 3, 3)]
    [InlineData(9, 3, 3)]
    public void As_many_are_measured_as_there_are(int characters, int length, int taken) =>
        Assert.Equal((length, taken), (TextElements.LengthOf("abc", characters, out int found), found));
}
