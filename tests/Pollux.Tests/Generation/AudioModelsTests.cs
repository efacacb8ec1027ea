using System.Text.Json;
using Pollux.Generation;
using Pollux.Settings;
using Pollux.Tests.Settings;

namespace Pollux.Tests.Generation;

/// <summary>OAI-12: which model speaks or hears for OpenAI's names.</summary>
public sealed class AudioModelsTests
{
    [Theory]
    [InlineData("gemini-2.5-flash-preview-tts gemini-2.5-pro-preview-tts gemini-3.1-flash-tts-preview", "gemini-3.1-flash-tts-preview")]
    [InlineData("gemini-3.8-flash-lite-tts gemini-3.8-flash-tts gemini-3.8-flash", "gemini-3.8-flash-tts")]
    [InlineData("gemini-3.8-flash-lite-tts gemini-2.5-pro-preview-tts", "gemini-3.8-flash-lite-tts")]
    [InlineData("gemini-3.1-flash-tts-preview gemini-3.1-flash-tts", "gemini-3.1-flash-tts")]
    [InlineData("gemini-2.5-pro-preview-tts", "gemini-2.5-pro-preview-tts")]
    [InlineData("gemini-3.8-flash lyria-3 gemini-2.5-flash-native-audio-latest", null)]
    public void The_newest_of_the_middle_size_speaks(string models, string? expected) =>
        Assert.Equal(expected, AudioModels.Speaker(List(models), SettingsFixture.Load().Settings.Generation));

    [Theory]
    [InlineData("gemini-2.5-flash-lite gemini-3.5-flash-lite gemini-3.8-flash", "gemini-3.5-flash-lite")]
    [InlineData("gemini-flash-lite-latest gemini-2.5-flash-lite gemini-2.5-flash-lite-preview-06-17", "gemini-2.5-flash-lite")]
    [InlineData("gemini-2.5-pro gemini-2.5-flash gemma-4-31b-it gemini-3.1-flash-lite-image gemini-3.8-flash-lite-tts gemini-3.8-live", "gemini-2.5-flash")]
    [InlineData("gemini-flash-lite-latest gemini-3.8-flash", "gemini-flash-lite-latest")]
    [InlineData("gemma-4-31b-it gemini-embedding-2 imagen-4 gemini-3.5-transcribe", null)]
    public void The_newest_of_the_cheapest_hears(string models, string? expected) =>
        Assert.Equal(expected, AudioModels.Hearer(List(models), SettingsFixture.Load().Settings.Generation));

    [Fact]
    public void A_hidden_model_neither_speaks_nor_hears()
    {
        GenerationSettings settings = SettingsFixture.With("FILTERED_MODELS", "gemini-3.5-flash-lite,gemini-3.8-flash-tts").Generation;

        Assert.Equal("gemini-2.5-flash", AudioModels.Hearer(List("gemini-3.5-flash-lite gemini-2.5-flash"), settings));
        Assert.Null(AudioModels.Speaker(List("gemini-3.8-flash-tts"), settings));
    }

    private static ModelList List(string models) => new([.. models.Split(' ').Select(static name => new ModelEntry(name, default(JsonElement)))]);
}
