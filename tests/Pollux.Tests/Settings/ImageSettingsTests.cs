using Pollux.Settings;

namespace Pollux.Tests.Settings;

/// <summary>OAI-9 and OAI-10: how pictures are configured.</summary>
public sealed class ImageSettingsTests
{
    [Fact]
    public void Nothing_set_gives_the_defaults()
    {
        ImageSettings images = SettingsFixture.Load().Settings.Generation.Images;

        Assert.Equal((null, 0, false), (images.Model, images.ImageModels.Count, images.AllPastPictures));
    }

    [Theory]
    [InlineData("last", false)]
    [InlineData("all", true)]
    [InlineData("ALL", true)]
    public void Pictures_of_the_last_or_of_all_answers_go_back(string value, bool all) =>
        Assert.Equal(all, SettingsFixture.With("HISTORY_IMAGE_SUBMIT_TYPE", value).Generation.Images.AllPastPictures);

    [Fact]
    public void A_wrong_value_is_told_and_the_default_holds()
    {
        (PolluxSettings settings, SettingFault fault) = SettingsFixture.Wrong("HISTORY_IMAGE_SUBMIT_TYPE", "first");

        Assert.Equal(("HISTORY_IMAGE_SUBMIT_TYPE", false), (fault.Name, fault.RefusesStart));
        Assert.False(settings.Generation.Images.AllPastPictures);
    }

    [Fact]
    public void Models_are_named() =>
        Assert.Equal(["a", "b"], SettingsFixture.With("IMAGE_MODELS", """["a","b"]""").Generation.Images.ImageModels);
}
