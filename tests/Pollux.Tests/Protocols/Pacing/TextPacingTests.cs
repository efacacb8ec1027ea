using Pollux.Protocols.Pacing;

namespace Pollux.Tests.Protocols.Pacing;

/// <summary>STR-2: how fast a text is shown.</summary>
public sealed class TextPacingTests
{
    private static readonly TextPacing Usual = new()
    {
        MinDelay = TimeSpan.FromMilliseconds(16),
        MaxDelay = TimeSpan.FromMilliseconds(24),
        ShortText = 10,
        LongText = 50,
        PieceLength = 5,
    };

    [Theory]
    [InlineData(1, 24)]
    [InlineData(10, 24)]
    [InlineData(11, 23.5262)]
    [InlineData(20, 20.5546)]
    [InlineData(22, 20.0809)]
    [InlineData(49, 16.1004)]
    [InlineData(50, 16)]
    [InlineData(5000, 16)]
    public void The_pause_falls_with_the_logarithm_of_the_length(int length, double milliseconds) =>
        Assert.Equal(milliseconds, Usual.DelayOf(length).TotalMilliseconds, tolerance: 0.001);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(49, 1)]
    [InlineData(50, 5)]
    [InlineData(2000, 5)]
    public void A_long_text_goes_in_pieces_and_others_character_by_character(int length, int piece) => Assert.Equal(piece, Usual.PieceOf(length));

    [Theory]
    [InlineData(0, 250, 16, 0)]
    [InlineData(16, 250, 16, 1)]      // 16 pieces fit: one now and 15 pauses
    [InlineData(17, 250, 16, 2)]
    [InlineData(2000, 250, 16, 125)]
    [InlineData(2000, 10, 16, 2000)]  // no pause fits any more
    [InlineData(2000, 0, 16, 2000)]
    [InlineData(2000, -5, 16, 2000)]
    [InlineData(2000, 250, 0, 1)]     // without pauses nothing presses
    [InlineData(2000, 250, 300, 2000)]
    public void Pieces_grow_as_much_as_the_time_that_is_left_asks_for(int characters, double left, double delay, int piece) =>
        Assert.Equal(piece, TextPacing.Pressing(characters, TimeSpan.FromMilliseconds(left), TimeSpan.FromMilliseconds(delay)));
}
