using Pollux.Settings;

namespace Pollux.Tests.Settings;

public sealed class ResponseSettingsTests
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public void Unset_responses_are_kept_for_a_month() => Assert.Equal(
        new ResponseSettings { Retention = TimeSpan.FromDays(30), MaxBytes = 512 * Megabyte }, SettingsFixture.Load().Settings.Responses);

    [Theory]
    [InlineData("0", "1", 0, 1)]
    [InlineData("3650", "1048576", 3650, 1048576)]
    public void Set_they_hold(string retention, string megabytes, int days, long bound)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, ("RESPONSES_RETENTION", retention), ("RESPONSES_MAX_MB", megabytes));

        Assert.Empty(faults);
        Assert.Equal(new ResponseSettings { Retention = TimeSpan.FromDays(days), MaxBytes = bound * Megabyte }, settings.Responses);
    }

    [Theory]
    [InlineData("RESPONSES_RETENTION", "-1")]
    [InlineData("RESPONSES_RETENTION", "3651")]
    [InlineData("RESPONSES_RETENTION", "a month")]
    [InlineData("RESPONSES_MAX_MB", "0")]
    [InlineData("RESPONSES_MAX_MB", "1048577")]
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.Equal(SettingsFixture.Load().Settings.Responses, settings.Responses);
    }
}
