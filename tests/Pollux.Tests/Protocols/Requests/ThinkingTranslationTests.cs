using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;
using static Pollux.Tests.Protocols.Requests.ChatCase;

namespace Pollux.Tests.Protocols.Requests;

public sealed class ThinkingTranslationTests
{
    [Theory]
    // Google's own table, and what lies beyond it.
    [InlineData("gemini-2.5-flash", "none", "0", 0)]
    [InlineData("gemini-2.5-flash-lite", "none", "0", 0)]
    [InlineData("gemini-2.5-pro", "none", "128", 1)]
    [InlineData("gemini-2.5-flash", "minimal", "1024", 0)]
    [InlineData("gemini-2.5-flash", "low", "1024", 0)]
    [InlineData("gemini-2.5-flash", "medium", "8192", 0)]
    [InlineData("gemini-2.5-flash", "high", "24576", 0)]
    [InlineData("gemini-2.5-pro", "high", "24576", 0)]
    [InlineData("gemini-2.5-pro", "max", "32768", 0)]
    [InlineData("gemini-2.5-flash", "xhigh", "24576", 0)]
    [InlineData("gemini-3.1-pro-preview", "none", "LOW", 1)]
    [InlineData("gemini-3.1-pro-preview", "minimal", "LOW", 1)]
    [InlineData("gemini-3.1-pro-preview", "low", "LOW", 0)]
    [InlineData("gemini-3.1-pro-preview", "medium", "MEDIUM", 0)]
    [InlineData("gemini-3.1-flash-lite", "none", "MINIMAL", 1)]
    [InlineData("gemini-3.1-flash-lite", "minimal", "MINIMAL", 0)]
    [InlineData("gemini-3-flash-preview", "minimal", "MINIMAL", 0)]
    [InlineData("gemini-3.8-flash", "none", "LOW", 1)]
    [InlineData("gemini-3.8-flash", "minimal", "LOW", 1)]
    [InlineData("gemini-3.8-flash", "high", "HIGH", 0)]
    [InlineData("gemini-3.8-flash", "xhigh", "HIGH", 1)]
    [InlineData("gemini-3.8-flash", "max", "HIGH", 1)]
    [InlineData("gemini-3.1-flash-image", "low", "HIGH", 1)]
    [InlineData("gemini-3-pro-image", "low", "HIGH", 1)]
    [InlineData("gemini-2.0-flash", "high", null, 1)]
    [InlineData("gemini-2.0-flash", "none", null, 0)]
    [InlineData("gemma-4-31b-it", "low", null, 1)]
    public void Effort_becomes_what_the_model_takes(string model, string effort, string? expected, int losses)
    {
        var chat = With($"\"reasoning_effort\":\"{effort}\"", model);
        Assert.Equal(expected, Measure(chat));
        Assert.Equal(losses, chat.Losses.Count);
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "\"thinking_budget\":0", "0", 0)]
    [InlineData("gemini-2.5-flash", "\"thinking_budget\":-1", "-1", 0)]
    [InlineData("gemini-2.5-flash", "\"thinking_budget\":\"2000\"", "2000", 0)]
    [InlineData("gemini-2.5-flash", "\"thinking_budget\":99999", "24576", 1)]
    [InlineData("gemini-2.5-pro", "\"thinking_budget\":5", "128", 1)]
    [InlineData("gemini-2.5-flash-lite", "\"thinking_budget\":100", "512", 1)]
    [InlineData("gemini-3.8-flash", "\"thinking_budget\":500", "LOW", 1)]
    [InlineData("gemini-3.8-flash", "\"thinking_budget\":8000", "MEDIUM", 1)]
    [InlineData("gemini-3.8-flash", "\"thinking_budget\":20000", "HIGH", 1)]
    [InlineData("gemini-3.8-flash", "\"thinking_budget\":-1", null, 0)]
    [InlineData("gemini-3.5-flash", "\"thinking_budget\":0", "MINIMAL", 1)]
    [InlineData("gemini-2.5-flash", "\"enable_thinking\":false", "0", 0)]
    [InlineData("gemini-2.5-flash", "\"enable_thinking\":\"false\",\"thinking_budget\":1000", "0", 0)]
    [InlineData("gemini-2.5-flash-lite", "\"enable_thinking\":true", "-1", 0)]
    [InlineData("gemini-2.5-flash", "\"enable_thinking\":true,\"thinking_budget\":1000", "1000", 0)]
    [InlineData("gemini-2.5-flash", "\"thinking\":{\"type\":\"disabled\"}", "0", 0)]
    [InlineData("gemini-2.5-flash", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":3000}", "3000", 0)]
    [InlineData("gemini-2.5-flash", "\"reasoning\":{\"effort\":\"low\"}", "1024", 0)]
    [InlineData("gemini-2.5-flash", "\"reasoning\":{\"max_tokens\":3000}", "3000", 0)]
    [InlineData("gemini-2.5-flash", "\"google\":{\"thinking_config\":{\"thinking_budget\":3000}}", "3000", 0)]
    [InlineData("gemini-2.5-flash", "\"extra_body\":{\"google\":{\"thinkingConfig\":{\"thinkingBudget\":3000}}}", "3000", 0)]
    [InlineData("gemini-2.5-flash", "\"extra_body\":{\"thinking_budget\":3000}", "3000", 0)]
    [InlineData("gemini-2.5-flash", "\"google\":{\"thinking_config\":{\"thinking_level\":\"LOW\"}}", "1024", 0)]
    [InlineData("gemini-3.5-flash", "\"google\":{\"thinking_config\":{\"thinking_level\":\"minimal\"}}", "MINIMAL", 0)]
    [InlineData("gemini-3.5-flash", "\"google\":{\"thinking_config\":{\"thinking_level\":\"low\"}},\"reasoning_effort\":\"high\"", "LOW", 1)]
    public void Other_forms_become_what_the_model_takes(string model, string members, string? expected, int losses)
    {
        var chat = With(members, model);
        Assert.Equal(expected, Measure(chat));
        Assert.Equal(losses, chat.Losses.Count);
    }

    [Fact]
    public void Include_thoughts_goes_with_an_effort()
    {
        var chat = With("""
            "reasoning_effort":"low","extra_body":{"google":{"thinking_config":{"include_thoughts":true}}}
            """);
        Same("""{"includeThoughts":true,"thinkingLevel":"LOW"}""", chat.Config!["thinkingConfig"]);
        Assert.True(chat.Translation.ShowThoughts);
    }

    [Theory]
    [InlineData("\"reasoning_effort\":\"enormous\"")]
    [InlineData("\"google\":{\"thinking_config\":{\"thinking_level\":\"enormous\"}}")]
    [InlineData("\"google\":{\"thinking_config\":5}")]
    [InlineData("\"google\":{\"thinking_config\":{\"include_thoughts\":\"x\"}}")]
    public void Unknown_words_are_faults(string members) => Fault($$"""{"messages":[{"role":"user","content":"hi"}],{{members}}}""");

    [Fact]
    public void Nothing_wished_is_nothing_sent() =>
        Assert.Null(ThinkingTranslation.Translate(default, ModelCatalog.Default.Find(Flash38), new LossReport(), ""));

    private static string? Measure(ChatCase chat) =>
        chat.Config?["thinkingConfig"] is not { } config ? null : (string?)config["thinkingLevel"] ?? config["thinkingBudget"]?.ToJsonString();
}
