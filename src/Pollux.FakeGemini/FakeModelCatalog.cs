namespace Pollux.FakeGemini;

/// <summary>The models that a fake serves unless told otherwise: those of the Developer API's list that it can answer for.</summary>
public static class FakeModelCatalog
{
    /// <summary>Fresh list, in the order in which the API lists them.</summary>
    public static IReadOnlyList<FakeModel> Default { get; } =
    [
        FakeModel.Named("gemini-3.8-flash"),
        FakeModel.Named("gemini-3.7-flash"),
        FakeModel.Named("gemini-3.6-flash"),
        FakeModel.Named("gemini-3.5-flash"),
        FakeModel.Named("gemini-3.5-flash-lite"),
        FakeModel.Named("gemini-3.1-pro-preview"),
        FakeModel.Named("gemini-3.1-pro-preview-customtools"),
        FakeModel.Named("gemini-3.1-flash-lite"),
        FakeModel.Named("gemini-3-flash-preview"),
        FakeModel.Named("gemini-2.5-pro"),
        FakeModel.Named("gemini-2.5-flash"),
        FakeModel.Named("gemini-2.5-flash-lite"),
        FakeModel.Named("gemini-pro-latest"),
        FakeModel.Named("gemini-flash-latest"),
        FakeModel.Named("gemini-flash-lite-latest"),
        FakeModel.Named("gemini-3-pro-image"),
        FakeModel.Named("gemini-3-pro-image-preview"),
        FakeModel.Named("gemini-3.1-flash-image"),
        FakeModel.Named("gemini-3.1-flash-image-preview"),
        FakeModel.Named("gemini-3.1-flash-lite-image"),
        FakeModel.Named("gemini-2.5-flash-image"),
        FakeModel.Named("nano-banana-pro-preview"),
        FakeModel.Named("gemini-3.8-flash-tts"),
        FakeModel.Named("gemini-3.1-flash-tts-preview"),
        FakeModel.Named("gemini-2.5-flash-preview-tts"),
        FakeModel.Named("gemini-embedding-2"),
        FakeModel.Named("gemini-embedding-2-preview"),
        FakeModel.Named("gemini-embedding-001"),
        FakeModel.Named("gemma-4-31b-it"),
        FakeModel.Named("gemma-4-26b-a4b-it"),
    ];

    /// <summary>Models of the Live API, which no other method serves.</summary>
    public static IReadOnlyList<FakeModel> Live { get; } =
    [
        FakeModel.Named("gemini-3.8-live"),
        FakeModel.Named("gemini-3.1-flash-live-preview"),
        FakeModel.Named("gemini-2.5-flash-native-audio-latest"),
    ];
}
