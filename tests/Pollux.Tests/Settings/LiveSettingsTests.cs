using Pollux.Settings;

namespace Pollux.Tests.Settings;

public sealed class LiveSettingsTests
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public void Unset_the_defaults_hold() => Assert.Equal(
        new LiveSettings { MaxMessageBytes = 16 * Megabyte, IdleTimeout = TimeSpan.FromMinutes(30), PingInterval = TimeSpan.FromSeconds(30), MaxSessions = 10_000 },
        SettingsFixture.Load().Settings.Live);

    [Fact]
    public void Set_they_hold()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(
            null, ("LIVE_MAX_MESSAGE_MB", "1"), ("LIVE_IDLE_SECONDS", "0"), ("LIVE_PING_SECONDS", "5"), ("LIVE_MAX_SESSIONS", "7"));

        Assert.Empty(faults);
        Assert.Equal(
            new LiveSettings { MaxMessageBytes = Megabyte, IdleTimeout = TimeSpan.Zero, PingInterval = TimeSpan.FromSeconds(5), MaxSessions = 7 },
            settings.Live);
    }

    [Theory]
    [InlineData("LIVE_MAX_MESSAGE_MB", "0")]
    [InlineData("LIVE_MAX_MESSAGE_MB", "257")]
    [InlineData("LIVE_IDLE_SECONDS", "long")]
    [InlineData("LIVE_IDLE_SECONDS", "86401")]
    [InlineData("LIVE_PING_SECONDS", "3601")]
    [InlineData("LIVE_MAX_SESSIONS", "0")]
    [InlineData("LIVE_MAX_SESSIONS", "100001")]
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.Equal(SettingsFixture.Load().Settings.Live, settings.Live);
    }
}
