using System.Text;
using Pollux.Generation;
using Pollux.Protocols.Gemini.Models;
using Pollux.Settings;
using Pollux.Tests.Settings;

namespace Pollux.Tests.Generation;

/// <summary>OAI-9 and OAI-10: which model makes pictures, and under which names.</summary>
public sealed class ImageModelsTests
{
    private static readonly string[] Usual = ["gemini-3.5-flash", "gemini-2.5-flash-image", "gemini-3-pro-image", "gemini-3.1-flash-image-preview", "gemini-3.1-flash-lite-image", "gemini-3.1-flash-image", "nano-banana-pro-preview"];

    [Theory]
    [InlineData(null, "gemini-3.1-flash-image")]
    [InlineData("gemini-3-pro-image", "gemini-3-pro-image")]
    [InlineData("models/gemini-3-pro-image", "models/gemini-3-pro-image", "gemini-3-pro-image")]
    [InlineData("imagen-3.0-generate-002", "gemini-3.1-flash-image")] // dead: the default stands in
    [InlineData("gemini-3.5-flash", "gemini-3.1-flash-image")] // makes none
    [InlineData("gemini-3.1-flash-image-chat", "gemini-3.1-flash-image")]
    public void The_default_is_the_configured_one_or_the_newest(string? configured, string expected, string? instead = null) =>
        Assert.Equal(instead ?? expected, ImageModels.Default(List(Usual), With("CREATE_IMAGE_MODEL", configured)));

    [Fact]
    public void Without_any_there_is_no_default() => Assert.Null(ImageModels.Default(List("gemini-3.5-flash"), With("CREATE_IMAGE_MODEL", null)));

    [Fact]
    public void Before_the_list_is_known_the_configured_one_counts()
    {
        Assert.Equal("imagen-9", ImageModels.Default(null, With("CREATE_IMAGE_MODEL", "imagen-9")));
        Assert.Equal("gemini-3.1-flash-image", ImageModels.Default(null, With("CREATE_IMAGE_MODEL", null)));
    }

    [Theory]
    [InlineData("gemini-3.1-flash-image-chat", null, true)]
    [InlineData("gemini-3-pro-image-chat", null, false)]
    [InlineData("gemini-3-pro-image-chat", "gemini-3-pro-image", true)]
    [InlineData("imagen-3.0-generate-002-chat", "imagen-3.0-generate-002", true)] // as users' files have it
    [InlineData("gemini-3.1-flash-image", null, false)]
    public void The_chat_has_the_name_of_the_model_that_paints(string name, string? configured, bool isChat)
    {
        GenerationSettings settings = With("CREATE_IMAGE_MODEL", configured);

        Assert.Equal(isChat, ImageModels.IsChat(name, List(Usual), settings));
        if (isChat)
            Assert.Null(ModelNames.Resolve(name, List(Usual), settings));
    }

    [Fact]
    public void A_model_that_is_itself_called_so_is_taken_as_it_stands()
    {
        ModelList list = List([.. Usual, "gemini-3.1-flash-image-chat"]);

        Assert.False(ImageModels.IsChat("gemini-3.1-flash-image-chat", list, With("CREATE_IMAGE_MODEL", null)));
    }

    [Theory]
    [InlineData("gemini-3.1-flash-image", null, "gemini-3.1-flash-image")] // its own name ends so
    [InlineData("nano-banana-pro-preview-image", null, "nano-banana-pro-preview")]
    [InlineData("gemini-3.1-flash-image-image", null, null)]
    [InlineData("gemini-3.5-flash-image", null, null)]
    [InlineData("gemini-3.5-flash-image", "gemini-3.5-flash", "gemini-3.5-flash")]
    [InlineData("gemini-3.1-flash-image-image", "gemini-3.1-flash-image", "gemini-3.1-flash-image")]
    [InlineData("nano-banana-pro-preview-image", "gemini-3.5-flash", null)]
    [InlineData("gemini-3.5-flash-image-nothinking", "gemini-3.5-flash", "gemini-3.5-flash")]
    public void A_twin_answers_with_pictures(string asked, string? configured, string? expected)
    {
        ResolvedModel? model = ModelNames.Resolve(asked, List(Usual), With("IMAGE_MODELS", configured));

        Assert.Equal(expected, model?.Name);
        if (model is not null)
            Assert.True(model.Capabilities.Output.HasFlag(Modalities.Image | Modalities.Text));
    }

    [Theory]
    [InlineData("dall-e-3", true, false)]
    [InlineData("gpt-image-1", true, true)]
    [InlineData("chatgpt-image-latest", true, true)]
    [InlineData("gemini-3.1-flash-image", false, false)]
    public void Names_of_OpenAI_are_known(string name, bool isOpenAI, bool bytesOnly) =>
        Assert.Equal((isOpenAI, bytesOnly), (ImageModels.IsOpenAI(name), ImageModels.GivesBytesOnly(name)));

    private static GenerationSettings With(string name, string? value) =>
        (value is null ? SettingsFixture.Load().Settings : SettingsFixture.With(name, value)).Generation;

    private static ModelList List(params string[] names)
    {
        var entries = new List<ModelEntry>();
        ModelList.ReadPage(Encoding.UTF8.GetBytes($$"""{"models":[{{string.Join(',', names.Select(static name => $$"""{"name":"models/{{name}}"}"""))}}]}"""), entries);
        return new ModelList(entries);
    }
}
