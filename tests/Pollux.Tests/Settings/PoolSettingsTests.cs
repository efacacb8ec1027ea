using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;
using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>The settings of the key pool that have more to them than a number.</summary>
public sealed class PoolSettingsTests
{
    [Fact]
    public void Nothing_set_reserves_no_key_and_bounds_no_day()
    {
        PoolSettings pool = SettingsFixture.Load().Settings.Pool;

        Assert.Empty(pool.PaidKeys);
        Assert.Empty(pool.PaidModels);
        Assert.Equal((true, 0, false), (pool.PaidKeysLast, pool.DailyCallsPerKey, pool.StickySessions));
        Assert.Equal(new ScoreWeights(0.4, 0.3, 0.2, 0.1), pool.ScoreWeights);
    }

    [Fact]
    public void Each_is_read_by_its_name()
    {
        PoolSettings pool = SettingsFixture.Load("""
            PAID_KEY=AQ.paid
            PAID_MODELS=gemini-pro*, other
            CREATE_IMAGE_MODEL=painter
            PAID_KEYS_LAST=false
            API_KEY_DAILY_LIMIT=100
            ENABLE_STICKY_SESSION=true
            SCORE_WEIGHTS={"rpd": 1, "tpm_input": 0}
            """).Settings.Pool;

        Assert.Equal(["AQ.paid"], pool.PaidKeys);
        Assert.Equal(["gemini-pro*", "other", "painter"], pool.PaidModels);
        Assert.Equal((false, 100, true), (pool.PaidKeysLast, pool.DailyCallsPerKey, pool.StickySessions));
        Assert.Equal(new ScoreWeights(1, 0.3, 0.2, 0), pool.ScoreWeights);
    }

    [Theory]
    [InlineData("{\"rpd\": -1}")]
    [InlineData("{\"rpd\": \"much\"}")]
    [InlineData("{\"tpm\": 1}")] // not a name of theirs
    [InlineData("rpd")]
    public void A_wrong_weight_is_told_and_the_default_holds(string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong("SCORE_WEIGHTS", value);

        Assert.Equal(("SCORE_WEIGHTS", false), (fault.Name, fault.RefusesStart));
        Assert.Equal(new ScoreWeights(0.4, 0.3, 0.2, 0.1), settings.Pool.ScoreWeights);
    }

    [Theory]
    [InlineData("-1", 0)]
    [InlineData("10000000", 10_000_000)]
    public void Calls_a_day_below_zero_are_no_bound(string value, int calls) =>
        Assert.Equal(calls, SettingsFixture.With("API_KEY_DAILY_LIMIT", value).Pool.DailyCallsPerKey);

    [Theory]
    [InlineData("imagen-4.0-generate-001", PaidKeyUse.Always)]
    [InlineData("veo-3.0", PaidKeyUse.Always)]
    [InlineData("painter", PaidKeyUse.Always)]
    [InlineData("painter-2", PaidKeyUse.Never)] // listed without a star
    [InlineData("gemini-3-pro-preview", PaidKeyUse.Always)]
    [InlineData("gemini-2.5-flash-image", PaidKeyUse.IfNoOtherIsEntitled)]
    [InlineData("gemini-2.5-flash", PaidKeyUse.Never)]
    public void A_reserved_key_serves_what_must_be_paid_for(string model, PaidKeyUse use)
    {
        PoolSettings pool = SettingsFixture.Load("PAID_KEY=AQ.paid\nPAID_MODELS=gemini-3-pro*\nCREATE_IMAGE_MODEL=painter").Settings.Pool;

        Assert.Equal(use, PaidModels.UseFor(model, ModelCatalog.Default.Find(model), pool));
        Assert.Equal(PaidKeyUse.Never, PaidModels.UseFor(model, ModelCatalog.Default.Find(model), SettingsFixture.Load().Settings.Pool));
    }
}
