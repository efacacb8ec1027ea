using System.Globalization;
using Pollux.Protocols.Gemini.Models;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>Which model speaks or hears where a client names one of OpenAI's, or none.</summary>
internal static class AudioModels
{
    private static readonly string[] OpenAISpeakers = ["tts-1", "tts-1-hd", "tts-1-1106", "tts-1-hd-1106", "gpt-4o-mini-tts"];
    private static readonly string[] OpenAIHearers = ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"];

    /// <summary>Whether a name is one of OpenAI's speaking models.</summary>
    public static bool IsOpenAISpeaker(string name) => OpenAISpeakers.Contains(name, StringComparer.Ordinal);

    /// <summary>Whether a name is one of OpenAI's hearing models.</summary>
    public static bool IsOpenAIHearer(string name) => OpenAIHearers.Contains(name, StringComparer.Ordinal);

    /// <summary>The newest of the small models that speak; <see langword="null"/> when none is listed.</summary>
    public static string? Speaker(ModelList list, GenerationSettings settings) =>
        Best(list, settings, static entry => entry.Capabilities.Speech);

    /// <summary>The newest of the cheapest models that hear, write text and keep to a schema; <see langword="null"/> when none is listed.</summary>
    public static string? Hearer(ModelList list, GenerationSettings settings) =>
        Best(list, settings, static entry => Hears(entry.Capabilities) && entry.Capabilities is { JsonMode: true, Functions: true } && !entry.Name.Contains("robotics", StringComparison.Ordinal));

    /// <summary>Whether a model turns sound into text.</summary>
    public static bool Hears(ModelCapabilities model) => model.Input.HasFlag(Modalities.Audio) && model.Output == Modalities.Text;

    private static string? Best(ModelList list, GenerationSettings settings, Func<ModelEntry, bool> fits) =>
        list.Entries
            .Where(entry => fits(entry) && !ModelNames.IsHidden(settings, entry.Name))
            .OrderBy(static entry => Size(entry.Name))
            .ThenByDescending(static entry => Generation(entry.Name))
            .ThenBy(static entry => entry.Name.Length) // a preview or a dated name is longer than the one that stays
            .FirstOrDefault()?.Name;

    private static int Size(string name) =>
        name.Contains("-lite", StringComparison.Ordinal) ? 0 : name.Contains("-flash", StringComparison.Ordinal) ? 1 : 2;

    /// <summary>3.5 of <c>gemini-3.5-flash</c>; 0 where no number stands, as in the moving names.</summary>
    private static decimal Generation(string name)
    {
        string[] words = name.Split('-');
        return words.Length > 1 && decimal.TryParse(words[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) ? number : 0;
    }
}
