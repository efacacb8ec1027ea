using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>The bounds of the response cache, and what has no effect without what.</summary>
public sealed class ReplySettingsTests
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public void Unset_nothing_is_kept() => Assert.Equal(
        new ReplySettings { Enabled = false, Expiry = TimeSpan.FromHours(6), MaxEntries = 500, MaxBytes = 64 * Megabyte, LastTurns = null, SingleUse = true, SharedByCallers = false, KeepAbandoned = false },
        SettingsFixture.Load().Settings.Replies);

    [Fact]
    public void Set_they_hold()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(
            null, ("ENABLE_RESPONSE_CACHE", "true"), ("CACHE_EXPIRY_TIME", "60"), ("MAX_CACHE_ENTRIES", "7"), ("MAX_CACHE_MB", "1"), ("PRECISE_CACHE", "false"), ("CALCULATE_CACHE_ENTRIES", "8"),
            ("CACHE_SINGLE_USE", "false"), ("CACHE_SHARED_BY_CALLERS", "true"), ("KEEP_ABANDONED", "true"));

        Assert.Empty(faults);
        Assert.Equal(
            new ReplySettings { Enabled = true, Expiry = TimeSpan.FromMinutes(1), MaxEntries = 7, MaxBytes = Megabyte, LastTurns = 8, SingleUse = false, SharedByCallers = true, KeepAbandoned = true },
            settings.Replies);
    }

    [Theory]
    [InlineData("CACHE_EXPIRY_TIME", "0")]
    [InlineData("MAX_CACHE_ENTRIES", "0")]
    [InlineData("MAX_CACHE_MB", "65537")]
    [InlineData("ENABLE_RESPONSE_CACHE", "maybe")]
    [InlineData("KEEP_ABANDONED", "true")] // there is nowhere to keep anything
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.Equal(SettingsFixture.Load().Settings.Replies, settings.Replies);
    }

    [Theory]
    [InlineData("false", false)]
    [InlineData("true", true)]
    public void Strangers_share_a_cache_only_on_purpose(string shared, bool enabled)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(
            null, ("ENABLE_RESPONSE_CACHE", "true"), ("PUBLIC_MODE", "true"), ("CACHE_SHARED_BY_CALLERS", shared));

        Assert.Equal(enabled, settings.Replies.Enabled);
        Assert.Equal(enabled, faults.Count == 0);
    }
}
