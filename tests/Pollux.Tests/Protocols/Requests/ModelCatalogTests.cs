using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Tests.Protocols.Requests;

public sealed class ModelCatalogTests
{
    private static readonly ModelCatalog Catalog = ModelCatalog.Default;

    [Theory]
    // name, family, thinking, levels or budget, default, in, out
    [InlineData("gemini-3.8-flash", "gemini-3.8-flash", "Low Medium High", "Medium", 1048576, 65536)]
    [InlineData("gemini-3.7-flash", "gemini-3.7-flash", "Low Medium High", "Medium", 1048576, 65536)]
    [InlineData("gemini-3.6-flash", "gemini-3.6-flash", "Minimal Low Medium High", "Medium", 1048576, 65536)]
    [InlineData("gemini-3.5-flash", "gemini-3.5-flash", "Minimal Low Medium High", "Medium", 1048576, 65536)]
    [InlineData("gemini-3.5-flash-lite", "gemini-3.5-flash-lite", "Minimal Low Medium High", "Minimal", 1048576, 65536)]
    [InlineData("gemini-3.1-pro-preview", "gemini-3.1-pro", "Low Medium High", "High", 1048576, 65536)]
    [InlineData("gemini-3.1-pro-preview-customtools", "gemini-3.1-pro", "Low Medium High", "High", 1048576, 65536)]
    [InlineData("gemini-3.1-flash-lite", "gemini-3.1-flash-lite", "Minimal Low Medium High", "Minimal", 1048576, 65536)]
    [InlineData("gemini-3.1-flash-lite-preview", "gemini-3.1-flash-lite", "Minimal Low Medium High", "Minimal", 1048576, 65536)]
    [InlineData("gemini-3-flash-preview", "gemini-3-flash", "Minimal Low Medium High", "High", 1048576, 65536)]
    [InlineData("gemini-3-pro-image", "gemini-3-pro-image", "High", "High", 65536, 32768)]
    [InlineData("gemini-3-pro-image-preview", "gemini-3-pro-image", "High", "High", 65536, 32768)]
    [InlineData("gemini-3.1-flash-image", "gemini-3.1-flash-image", "Minimal High", "Minimal", 131072, 32768)]
    [InlineData("gemini-3.1-flash-lite-image", "gemini-3.1-flash-lite-image", "Minimal High", "Minimal", 65536, 4096)]
    [InlineData("gemini-flash-latest", "gemini-3.8-flash", "Low Medium High", "Medium", 1048576, 65536)]
    [InlineData("gemini-flash-lite-latest", "gemini-3.5-flash-lite", "Minimal Low Medium High", "Minimal", 1048576, 65536)]
    [InlineData("gemini-pro-latest", "gemini-3.1-pro", "Low Medium High", "High", 1048576, 65536)]
    [InlineData("gemini-4-flash", "gemini-next", "Low Medium High", "Medium", 1048576, 65536)]
    [InlineData("gemini-4.2-pro-preview", "gemini-next-pro", "Low Medium High", "High", 1048576, 65536)]
    [InlineData("gemini-4-flash-lite", "gemini-next-lite", "Minimal Low Medium High", "Minimal", 1048576, 65536)]
    [InlineData("something-else", "unknown", "Low Medium High", "Medium", 1048576, 65536)]
    public void Find_model_with_levels(string model, string family, string levels, string standard, int input, int output)
    {
        var found = Catalog.Find(model);
        Assert.Equal(family, found.Family);
        Assert.Equal(ThinkingControl.Level, found.Thinking.Control);
        Assert.Equal(levels, string.Join(' ', found.Thinking.Levels));
        Assert.Equal(Enum.Parse<ThinkingLevel>(standard), found.Thinking.DefaultLevel);
        Assert.Equal((input, output), (found.InputTokenLimit, found.OutputTokenLimit));
    }

    [Theory]
    [InlineData("gemini-2.5-pro", 128, 32768, false, false)]
    [InlineData("gemini-2.5-flash", 1, 24576, true, false)]
    [InlineData("models/gemini-2.5-flash", 1, 24576, true, false)]
    [InlineData("publishers/google/models/gemini-2.5-flash-preview-09-2025", 1, 24576, true, false)]
    [InlineData("gemini-2.5-flash-lite", 512, 24576, true, true)]
    [InlineData("GEMINI-2.5-Flash-Lite", 512, 24576, true, true)]
    public void Find_model_with_budget(string model, int min, int max, bool canBeOff, bool offByDefault)
    {
        var thinking = Catalog.Find(model).Thinking;
        Assert.Equal(ThinkingControl.Budget, thinking.Control);
        Assert.Equal((min, max, canBeOff, offByDefault), (thinking.MinBudget, thinking.MaxBudget, thinking.CanBeOff, thinking.OffByDefault));
    }

