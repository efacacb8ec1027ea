namespace Pollux.Settings;

// Pictures that models make.
internal static partial class SettingsLoader
{
    private static ImageSettings LoadImages(SettingSource source) => new()
    {
        Model = source.Text("CREATE_IMAGE_MODEL"),
        ImageModels = source.Words("IMAGE_MODELS"),
        AllPastPictures = source.Choice("HISTORY_IMAGE_SUBMIT_TYPE", "last", "all") == "all",
    };
}
