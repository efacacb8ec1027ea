using System.Text.Json;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Tests.Settings;

public sealed class ModelLimitsFileTests
{
    [Fact]
    public void A_file_may_hold_comments_and_null_for_no_limit()
    {
        IReadOnlyDictionary<string, ModelLimits> limits = ModelLimitsFile.Read(
            """
            // mine
            {
              "gemini-1.5-pro-latest": { "rpd": 1000, "rpm": 60, "tpd_input": 2000000, "tpm_input": 32000, "input_token_limit": 1048576, "output_token_limit": 8192 }, // paid
              "imagen-3": { "rpd": null, "rpm": null, "tpd_input": null, "tpm_input": null },
            }
            """,
            static fault => Assert.Fail(fault));

        Assert.Equal(new ModelLimits(60, 32_000, 1000, 2_000_000) { InputTokenLimit = 1_048_576 }, limits["gemini-1.5-pro-latest"]);
        Assert.Equal(new ModelLimits(), limits["imagen-3"]);
    }

    [Fact]
    public void A_wrong_entry_is_told_and_spoils_nothing_else()
    {
        var told = new List<string>();

        IReadOnlyDictionary<string, ModelLimits> limits = ModelLimitsFile.Read("""{"a":5,"b":{"rpm":"ten","rpd":20},"c":{"rpm":-1},"d":{"rpm":10}}""", told.Add);

        Assert.Equal(3, told.Count);
        Assert.Equal(new ModelLimits(RequestsPerDay: 20), limits["b"]);
        Assert.Equal(new ModelLimits(), limits["c"]);
        Assert.Equal(new ModelLimits(10), limits["d"]);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    public void What_is_no_object_is_refused(string text) => Assert.ThrowsAny<JsonException>(() => ModelLimitsFile.Read(text, static _ => { }));

    [Fact]
    public void What_is_shipped_can_be_read() => Assert.Equal(20, ModelLimitsFile.Shipped()["gemini-3.5-flash"].RequestsPerDay);

    [Fact]
    public void A_named_file_that_is_not_there_is_a_fault_and_a_file_that_nobody_named_is_none()
    {
        var named = new SettingSource(new Dictionary<string, string> { ["MODEL_LIMITS_PATH"] = "/no/such/file.json" }, dotEnv: null);
        Assert.Empty(ModelLimitsFile.Load(named, "data"));
        Assert.Contains(named.Faults, static fault => fault.ToString().Contains("MODEL_LIMITS_PATH", StringComparison.Ordinal));

        var unnamed = new SettingSource(new Dictionary<string, string>(), dotEnv: null);
        Assert.Empty(ModelLimitsFile.Load(unnamed, "/no/such/directory"));
        Assert.Empty(unnamed.Faults);
    }
}
