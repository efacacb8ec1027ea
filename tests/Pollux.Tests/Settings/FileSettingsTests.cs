using Pollux.Settings;

namespace Pollux.Tests.Settings;

public sealed class FileSettingsTests
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public void Unset_callers_are_kept_apart() => Assert.Equal(
        new FileSettings { IsolatesCallers = true, CleansUp = true, CleanupInterval = TimeSpan.FromHours(1), MaxUploadBytes = 2048 * Megabyte, MaxCopiesBytes = 0 },
        SettingsFixture.Load().Settings.Files);

    [Fact]
    public void Set_they_hold()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(
            null, ("FILES_USER_ISOLATION_ENABLED", "false"), ("FILES_CLEANUP_ENABLED", "off"), ("FILES_CLEANUP_INTERVAL_HOURS", "24"), ("FILES_MAX_UPLOAD_MB", "100"), ("FILES_KEEP_COPIES_MB", "1048576"));

        Assert.Empty(faults);
        Assert.Equal(
            new FileSettings { IsolatesCallers = false, CleansUp = false, CleanupInterval = TimeSpan.FromDays(1), MaxUploadBytes = 100 * Megabyte, MaxCopiesBytes = 1048576 * Megabyte },
            settings.Files);
    }

    [Theory]
    [InlineData("FILES_USER_ISOLATION_ENABLED", "perhaps")]
    [InlineData("FILES_CLEANUP_ENABLED", "2")]
    [InlineData("FILES_CLEANUP_INTERVAL_HOURS", "0")]
    [InlineData("FILES_CLEANUP_INTERVAL_HOURS", "169")]
    [InlineData("FILES_MAX_UPLOAD_MB", "0")]
    [InlineData("FILES_MAX_UPLOAD_MB", "2049")]
    [InlineData("FILES_KEEP_COPIES_MB", "-1")]
    [InlineData("FILES_KEEP_COPIES_MB", "1048577")]
    [InlineData("FILES_KEEP_COPIES_MB", "all")]
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.Equal(SettingsFixture.Load().Settings.Files, settings.Files);
    }
}
