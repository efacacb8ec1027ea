using Pollux.Settings;

namespace Pollux.Tests.Settings;

[Trait("Feature", "UPS-4")]
public sealed class OtherUpstreamSettingsTests
{
    private const string Good = """{"name":"local","base_url":"https://models.example/v1","keys":["secret-one"],"models":["a","b"]}""";

    [Fact]
    public void Nothing_set_means_xAI_by_callers_keys_and_nobody_else()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load();

        Assert.Empty(faults);
        Assert.Equal(("https://api.x.ai/v1/", false, true), (settings.Others.Xai.BaseAddress.AbsoluteUri, settings.Others.Xai.PicturesAsBytes, settings.Access.XaiCallerKeys));
        Assert.Empty(settings.Others.Xai.Keys);
        Assert.Empty(settings.Others.Further);
    }

    [Theory]
    [InlineData("https://proxy.example/xai/v1/", "https://proxy.example/xai/v1/")]
    [InlineData("https://proxy.example/v1", "https://proxy.example/v1/")]
    [InlineData("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/")]
    [InlineData("http://192.168.1.2/v1", "http://192.168.1.2/v1/")]
    public void An_address_of_xAI_is_taken(string value, string expected) =>
        Assert.Equal(expected, SettingsFixture.With("XAI_BASE_URL", value).Others.Xai.BaseAddress.AbsoluteUri);

    [Theory]
    [InlineData("XAI_BASE_URL", "http://proxy.example/v1")]
    [InlineData("XAI_BASE_URL", "ftp://proxy.example/v1")]
    [InlineData("XAI_BASE_URL", "https://user:secret-one@proxy.example/v1")]
    [InlineData("XAI_BASE_URL", "https://proxy.example/v1?key=secret-one")]
    [InlineData("XAI_RESPONSE_FORMAT", "png")]
    [InlineData("XAI_CALLER_KEYS", "perhaps")]
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal(name, fault.Name);
        Assert.DoesNotContain("secret-one", fault.Message, StringComparison.Ordinal);
        Assert.Equal(("https://api.x.ai/v1/", false, true), (settings.Others.Xai.BaseAddress.AbsoluteUri, settings.Others.Xai.PicturesAsBytes, settings.Access.XaiCallerKeys));
    }

    [Fact]
    public void An_upstream_is_read()
    {
        FurtherUpstream upstream = Assert.Single(SettingsFixture.With("UPSTREAMS", $"[{Good}]").Others.Further);

        Assert.Equal(("local", "https://models.example/v1/", "local/a"), (upstream.Name, upstream.BaseAddress.AbsoluteUri, upstream.NameOf("a")));
        Assert.Equal(["a", "b"], upstream.Models);
        Assert.Equal(("secret-one", 1), (upstream.Keys[0].Text, upstream.Keys[0].Upstream));
    }

    [Theory]
    [InlineData("http://127.0.0.1:11434/v1")]
    [InlineData("http://[::1]:11434/v1")]
    [InlineData("http://10.1.2.3/v1")]
    [InlineData("http://172.31.0.1/v1")]
    [InlineData("http://ollama:11434/v1")]
    public void Http_is_taken_nearby_where_it_is_said(string address)
    {
        string entry = Good.Replace("https://models.example/v1", address, StringComparison.Ordinal);

        Assert.Single(SettingsFixture.With("UPSTREAMS", $"[{entry.Replace("\"keys\"", "\"allow_http\":true,\"keys\"", StringComparison.Ordinal)}]").Others.Further);
        Assert.Empty(SettingsFixture.Wrong("UPSTREAMS", $"[{entry}]").Settings.Others.Further);
    }

    [Theory]
    [InlineData("not json secret-one", 0, "JSON")]
    [InlineData("""{"name":"local"}""", 0, "array")]
    [InlineData("""["secret-one"]""", 0, "entry 1")]
    [InlineData("""[{"base_url":"https://models.example","keys":["secret-one"],"models":["a"]}]""", 0, "name")]
    [InlineData("""[{"name":"models","base_url":"https://models.example","keys":["secret-one"],"models":["a"]}]""", 0, "name")]
    [InlineData("""[{"name":"a/b","base_url":"https://models.example","keys":["secret-one"],"models":["a"]}]""", 0, "name")]
    [InlineData("""[{"name":1,"base_url":"https://models.example","keys":["secret-one"],"models":["a"]}]""", 0, "name")]
    [InlineData("""[{"name":"local","base_url":"http://models.example","allow_http":true,"keys":["secret-one"],"models":["a"]}]""", 0, "base_url")]
    [InlineData("""[{"name":"local","base_url":"models.example","keys":["secret-one"],"models":["a"]}]""", 0, "base_url")]
    [InlineData("""[{"name":"local","base_url":"https://models.example","keys":[],"models":["a"]}]""", 0, "keys")]
    [InlineData("""[{"name":"local","base_url":"https://models.example","keys":[["secret-one"]],"models":["a"]}]""", 0, "keys")]
    [InlineData("""[{"name":"local","base_url":"https://models.example","keys":["secret-one"],"models":[]}]""", 0, "models")]
    [InlineData("""[{"name":"local","base_url":"https://models.example","keys":["secret-one"],"models":["a"],"secret-one":"secret-one"}]""", 1, "entry 1")]
    [InlineData("""[{"name":"local","base_url":"https://models.example","keys":["secret-one","secret two"],"models":["a"]}]""", 1, "place 2")]
    [InlineData("""[{"name":"local","base_url":"https://models.example","keys":["secret-one"],"models":["a","b c"]}]""", 1, "place 2")]
    [InlineData("[" + Good + "," + Good + "]", 1, "entry 2")]
    public void A_wrong_entry_is_told_by_its_place_and_never_by_a_secret(string value, int kept, string told)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong("UPSTREAMS", value);

        Assert.Equal(kept, settings.Others.Further.Count);
        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }
}
