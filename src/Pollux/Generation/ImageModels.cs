using System.Globalization;
using Pollux.Protocols.Gemini.Models;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>Which models make pictures, under which names, and which one does where a request names none of them.</summary>
internal static class ImageModels
{
    private const string Suffix = "-image";
    private const string ChatSuffix = "-chat";

    /// <summary>As long as nobody knows the list of models.</summary>
    private const string KnownPainter = "gemini-3.1-flash-image";

    private static readonly string[] OpenAIPrefixes = ["dall-e-", "gpt-image-", "chatgpt-image-"];

    /// <summary>Whether a name is one of OpenAI's models for pictures.</summary>
    public static bool IsOpenAI(string name) => OpenAIPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Whether a name is one of those that always give bytes, never an address.</summary>
    public static bool GivesBytesOnly(string? name) => name is not null && IsOpenAI(name) && !name.StartsWith("dall-e-", StringComparison.Ordinal);

    /// <summary>Whether it is Imagen, which is asked by <c>:predict</c>.</summary>
    public static bool IsImagen(ModelCapabilities model) => model.Output == Modalities.Image;

    /// <summary>Whether a model makes pictures.</summary>
    public static bool Paints(ModelCapabilities model) => model.Output.HasFlag(Modalities.Image);

    /// <summary>The model that makes pictures where a request names none: <c>CREATE_IMAGE_MODEL</c> if it can be had, else the newest that is listed.</summary>
    /// <returns><see langword="null"/>: there is none.</returns>
    public static string? Default(ModelList? list, GenerationSettings settings)
    {
        string? configured = Configured(settings);
        if (list is null)
            return configured ?? KnownPainter;
        return configured is not null && ModelNames.Resolve(configured, list, settings) is { } model && Paints(model.Capabilities)
            ? configured
            : Newest(list, settings);
    }

    /// <summary>The name of the chat in which each text is a prompt for the default model; <see langword="null"/>: there is none.</summary>
    public static string? ChatName(ModelList? list, GenerationSettings settings) => Default(list, settings) is { } model ? model + ChatSuffix : null;

    /// <summary>Whether a name is that chat's. A model of the upstream that is called so itself is taken as it stands.</summary>
    public static bool IsChat(string name, ModelList? list, GenerationSettings settings) =>
        name.EndsWith(ChatSuffix, StringComparison.Ordinal) && !ModelNames.IsListed(list, settings, name)
        && (name == ChatName(list, settings) || (Configured(settings) is { } configured && name.AsSpan(0, name.Length - ChatSuffix.Length).SequenceEqual(configured)));

    /// <summary>Whether a model has a twin with <c>-image</c> behind its name.</summary>
    public static bool HasTwin(string name, ModelCapabilities model, GenerationSettings settings) =>
        settings.Images.ImageModels.Count > 0
            ? settings.Images.ImageModels.Contains(name)
            : Paints(model) && !IsImagen(model) && !name.Contains("image", StringComparison.Ordinal);

    /// <summary>The name of the twin.</summary>
    public static string TwinOf(string name) => name + Suffix;

    /// <summary>Cuts <c>-image</c> from the name of a twin.</summary>
    public static bool TryCut(string name, ModelList? list, GenerationSettings settings, out string model)
    {
        model = name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : "";
        return model.Length > 0 && HasTwin(model, list?.Find(model)?.Capabilities ?? ModelCatalog.Default.Find(model), settings);
    }

    /// <summary>What a model can do that answers with pictures because its user says so.</summary>
    public static ModelCapabilities WithPictures(ModelCapabilities model) => Paints(model) ? model : model with { Output = model.Output | Modalities.Image };

    private static string? Configured(GenerationSettings settings)
    {
        string? name = settings.Images.Model is { } text && text.StartsWith("models/", StringComparison.Ordinal) ? text["models/".Length..] : settings.Images.Model;
        return name is null || name.EndsWith(ChatSuffix, StringComparison.Ordinal) ? null : name; // the chat's own name is no model
    }

    private static string? Newest(ModelList list, GenerationSettings settings) =>
        list.Entries
            .Where(entry => Paints(entry.Capabilities) && entry.Capabilities.Output.HasFlag(Modalities.Text) && !ModelNames.IsHidden(settings, entry.Name))
            .OrderByDescending(static entry => Generation(entry.Name))
            .ThenBy(static entry => entry.Name.Contains("-lite", StringComparison.Ordinal))
            .ThenBy(static entry => entry.Name.Length) // a preview or a dated name is longer than the one that stays
            .FirstOrDefault()?.Name
        ?? list.Entries.FirstOrDefault(entry => Paints(entry.Capabilities) && !ModelNames.IsHidden(settings, entry.Name))?.Name;

    /// <summary>3.1 of <c>gemini-3.1-flash-image</c>; 0 where no number stands.</summary>
    private static decimal Generation(string name)
    {
        string[] words = name.Split('-');
        return words.Length > 1 && decimal.TryParse(words[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) ? number : 0;
    }
}
