using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>The bounds of media by address and of large bodies.</summary>
public sealed class MediaSettingsTests
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public void Unset_they_are_bounded_and_closed()
    {
        PolluxSettings settings = SettingsFixture.Load().Settings;

        Assert.Equal(
            new MediaSettings { AllowPrivate = false, MaxBytes = 20 * Megabyte, MaxTotalBytes = 50 * Megabyte, MaxCount = 16, Timeout = TimeSpan.FromSeconds(30), FirstByteTimeout = TimeSpan.FromSeconds(10) },
            settings.Media);
        Assert.Equal((256L * Megabyte, TimeSpan.FromMinutes(1)), (settings.Server.LargeBodyBudgetBytes, settings.Server.LargeBodyWait));
    }

    [Fact]
    public void Set_they_hold()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(
            null, ("ALLOW_PRIVATE_MEDIA_URLS", "true"), ("MAX_MEDIA_MB", "100"), ("MAX_MEDIA_TOTAL_MB", "1000"), ("MAX_MEDIA_URLS", "0"), ("MEDIA_TIMEOUT_SECONDS", "600"), ("MEDIA_FIRST_BYTE_SECONDS", "1"),
            ("LARGE_BODY_BUDGET_MB", "65536"), ("LARGE_BODY_WAIT_SECONDS", "0"));

        Assert.Empty(faults);
        Assert.Equal(
            new MediaSettings { AllowPrivate = true, MaxBytes = 100 * Megabyte, MaxTotalBytes = 1000 * Megabyte, MaxCount = 0, Timeout = TimeSpan.FromMinutes(10), FirstByteTimeout = TimeSpan.FromSeconds(1) },
            settings.Media);
        Assert.Equal((65536L * Megabyte, TimeSpan.Zero), (settings.Server.LargeBodyBudgetBytes, settings.Server.LargeBodyWait));
    }

    [Theory]
    [InlineData("ALLOW_PRIVATE_MEDIA_URLS", "maybe")]
    [InlineData("MAX_MEDIA_MB", "0")]
    [InlineData("MAX_MEDIA_MB", "101")]
    [InlineData("MAX_MEDIA_TOTAL_MB", "1001")]
    [InlineData("MAX_MEDIA_URLS", "-1")]
    [InlineData("MEDIA_TIMEOUT_SECONDS", "0")]
    [InlineData("MEDIA_FIRST_BYTE_SECONDS", "0")]
    [InlineData("LARGE_BODY_BUDGET_MB", "15")]
    [InlineData("LARGE_BODY_WAIT_SECONDS", "601")]
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        PolluxSettings defaults = SettingsFixture.Load().Settings;
        Assert.Equal((defaults.Media, defaults.Server), (settings.Media, settings.Server));
    }
}
