using System.Text;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>Vertex AI: credentials in every form that people have, and what is told of what is no credential.</summary>
[Trait("Feature", "UPS-1")]
public sealed class VertexSettingsTests
{
    private const string Canary = "CANARYxyzzy";

    private static string Account(string project, string extra = "") =>
        $$"""{"type":"service_account","project_id":"{{project}}","private_key_id":"1","private_key":"-----BEGIN PRIVATE KEY-----\n{{Canary}}\n-----END PRIVATE KEY-----\n","client_email":"a@{{project}}.iam"{{extra}}}""";

    public static TheoryData<string, string[]> Texts => new()
    {
        { Account("one"), ["one"] },
        { Account("one") + Account("two"), ["one", "two"] },
        { Account("one") + ",\n" + Account("two") + ";" + Account("three"), ["one", "two", "three"] },
        { "[" + Account("one") + "," + Account("two") + "]", ["one", "two"] },
        { "'" + Account("one") + "\n" + Account("two") + "'", ["one", "two"] },
        { Account("one", ",\"note\":\"a } brace \\\" in a string {\""), ["one"] },
        { Account("one").Replace("\\n", "\n", StringComparison.Ordinal), ["one"] },
        { Account("one").Replace("\\n", "\\\\n", StringComparison.Ordinal), ["one"] },
        { Convert.ToBase64String(Encoding.UTF8.GetBytes(Account("one") + Account("two"))), ["one", "two"] },
        { Convert.ToBase64String(Encoding.UTF8.GetBytes(Account("one"))).TrimEnd('=').Replace('+', '-').Replace('/', '_'), ["one"] },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Service_accounts_are_read_in_every_form(string text, string[] projects)
    {
        IReadOnlyList<KeyEntry> accounts = SettingsFixture.With("GOOGLE_CREDENTIALS_JSON", text).Vertex.ServiceAccounts;

        Assert.Equal(projects, accounts.Select(static account => account.ProjectGroup));
        Assert.All(accounts, static account => Assert.Equal(CredentialKind.VertexServiceAccount, account.Kind));
        Assert.All(accounts, static account => Assert.Contains("\\n" + Canary + "\\n", account.Text, StringComparison.Ordinal)); // line ends, escaped once
        Assert.All(accounts, static account => Assert.Contains("https://oauth2.googleapis.com/token", account.Text, StringComparison.Ordinal));
        Assert.DoesNotContain(Canary, string.Join(' ', accounts), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CANARYxyzzy")]
    [InlineData("{\"private_key\":\"CANARYxyzzy")]
    [InlineData("{\"private_key\":CANARYxyzzy}")]
    [InlineData("{\"type\":\"authorized_user\",\"private_key\":\"CANARYxyzzy\"}")]
    [InlineData("{\"type\":\"service_account\",\"private_key\":\"CANARYxyzzy\"}")]
    [InlineData("{\"type\":\"service_account\",\"project_id\":\"../CANARYxyzzy\",\"private_key\":\"k\",\"client_email\":\"e\"}")]
    public void What_is_no_service_account_is_told_without_its_text(string text)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong("GOOGLE_CREDENTIALS_JSON", text);

        Assert.Empty(settings.Vertex.ServiceAccounts);
        Assert.Equal("GOOGLE_CREDENTIALS_JSON", fault.Name);
        Assert.False(fault.RefusesStart);
        Assert.DoesNotContain(Canary, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_bad_object_does_not_spoil_the_others()
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong("GOOGLE_CREDENTIALS_JSON", Account("one") + "{\"type\":\"x\"}" + Account("two"));

        Assert.Equal(["one", "two"], settings.Vertex.ServiceAccounts.Select(static account => account.ProjectGroup));
        Assert.Contains("object 2", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_project_of_the_settings_holds_for_credentials_that_name_none()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(
            null, ("VERTEX_PROJECT_ID", "mine"), ("GOOGLE_CREDENTIALS_JSON", Account("one") + Account("two").Replace("\"project_id\":\"two\",", "", StringComparison.Ordinal)));

        Assert.Empty(faults);
        Assert.Equal(["one", "mine"], settings.Vertex.ServiceAccounts.Select(static account => account.ProjectGroup));
    }

    [Fact]
    public void Files_of_the_data_folder_are_read()
    {
        string folder = Directory.CreateTempSubdirectory("pollux-vertex-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "credentials"));
            File.WriteAllText(Path.Combine(folder, "credentials", "b.json"), Account("two"));
            File.WriteAllText(Path.Combine(folder, "credentials", "a.json"), Account("one"));
            File.WriteAllText(Path.Combine(folder, "credentials", "c.json"), Canary);
            File.WriteAllText(Path.Combine(folder, "credentials", "d.txt"), Account("three"));

            (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong("STORAGE_DIR", folder);

            Assert.Equal(["one", "two"], settings.Vertex.ServiceAccounts.Select(static account => account.ProjectGroup));
            Assert.Contains("c.json", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(Canary, fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("", "", VertexMode.Off)]
    [InlineData("true", "", VertexMode.Only)]
    [InlineData("true", "mixed", VertexMode.Mixed)]
    [InlineData("true", "off", VertexMode.Off)]
    [InlineData("true", "false", VertexMode.Off)]
    [InlineData("false", "only", VertexMode.Only)]
    public void The_mode_says_who_serves_plain_names(string enabled, string mode, object expected)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(
            null, ("ENABLE_VERTEX", enabled), ("VERTEX_MODE", mode), ("GOOGLE_CREDENTIALS_JSON", Account("one")));

        Assert.Empty(faults);
        Assert.Equal((VertexMode)expected, settings.Vertex.Mode);
    }

    [Theory]
    [InlineData("", "", false)]
    [InlineData("true", "", true)]
    [InlineData("", "only", true)]
    [InlineData("true", "off", false)]
    [InlineData("true", "mixed", false)]
    public void An_account_that_is_elsewhere_lets_the_mode_take_effect(string enabled, string mode, bool alone)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> _) = SettingsFixture.Load(null, ("ENABLE_VERTEX", enabled), ("VERTEX_MODE", mode));

        Assert.False(settings.Vertex.PlainKinds(hasAccounts: false) == CredentialKinds.VertexServiceAccount);
        Assert.Equal(alone, settings.Vertex.PlainKinds(hasAccounts: true) == CredentialKinds.VertexServiceAccount);
    }

    [Theory]
    [InlineData("VERTEX_MODE", "sometimes")]
    [InlineData("VERTEX_LOCATION", "../x")]
    [InlineData("VERTEX_LOCATION", "Global")]
    [InlineData("VERTEX_PROJECT_ID", "a/b")]
    [InlineData("VERTEX_BASE_URL", "ftp://x")]
    [InlineData("VERTEX_EXPRESS_BASE_URL", "x")]
    [InlineData("VERTEX_TOKEN_URL", "https://u:p@x/")]
    [InlineData("VERTEX_MODELS_CONFIG_URL", "https://x/y.json")]
    [InlineData("ENABLE_VERTEX", "true")] // without a credential
    public void A_wrong_value_is_told_and_the_default_holds(string name, string value)
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong(name, value);

        Assert.Equal((name, false), (fault.Name, fault.RefusesStart));
        Assert.Equal((VertexMode.Off, "global", null, VertexSettings.GoogleExpressAddress), (settings.Vertex.Mode, settings.Vertex.Location, settings.Vertex.BaseAddress, settings.Vertex.ExpressAddress));
    }

    [Fact]
    public void Express_keys_are_united_under_both_names()
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, ("VERTEX_EXPRESS_API_KEY", "AQ.one,AQ.two"), ("VERTEX_API_KEYS", "[\"AQ.three\"]"));

        Assert.Empty(faults);
        Assert.Equal(["AQ.one", "AQ.two", "AQ.three"], settings.Vertex.ExpressKeys);
    }
}
