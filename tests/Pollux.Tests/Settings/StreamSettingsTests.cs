using Pollux.Protocols.Pacing;
using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>STR-1, STR-2: how streams are configured.</summary>
public sealed class StreamSettingsTests
{
    [Fact]
    public void Nothing_set_leaves_streams_as_they_are()
    {
        StreamSettings streams = SettingsFixture.Load().Settings.Streams;

        Assert.Equal((false, 1.0, 10, 0.1, null), (streams.Pretended, streams.PretendedKeepAlive.TotalSeconds, streams.PretendedPiece, streams.PretendedDelay.TotalSeconds, streams.Pacing));
    }

    [Theory]
    [InlineData("FAKE_STREAMING", "true", true)]
    [InlineData("FAKE_STREAM_ENABLED", "True", true)]
    [InlineData("FAKE_STREAM_ENABLED", "false", false)]
    public void Either_name_switches_pretended_streams_on(string name, string value, bool on) => Assert.Equal(on, SettingsFixture.With(name, value).Streams.Pretended);

    [Theory]
    [InlineData(null, null, 1)]
    [InlineData("3", null, 3)]
    [InlineData(null, "5", 5)]
    [InlineData("3", "5", 3)]
    [InlineData("5", "0.5", 0.5)]
    [InlineData("0", "5", 5)] // never is the longest of all
    [InlineData("5", "0", 5)]
    [InlineData("0", null, 0)]
    public void The_smaller_interval_that_is_given_holds(string? first, string? second, double seconds)
    {
        var given = new List<(string, string)>();
        if (first is not null)
            given.Add(("FAKE_STREAMING_INTERVAL", first));
        if (second is not null)
            given.Add(("FAKE_STREAM_EMPTY_DATA_INTERVAL_SECONDS", second));

        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, [.. given]);

        Assert.Empty(faults);
        Assert.Equal(seconds, settings.Streams.PretendedKeepAlive.TotalSeconds);
    }

    [Fact]
    public void The_optimizer_has_its_five_numbers()
    {
        TextPacing usual = SettingsFixture.With("STREAM_OPTIMIZER_ENABLED", "true").Streams.Pacing!;
        TextPacing set = SettingsFixture.Load(null, ("STREAM_OPTIMIZER_ENABLED", "1"), ("STREAM_MIN_DELAY", "0.01"), ("STREAM_MAX_DELAY", "0.03"),
            ("STREAM_SHORT_TEXT_THRESHOLD", "5"), ("STREAM_LONG_TEXT_THRESHOLD", "20"), ("STREAM_CHUNK_SIZE", "7")).Settings.Streams.Pacing!;

        Assert.Equal((16, 24, 10, 50, 5), (usual.MinDelay.TotalMilliseconds, usual.MaxDelay.TotalMilliseconds, usual.ShortText, usual.LongText, usual.PieceLength));
        Assert.Equal((10, 30, 5, 20, 7), (set.MinDelay.TotalMilliseconds, set.MaxDelay.TotalMilliseconds, set.ShortText, set.LongText, set.PieceLength));
    }

    [Theory]
    [InlineData("FAKE_STREAMING", "perhaps")]
    [InlineData("FAKE_STREAM_ENABLED", "perhaps")]
    [InlineData("FAKE_STREAMING_CHUNK_SIZE", "0")]
    [InlineData("FAKE_STREAMING_DELAY_PER_CHUNK", "61")]
    [InlineData("FAKE_STREAMING_INTERVAL", "soon")]
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.Equal(SettingsFixture.Load().Settings.Streams, settings.Streams);
    }

    [Theory]
    [InlineData("STREAM_MIN_DELAY", "0.5", "STREAM_MIN_DELAY")]
    [InlineData("STREAM_MAX_DELAY", "0.001", "STREAM_MIN_DELAY")]
    [InlineData("STREAM_SHORT_TEXT_THRESHOLD", "50", "STREAM_SHORT_TEXT_THRESHOLD")]
    [InlineData("STREAM_LONG_TEXT_THRESHOLD", "0", "STREAM_LONG_TEXT_THRESHOLD")]
    [InlineData("STREAM_CHUNK_SIZE", "0", "STREAM_CHUNK_SIZE")]
    public void Numbers_that_do_not_fit_together_are_told_and_the_defaults_hold(string name, string value, string blamed)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, ("STREAM_OPTIMIZER_ENABLED", "true"), (name, value));

        Assert.Equal(blamed, Assert.Single(faults).Name);
        Assert.Equal(SettingsFixture.With("STREAM_OPTIMIZER_ENABLED", "true").Streams.Pacing, settings.Streams.Pacing);
    }
}
