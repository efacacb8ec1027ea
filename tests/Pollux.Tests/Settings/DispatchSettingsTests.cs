using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>Settings of hedging, of sharing and of stand-ins.</summary>
public sealed class DispatchSettingsTests
{
    [Fact]
    public void The_defaults_ask_one_key_share_nothing_and_name_no_stand_in()
    {
        PolluxSettings settings = SettingsFixture.Load().Settings;

        Assert.Equal(new HedgeSettings { Width = 1, Growth = 1, MaxWidth = 3, After = TimeSpan.Zero }, settings.Dispatch.Hedging);
        Assert.False(settings.Dispatch.ShareIdenticalRequests);
        Assert.Empty(settings.Generation.Fallbacks);
    }

    [Theory]
    [InlineData("CONCURRENT_REQUESTS", "4", 4, 1, 3, 0)]
    [InlineData("CONCURRENT_REQUESTS", "0", 1, 1, 3, 0)]
    [InlineData("INCREASE_CONCURRENT_ON_FAILURE", "0", 1, 0, 3, 0)]
    [InlineData("INCREASE_CONCURRENT_ON_FAILURE", "2", 1, 2, 3, 0)]
    [InlineData("MAX_CONCURRENT_REQUESTS", "20", 1, 1, 20, 0)]
    [InlineData("MAX_CONCURRENT_REQUESTS", "0", 1, 1, 1, 0)]
    [InlineData("HEDGE_AFTER_MS", "1500", 1, 1, 3, 1500)]
    [InlineData("HEDGE_AFTER_MS", "-1", 1, 1, 3, 0)]
    public void Hedging_is_read_with_zero_as_off(string name, string value, int width, int growth, int most, int after) =>
        Assert.Equal(
            new HedgeSettings { Width = width, Growth = growth, MaxWidth = most, After = TimeSpan.FromMilliseconds(after) },
            SettingsFixture.With(name, value).Dispatch.Hedging);

    [Theory]
    [InlineData("CONCURRENT_REQUESTS", "21")]
    [InlineData("INCREASE_CONCURRENT_ON_FAILURE", "1.5")]
    [InlineData("MAX_CONCURRENT_REQUESTS", "many")]
    [InlineData("HEDGE_AFTER_MS", "600001")]
    [InlineData("SHARE_IDENTICAL_REQUESTS", "perhaps")]
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.Equal(SettingsFixture.Load().Settings.Dispatch.Hedging, settings.Dispatch.Hedging);
        Assert.False(settings.Dispatch.ShareIdenticalRequests);
    }

    [Fact]
    public void A_public_station_shares_nothing_and_says_so()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, ("SHARE_IDENTICAL_REQUESTS", "true"), ("PUBLIC_MODE", "true"));

        Assert.False(settings.Dispatch.ShareIdenticalRequests);
        SettingFault fault = Assert.Single(faults);
        Assert.Equal(("SHARE_IDENTICAL_REQUESTS", false), (fault.Name, fault.RefusesStart));
        Assert.Contains("PUBLIC_MODE", fault.Message, StringComparison.Ordinal);
        Assert.True(SettingsFixture.With("SHARE_IDENTICAL_REQUESTS", "true").Dispatch.ShareIdenticalRequests);
    }

    [Theory]
    [InlineData("gemini-2.5-pro=gemini-2.5-flash,gemini-3-pro=gemini-3.5-flash")]
    [InlineData("gemini-2.5-pro=gemini-2.5-flash gemini-3-pro=gemini-3.5-flash")]
    [InlineData("models/gemini-2.5-pro=models/gemini-2.5-flash\ngemini-3-pro=gemini-3.5-flash")]
    [InlineData("{\"gemini-2.5-pro\": \"gemini-2.5-flash\", \"models/gemini-3-pro\": \"gemini-3.5-flash\"}")]
    [InlineData("{'gemini-2.5-pro': 'gemini-2.5-flash', 'gemini-3-pro': 'gemini-3.5-flash'}")]
    public void Stand_ins_are_pairs_or_an_object(string text) =>
        Assert.Equal(
            new Dictionary<string, string> { ["gemini-2.5-pro"] = "gemini-2.5-flash", ["gemini-3-pro"] = "gemini-3.5-flash" },
            SettingsFixture.With("MODEL_FALLBACKS", text).Generation.Fallbacks);

    [Theory]
    [InlineData("a=a")]
    [InlineData("a=b,b=a")]
    [InlineData("x=a,a=b,b=c,c=a")]
    [InlineData("{\"a\": \"models/b\", \"b\": \"a\"}")]
    public void A_circle_refuses_the_start(string text)
    {
        SettingFault fault = SettingsFixture.Wrong("MODEL_FALLBACKS", text).Fault;

        Assert.Equal(("MODEL_FALLBACKS", true), (fault.Name, fault.RefusesStart));
        Assert.Contains("circle", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=b,c")]
    [InlineData("a=b,c=")]
    [InlineData("a=b,=c")]
    [InlineData("a=b,c=d=e")]
    [InlineData("a=b,c=d>e")]
    public void What_is_no_pair_is_told_and_the_others_hold(string text)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong("MODEL_FALLBACKS", text);

        Assert.Equal(("MODEL_FALLBACKS", false), (fault.Name, fault.RefusesStart));
        Assert.Equal(new Dictionary<string, string> { ["a"] = "b" }, settings.Generation.Fallbacks);
    }

    [Fact]
    public void Chains_may_meet() =>
        Assert.Equal(3, SettingsFixture.With("MODEL_FALLBACKS", "a=c,b=c,c=d").Generation.Fallbacks.Count);
}
