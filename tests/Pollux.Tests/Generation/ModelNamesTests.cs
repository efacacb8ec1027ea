using System.Text;
using Pollux.Generation;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Tests.Settings;

namespace Pollux.Tests.Generation;

/// <summary>Which model a name means: a listed one as it stands, else an alias, else what is left without suffixes.</summary>
public sealed class ModelNamesTests
{
    private static readonly ModelList Listed = List("gemini-2.5-flash", "gemini-2.5-pro", "gemini-3.5-flash", "gemini-9-thinking", "gemini-9-openai");

    [Theory]
    [InlineData("gemini-2.5-flash", "gemini-2.5-flash")]
    [InlineData("models/gemini-2.5-flash", "gemini-2.5-flash")]
    [InlineData("gemini-2.5-flash-openai", "gemini-2.5-flash")]
    [InlineData("models/gemini-2.5-flash-openai", "gemini-2.5-flash")]
    [InlineData("gemini-9-thinking", "gemini-9-thinking")] // listed names win over suffixes
    [InlineData("gemini-9-openai", "gemini-9-openai")]
    [InlineData("gemini-9-openai-openai", "gemini-9-openai")]
    public void A_name_without_a_wish_is_found(string asked, string name)
    {
        ResolvedModel model = Resolve(asked)!;

        Assert.Equal(name, model.Name);
        Assert.False(model.HasWishes);
    }

    public static TheoryData<string, string, ThinkingWish> Suffixes => new()
    {
        { "gemini-2.5-flash-nothinking", "gemini-2.5-flash", new ThinkingWish { Enabled = false } },
        { "gemini-2.5-flash-non-thinking", "gemini-2.5-flash", new ThinkingWish { Enabled = false } },
        { "gemini-2.5-flash-max", "gemini-2.5-flash", new ThinkingWish { Effort = "max" } },
        { "gemini-2.5-flash-maxthinking", "gemini-2.5-flash", new ThinkingWish { Effort = "max" } },
        { "gemini-2.5-flash-thinking", "gemini-2.5-flash", new ThinkingWish { IncludeThoughts = true } },
        { "gemini-2.5-flash-thinking-1024", "gemini-2.5-flash", new ThinkingWish { Budget = 1024 } },
        { "gemini-2.5-flash-thinking-0", "gemini-2.5-flash", new ThinkingWish { Budget = 0 } },
        { "models/gemini-2.5-pro-max", "gemini-2.5-pro", new ThinkingWish { Effort = "max" } },
        { "gemini-2.5-flash-openai-nothinking", "gemini-2.5-flash", new ThinkingWish { Enabled = false } },
        { "gemini-2.5-flash-nothinking-openai", "gemini-2.5-flash", new ThinkingWish { Enabled = false } },
        { "gemini-9-thinking-thinking-5", "gemini-9-thinking", new ThinkingWish { Budget = 5 } },
    };

    [Theory]
    [MemberData(nameof(Suffixes))]
    public void Suffixes_are_cut_in_any_order(string asked, string name, ThinkingWish wish)
    {
        ResolvedModel model = Resolve(asked)!;

        Assert.Equal((name, wish, true), (model.Name, model.Thinking, model.HasWishes));
        Assert.Equal(Resolve(name)!.Capabilities, model.Capabilities);
    }

    [Theory]
    [InlineData("gemini-2.5-flash-fake", "gemini-2.5-flash", true)]
    [InlineData("gemini-2.5-flash-fake-openai", "gemini-2.5-flash", true)]
    [InlineData("gemini-2.5-flash-nothinking-fake", "gemini-2.5-flash", true)]
    [InlineData("gemini-2.5-flash-fake-nothinking", "gemini-2.5-flash", true)]
    [InlineData("gemini-2.5-flash-thinking-7-fake-openai", "gemini-2.5-flash", true)]
    [InlineData("gemini-2.5-flash", "gemini-2.5-flash", false)]
    public void A_suffix_asks_for_a_pretended_stream(string asked, string name, bool pretends)
    {
        ResolvedModel model = Resolve(asked)!;

        Assert.Equal((name, pretends), (model.Name, model.PretendsStream));
    }

    [Theory]
    [InlineData("gemini-2.5-flash-fake-fake")]
    [InlineData("-fake")]
    [InlineData("gemini-2.5-flash-nothinking-nothinking")] // each once
    [InlineData("gemini-2.5-flash-max-nothinking")]
    [InlineData("gemini-2.5-flash-openai-openai")]
    [InlineData("gemini-2.5-flash-thinking-")]
    [InlineData("gemini-2.5-flash-thinking--1")]
    [InlineData("gemini-2.5-flash-thinking-99999999999")]
    [InlineData("gemini-2.5-flash-thinking-1 ")]
    [InlineData("gemini-2.5-flash-")]
    [InlineData("Gemini-2.5-Flash")]
    [InlineData("models/models/gemini-2.5-flash")]
    [InlineData("models/")]
    [InlineData("")]
    [InlineData("-max")]
    [InlineData("-openai")]
    [InlineData("no-such-model")]
    [InlineData("no-such-model-nothinking")]
    public void What_is_left_must_be_listed(string asked) => Assert.Null(Resolve(asked));

