using System.Text;
using Pollux.Generation;
using Pollux.Settings;
using Pollux.Tests.Settings;

namespace Pollux.Tests.Generation;

/// <summary>What clients' own names of models mean by <c>MODEL_ALIASES</c>.</summary>
public sealed class AliasedNamesTests
{
    private static readonly ModelList Listed = List("gemini-3.5-flash", "gemini-3.5-flash-lite", "gemini-3.8-flash", "gemini-3.1-pro", "gemini-9-hidden", "gemini-3.1-flash-image");

    [Theory]
    [InlineData("claude-haiku-4-5", "gemini-3.5-flash-lite")] // the most literal pattern
    [InlineData("claude-sonnet-4-5", "gemini-3.8-flash")]
    [InlineData("models/claude-sonnet-4-5", "gemini-3.8-flash")]
    [InlineData("claude-opus", "gemini-3.1-pro")] // the exact name before every pattern
    [InlineData("claude-opus-4", "gemini-3.8-flash")]
    [InlineData("claude-", "gemini-3.8-flash")] // * may stand for nothing
    [InlineData("claude", null)]
    [InlineData("Claude-sonnet", null)] // case counts
    [InlineData("gpt-5", null)] // ? is one character
    [InlineData("gpt-51", "gemini-3.1-pro")]
    [InlineData("gpt-512", null)]
    [InlineData("my.model", "gemini-3.5-flash")] // a dot is a dot
    [InlineData("my-model", null)]
    [InlineData("gemini-old", "gemini-3.8-flash")] // not listed: a pattern may take it
    [InlineData("gemini-3.5-flash", "gemini-3.5-flash")] // listed: it may not
    [InlineData("gemini-3.5-flash-nothinking", "gemini-3.5-flash")]
    [InlineData("gemini-9-hidden", null)]
    [InlineData("gemini-9-hidden-max", null)]
    [InlineData("gemini-3.1-pro", "gemini-3.1-pro")] // nor may an alias by name
    [InlineData("gemini-3.1-pro-max", "gemini-3.1-pro")] // it is for that name alone
    [InlineData("gemini-3.5-flash-encrypt", null)] // stays refused
    [InlineData("nobody", null)]
    public void A_name_stands_for_a_model(string asked, string? name) => Assert.Equal(name, Resolve(
        """
        {"claude-*haiku*":"gemini-3.5-flash-lite","claude-*":"gemini-3.8-flash","claude-opus":"gemini-3.1-pro-max","gpt-5?":"gemini-3.1-pro-max","my.m*":"gemini-3.5-flash",
        "gemini-*":"gemini-3.8-flash","gemini-3.1-pro":"gemini-3.8-flash"}
        """, asked)?.Name);

    [Theory]
    [InlineData("first", "gemini-3.5-flash")] // an alias of an alias
    [InlineData("by-pattern", "gemini-3.5-flash")]
    [InlineData("third", null)] // once, not twice
    [InlineData("loop-1", null)]
    public void Aliases_are_followed_once_more(string asked, string? name) => Assert.Equal(name, Resolve(
        """{"first":"second","second":"gemini-3.5-flash","by-*":"second","third":"half-1","half-?":"quarter","quarter":"gemini-3.5-flash","loop-*":"loop-2"}""", asked)?.Name);

    [Theory]
    [InlineData("quiet", false, true, false)]
    [InlineData("seeker", true, false, false)]
    [InlineData("paid", false, false, false)]
    [InlineData("whole", false, false, true)]
    public void A_target_may_have_endings(string asked, bool search, bool noThinking, bool pretends)
    {
        ResolvedModel model = Resolve("quiet=gemini-3.5-flash-nothinking,seek*=gemini-3.5-flash-search,paid=[PAY]gemini-3.5-flash,whole=models/gemini-3.5-flash-fake", asked)!;

        Assert.Equal(("gemini-3.5-flash", search, noThinking, pretends), (model.Name, model.Search, model.Thinking.Enabled == false, model.PretendsStream));
    }

    [Theory]
    [InlineData("PASSWORD", "claude-sonnet", "gemini-3.1-pro")] // the caller's own table comes first, also before an exact name of all
    [InlineData("PASSWORD", "claude-opus", "gemini-3.1-pro")]
    [InlineData("PASSWORD", "gpt-5", "gemini-3.5-flash")] // then that of all
    [InlineData("token of PASSWORD", "claude-sonnet", "gemini-3.1-pro")] // of a Live session: the same caller
    [InlineData("AUTH_TOKEN", "claude-sonnet", "gemini-3.5-flash")]
    [InlineData("AUTH_TOKEN", "own", null)]
    [InlineData("PASSWORD", "own", "gemini-3.5-flash-lite")]
    [InlineData("", "own", null)]
    public void A_caller_has_aliases_of_its_own(string caller, string asked, string? name) => Assert.Equal(name, Resolve(
        """{"claude-*":"gemini-3.5-flash","claude-opus":"gemini-3.5-flash","gpt-*":"gemini-3.5-flash","PASSWORD":{"claude-*":"gemini-3.1-pro","own":"gemini-3.5-flash-lite"}}""",
        asked, caller)?.Name);

    [Theory]
    [InlineData("claude-sonnet", "gemini-3.8-flash")]
    [InlineData("gemini-3.5-flash-max", "gemini-3.5-flash")] // looks like Google's
    [InlineData("gemini-new", "gemini-new")]
    [InlineData("imagen-4.0-generate-001", "imagen-4.0-generate-001")]
    [InlineData("extra", "extra")]
    public void While_the_list_is_unknown_patterns_leave_alone_what_looks_like_Googles(string asked, string name) =>
        Assert.Equal(name, ModelNames.Resolve(asked, list: null, SettingsFixture.Load(null, ("MODEL_ALIASES", "*=gemini-3.8-flash"), ("EXTRA_MODELS", "extra")).Settings.Generation)?.Name);

    [Theory]
    [InlineData("claude-sonnet", true)]
    [InlineData("models/gpt-5", true)]
    [InlineData("[PAY]gpt-5", true)]
    [InlineData("gemini-1.0", false)]
    [InlineData("models/gemma-9", false)]
    public void The_setting_is_named_where_it_can_help(string asked, bool helps)
    {
        Assert.Equal(helps, AliasedNames.HintFor(asked).Contains("MODEL_ALIASES", StringComparison.Ordinal));
        Assert.Equal(helps, ModelNames.NotFound(asked).Message.Contains("MODEL_ALIASES", StringComparison.Ordinal));
    }

    private static ResolvedModel? Resolve(string aliases, string asked, string caller = "")
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(
            null, ("PASSWORD", "password-of-the-house"), ("MODEL_ALIASES", aliases), ("BLOCKED_MODELS", "gemini-9-hidden"), ("SEARCH_MODE", "true"));
        Assert.Empty(faults);
        return ModelNames.Resolve(asked, Listed, settings.Generation, caller);
    }

    private static ModelList List(params string[] names)
    {
        List<ModelEntry> entries = [];
        string page = "{\"models\":[" + string.Join(',', names.Select(static name => $"{{\"name\":\"models/{name}\"}}")) + "]}";
        Assert.Null(ModelList.ReadPage(Encoding.UTF8.GetBytes(page), entries));
        return new ModelList(entries);
    }
}
