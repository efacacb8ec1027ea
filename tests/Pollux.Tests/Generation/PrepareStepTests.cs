using Pollux.Generation;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Tests.Settings;

namespace Pollux.Tests.Generation;

/// <summary>What the settings add to a translated request.</summary>
public sealed class PrepareStepTests
{
    private const string Own = "[{\"category\":\"HARM_CATEGORY_HARASSMENT\",\"threshold\":\"BLOCK_ONLY_HIGH\"}]";

    [Theory]
    [InlineData("", "", 4, "OFF")] // neither set
    [InlineData("", "true", 4, "OFF")]
    [InlineData("", "false", 0, null)] // Google's defaults
    [InlineData(Own, "", 1, "BLOCK_ONLY_HIGH")]
    [InlineData(Own, "true", 1, "BLOCK_ONLY_HIGH")]
    [InlineData(Own, "false", 1, "BLOCK_ONLY_HIGH")]
    [InlineData("[]", "true", 0, null)]
    public void Safety_comes_from_the_list_then_from_the_switch(string list, string disable, int count, string? threshold)
    {
        var request = new GenerateContentRequest();
        new SafetyStep().Apply(request, Context("gemini-2.5-flash", Settings(("SAFETY_SETTINGS", list), ("DISABLE_SAFETY_FILTERING", disable))));

        Assert.Equal(count, request.SafetySettings.Count);
        Assert.Equal(count, request.SafetySettings.Select(static setting => setting.Category.ToString()).Distinct(StringComparer.Ordinal).Count());
        Assert.All(request.SafetySettings, setting => Assert.Equal(RawJson.String(threshold!).ToString(), setting.Threshold.ToString()));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void The_clients_own_safety_is_left_alone(string disable)
    {
        var request = new GenerateContentRequest();
        var own = new SafetySetting(RawJson.String("HARM_CATEGORY_HARASSMENT"), RawJson.String("BLOCK_NONE"));
        request.SafetySettings.Add(own);

        new SafetyStep().Apply(request, Context("gemini-2.5-flash", Settings(("SAFETY_SETTINGS", Own), ("DISABLE_SAFETY_FILTERING", disable))));

        Assert.Equal([own], request.SafetySettings);
    }

    [Theory]
    [InlineData("", "", false)]
    [InlineData("", "false", false)]
    [InlineData("", "true", true)]
    [InlineData(Own, "", true)]
    public void Native_requests_get_only_what_is_set_explicitly(string list, string disable, bool any) =>
        Assert.Equal(any, SafetyStep.Choose(Settings(("SAFETY_SETTINGS", list), ("DISABLE_SAFETY_FILTERING", disable)), whenUnset: false).Any());

    /// <summary>UPS-7.</summary>
    [Theory]
    [InlineData("user:Hello", "+user:Hello")]
    [InlineData("user:Hello model:Yes? user:Go", "+user:Hello model:Yes? +user:Go")]
    [InlineData("user:Hello model:Yes? user:On model:So? user:Go", "+user:Hello model:Yes? user:On model:So? +user:Go")]
    [InlineData("user:Hello model:call user:response", "+user:Hello model:call user:response")]
    [InlineData("model:Hello", "model:Hello")]
    public void Something_random_stands_before_the_first_and_the_last_thing_the_user_said(string turns, string expected)
    {
        var request = new GenerateContentRequest();
        foreach (string turn in turns.Split(' '))
        {
            string[] said = turn.Split(':');
            var content = new Content(said[0]);
            content.Parts.Add(said[1] == "response" ? new Part { FunctionResponse = new FunctionResponse { Name = RawJson.String("look"), Response = RawJson.FromUtf8("{}"u8.ToArray()) } } : Part.FromText(said[1]));
            request.Contents.Add(content);
        }

        new RandomStringStep().Apply(request, Context("gemini-2.5-flash", Settings(("RANDOM_STRING", "true"), ("RANDOM_STRING_LENGTH", "9"))));

        Assert.Equal(expected.Split(' ').Select(static turn => turn[0] == '+' ? 2 : 1), request.Contents.Select(static turn => turn.Parts.Count));
        Assert.All(request.Contents.Where(static turn => turn.Parts.Count == 2), static turn => Assert.Matches("^\"[0-9A-Za-z]{9}\\\\n\"$", turn.Parts[0].Text.ToString()));
        Assert.All(request.Contents.Where(static turn => turn.Parts.Count == 2), static turn => Assert.Matches("^\"[A-Z][a-z]+\"$", turn.Parts[1].Text.ToString()));
    }

    [Fact]
    public void Nothing_random_is_added_by_default()
    {
        var request = new GenerateContentRequest();
        request.Contents.Add(new Content(Content.User) { Parts = { Part.FromText("Hello") } });

        new RandomStringStep().Apply(request, Context("gemini-2.5-flash", Settings()));

        Assert.Single(request.Contents[0].Parts);
    }

    [Theory]
    // model, what its name wishes, the client's budget, shown; expected budget or level, thoughts asked for
    [InlineData("gemini-2.5-flash", "", null, true, null, true)]
    [InlineData("gemini-2.5-flash", "", null, false, null, null)]
    [InlineData("gemini-2.5-flash", "", 2000, true, "2000", true)]
    [InlineData("gemini-2.5-flash", "", 0, true, "0", null)] // switched off: there is nothing to show
    [InlineData("gemini-2.5-pro", "", null, false, "4096", null)] // the map
    [InlineData("gemini-2.5-pro", "", 2000, false, "2000", null)] // the client over the map
    [InlineData("gemini-2.5-pro", "max", 2000, false, "32768", null)] // the suffix over the client
    [InlineData("gemini-2.5-flash", "off", 2000, true, "0", null)]
    [InlineData("gemini-2.5-flash", "show", null, false, null, true)]
    [InlineData("gemini-2.5-flash-lite", "", null, true, null, null)] // off by itself
    [InlineData("gemini-3.5-flash", "max", null, true, "High", true)]
    [InlineData("gemini-2.0-flash", "max", 2000, true, null, null)] // cannot think
    public void Thinking_is_the_suffixs_the_clients_the_maps_or_the_models(string name, string wish, int? client, bool shown, string? measure, bool? include)
    {
        GenerateContentRequest request = Request(client);
        new ThinkingStep().Apply(request, Context(name, Settings(("THINKING_BUDGET_MAP", "{\"gemini-2.5-pro\":4096}")), shown, Wish(wish)));

        ThinkingConfig? config = request.GenerationConfig.ThinkingConfig;
        Assert.Equal((measure, include), (config?.ThinkingBudget?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? config?.ThinkingLevel?.ToString(), config?.IncludeThoughts));
    }

    [Fact]
    public void A_client_that_wants_no_thoughts_gets_none()
    {
        GenerateContentRequest request = Request(2000);
        request.GenerationConfig.ThinkingConfig!.IncludeThoughts = false;

        new ThinkingStep().Apply(request, Context("gemini-2.5-flash", Settings(), shown: true));

        Assert.False(request.GenerationConfig.ThinkingConfig.IncludeThoughts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("max")]
    [InlineData("show")]
    public void With_thinking_disabled_nobody_can_ask_for_it(string wish)
    {
        GenerateContentRequest request = Request(2000);
        new ThinkingStep().Apply(request, Context("gemini-2.5-flash", Settings(("ENABLE_THINKING", "false")), shown: true, Wish(wish)));

        Assert.Null(request.GenerationConfig.ThinkingConfig);
    }

    [Fact]
    public void A_suffix_that_the_model_cannot_follow_is_reported()
    {
        var losses = new LossReport();
        var model = new ResolvedModel("gemini-3.5-flash", ModelCatalog.Default.Find("gemini-3.5-flash"), Wish("off"));
        new ThinkingStep().Apply(new GenerateContentRequest(), new PrepareContext(model, Settings(), ShowThoughts: false, losses));

        Assert.Equal("model", Assert.Single(losses.Losses).Path);
    }

    private static GenerateContentRequest Request(int? budget)
    {
        var request = new GenerateContentRequest();
        request.GenerationConfig.ThinkingConfig = budget is null ? null : new ThinkingConfig { ThinkingBudget = budget };
        return request;
    }

    private static ThinkingWish Wish(string wish) => wish switch
    {
        "max" => new ThinkingWish { Effort = "max" },
        "off" => new ThinkingWish { Enabled = false },
        "show" => new ThinkingWish { IncludeThoughts = true },
        _ => default,
    };

    private static PrepareContext Context(string name, GenerationSettings settings, bool shown = false, ThinkingWish wish = default) =>
        new(new ResolvedModel(name, ModelCatalog.Default.Find(name), wish), settings, shown, new LossReport());

    private static GenerationSettings Settings(params ReadOnlySpan<(string Name, string Value)> values)
    {
        (PolluxSettings settings, IReadOnlyList<SettingFault> faults) = SettingsFixture.Load(null, values);
        Assert.Empty(faults);
        return settings.Generation;
    }
}