    [Theory]
    [InlineData("gpt-4o", "gemini-2.5-flash", false)]
    [InlineData("models/gpt-4o", "gemini-2.5-flash", false)]
    [InlineData("prefixed", "gemini-2.5-pro", false)]
    [InlineData("quiet", "gemini-2.5-flash", true)]
    [InlineData("gemini-3.5-flash", "gemini-3.5-flash", false)] // listed: it is no alias
    [InlineData("gemini-extra", "gemini-extra", false)]
    [InlineData("dead", null, false)]
    [InlineData("empty", null, false)]
    public void Aliases_stand_for_what_is_not_listed(string asked, string? name, bool wishes)
    {
        GenerationSettings settings = SettingsFixture.Load(
            """
            EXTRA_MODELS=gemini-extra
            MODEL_ALIASES={"gpt-4o":"gemini-2.5-flash","prefixed":"models/gemini-2.5-pro","quiet":"gemini-2.5-flash-nothinking","gemini-3.5-flash":"gemini-2.5-pro","gemini-extra":"gemini-2.5-pro","dead":"gemini-1.0","empty":""}
            """).Settings.Generation;

        ResolvedModel? model = ModelNames.Resolve(asked, Listed, settings);

        Assert.Equal((name, wishes), (model?.Name, model?.HasWishes ?? false));
    }

    [Theory]
    [InlineData("FILTERED_MODELS", "gemini-2.5-pro", "gemini-2.5-pro", false)]
    [InlineData("BLOCKED_MODELS", "gemini-2.5-pro", "gemini-2.5-pro-nothinking", false)]
    [InlineData("BLOCKED_MODELS", "gemini-2.5-pro", "gemini-2.5-flash", true)]
    [InlineData("WHITELIST_MODELS", "gemini-2.5-pro", "gemini-2.5-pro", true)]
    [InlineData("WHITELIST_MODELS", "gemini-2.5-pro", "gemini-2.5-pro-max", true)]
    [InlineData("WHITELIST_MODELS", "gemini-2.5-pro", "gemini-2.5-flash", false)]
    [InlineData("EXTRA_MODELS", "gemini-new", "gemini-new", true)]
    [InlineData("EXTRA_MODELS", "gemini-new", "gemini-new-thinking", true)]
    [InlineData("EXTRA_MODELS", "gemini-new", "gemini-newer", false)]
    public void Settings_hide_and_add_models(string name, string value, string asked, bool found) =>
        Assert.Equal(found, ModelNames.Resolve(asked, Listed, SettingsFixture.With(name, value).Generation) is not null);

    [Theory]
    [InlineData("FILTERED_MODELS", "gemini-2.5-pro")]
    [InlineData("WHITELIST_MODELS", "gemini-2.5-flash")]
    public void An_alias_opens_no_hidden_model(string name, string value)
    {
        GenerationSettings settings = SettingsFixture.Load(null, (name, value), ("MODEL_ALIASES", "{\"gpt-4o\":\"gemini-2.5-pro\"}")).Settings.Generation;

        Assert.Null(ModelNames.Resolve("gpt-4o", Listed, settings));
    }

    [Theory]
    [InlineData("anything-goes", "anything-goes", false)]
    [InlineData("models/anything-goes", "anything-goes", false)]
    [InlineData("anything-nothinking", "anything", true)]
    [InlineData("anything-openai", "anything", false)]
    [InlineData("", null, false)]
    [InlineData("models/", null, false)]
    public void While_the_list_is_unknown_the_upstream_judges(string asked, string? name, bool wishes)
    {
        ResolvedModel? model = ModelNames.Resolve(asked, list: null, SettingsFixture.Load().Settings.Generation);

        Assert.Equal((name, wishes), (model?.Name, model?.HasWishes ?? false));
    }

    [Fact]
    public void While_the_list_is_unknown_hidden_models_stay_hidden() =>
        Assert.Null(ModelNames.Resolve("gemini-2.5-pro-max", list: null, SettingsFixture.With("FILTERED_MODELS", "gemini-2.5-pro").Generation));

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void No_name_is_longer_than_two_hundred_characters(int length, bool found) =>
        Assert.Equal(found, ModelNames.Resolve(new string('g', length), list: null, SettingsFixture.Load().Settings.Generation) is not null);

    private static ResolvedModel? Resolve(string asked) => ModelNames.Resolve(asked, Listed, SettingsFixture.Load().Settings.Generation);

    private static ModelList List(params string[] names)
    {
        List<ModelEntry> entries = [];
        string page = "{\"models\":[" + string.Join(',', names.Select(static name => $"{{\"name\":\"models/{name}\"}}")) + "]}";
        Assert.Null(ModelList.ReadPage(Encoding.UTF8.GetBytes(page), entries));
        return new ModelList(entries);
    }
}