    [Theory]
    [InlineData("gemini-2.0-flash", "gemini-2.0", Modalities.Text)]
    [InlineData("gemini-1.5-pro-002", "gemini-1.5", Modalities.Text)]
    [InlineData("learnlm-2.0-flash-experimental", "learnlm", Modalities.Text)]
    [InlineData("gemini-2.5-flash-image", "gemini-2.5-flash-image", Modalities.Text | Modalities.Image)]
    [InlineData("gemma-4-31b-it", "gemma-4", Modalities.Text)]
    [InlineData("gemma-4-26b-a4b-it", "gemma-4", Modalities.Text)]
    [InlineData("gemma-3-27b-it", "gemma-3", Modalities.Text)]
    [InlineData("gemini-3.8-flash-tts", "gemini-tts", Modalities.Audio)]
    [InlineData("gemini-3.8-flash-lite-tts", "gemini-tts", Modalities.Audio)]
    [InlineData("gemini-3.1-flash-tts-preview", "gemini-tts", Modalities.Audio)]
    [InlineData("gemini-2.5-flash-preview-tts", "gemini-tts", Modalities.Audio)]
    [InlineData("gemini-3.5-transcribe", "gemini-transcribe", Modalities.Text)]
    [InlineData("gemini-3.8-live", "gemini-live", Modalities.Audio)]
    [InlineData("gemini-3.1-flash-live-preview", "gemini-live", Modalities.Audio)]
    [InlineData("gemini-2.5-flash-native-audio-preview-12-2025", "gemini-live", Modalities.Audio)]
    [InlineData("gemini-embedding-001", "gemini-embedding-001", Modalities.Embedding)]
    [InlineData("gemini-embedding-2-preview", "gemini-embedding-2", Modalities.Embedding)]
    [InlineData("text-embedding-004", "gemini-embedding-001", Modalities.Embedding)]
    [InlineData("imagen-4.0-generate-001", "imagen", Modalities.Image)]
    [InlineData("veo-3.1-generate-preview", "veo", Modalities.Video)]
    [InlineData("lyria-realtime-exp", "lyria", Modalities.Audio)]
    [InlineData("aqa", "aqa", Modalities.Text)]
    [InlineData("deep-research-pro-preview", "agent", Modalities.Text)]
    public void Find_model_without_thinking_control(string model, string family, Modalities output)
    {
        var found = Catalog.Find(model);
        Assert.Equal((family, ThinkingControl.None, output), (found.Family, found.Thinking.Control, found.Output));
    }

    [Theory]
    // name: sampling ignored, penalties refused, prefill refused, signatures enforced, built-in with functions, JSON with tools
    [InlineData("gemini-2.5-flash", false, false, false, false, false, false)]
    [InlineData("gemini-3-flash-preview", false, false, false, true, true, true)]
    [InlineData("gemini-3.5-flash", false, false, false, true, true, true)]
    [InlineData("gemini-3.5-flash-lite", true, true, true, true, true, true)]
    [InlineData("gemini-3.6-flash", true, true, true, true, true, true)]
    [InlineData("gemini-3.8-flash", true, true, true, true, true, true)]
    [InlineData("gemini-5-flash", true, true, true, true, true, true)]
    [InlineData("gemini-3-pro-image", false, false, false, false, true, true)]
    public void Find_tells_what_a_model_refuses(string model, bool sampling, bool penalties, bool prefill, bool signatures, bool mixed, bool json)
    {
        var found = Catalog.Find(model);
        Assert.Equal((sampling, penalties, prefill), (found.SamplingIgnored, found.PenaltiesRefused, found.PrefillRefused));
        Assert.Equal((signatures, mixed, json), (found.SignaturesEnforced, found.BuiltInToolsWithFunctions, found.JsonWithTools));
    }

    [Theory]
    [InlineData("gemini-2.0-flash", SchemaSupport.Proto)]
    [InlineData("gemini-2.5-pro", SchemaSupport.JsonSchema)]
    [InlineData("gemini-3.8-flash", SchemaSupport.JsonSchema)]
    [InlineData("gemma-4-31b-it", SchemaSupport.Proto)]
    public void Find_tells_the_schema_language(string model, SchemaSupport expected) => Assert.Equal(expected, Catalog.Find(model).Schema);

    [Fact]
    public void Omni_models_take_no_system_instruction() => Assert.False(Catalog.Find("gemini-omni-1.1-flash").SystemInstruction);

    [Fact]
    public void The_data_file_is_dated() => Assert.Matches(@"^\d{4}-\d{2}-\d{2}$", Catalog.Dated);

    [Theory]
    [InlineData("""{"dated":"2026-01-01","families":[{"id":"a","match":["*"],"colour":"red"}]}""")]
    [InlineData("""{"dated":"2026-01-01","families":[{"id":"a","match":["*"],"extends":"b"}]}""")]
    [InlineData("""{"dated":"2026-01-01","families":[{"id":"a","match":["*"],"thinking":"sometimes"}]}""")]
    public void Read_a_file_with_a_mistake_fails(string file)
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file));
        Assert.Throws<System.Text.Json.JsonException>(() => ModelCatalogFile.Read(stream));
    }
}
