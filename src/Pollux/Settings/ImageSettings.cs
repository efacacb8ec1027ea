namespace Pollux.Settings;

/// <summary>How pictures are made.</summary>
internal sealed record ImageSettings
{
    /// <summary><c>CREATE_IMAGE_MODEL</c>: the model of the routes for pictures where a request names none that makes any; <see langword="null"/>: the newest that is listed.</summary>
    public string? Model { get; init; }

    /// <summary><c>IMAGE_MODELS</c>: models that get a twin with <c>-image</c> behind its name; empty: all that make pictures and whose names do not say so.</summary>
    public IReadOnlyList<string> ImageModels { get; init; } = [];

    /// <summary><c>HISTORY_IMAGE_SUBMIT_TYPE</c>=all: the pictures of all earlier answers go back to the model, not only those of the last one with some.</summary>
    public bool AllPastPictures { get; init; }
}
