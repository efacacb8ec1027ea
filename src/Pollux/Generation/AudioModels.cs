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

    /// <summary>The newest model of the middle size that speaks; <see langword="null"/> when none speaks.</summary>
    public static string? Speaker(ModelList list, GenerationSettings settings) =>
        Best(list, settings, ["-flash", "-lite"], static entry => entry.Capabilities.Speech);

    /// <summary>The newest of the cheapest models that hear, write text and keep to a schema; <see langword="null"/> when none is listed.</summary>
    public static string? Hearer(ModelList list, GenerationSettings settings) =>
        Best(list, settings, ["-lite", "-flash"], static entry => Hears(entry.Capabilities) && entry.Capabilities is { JsonMode: true, Functions: true } && !entry.Name.Contains("robotics", StringComparison.Ordinal));

    /// <summary>Whether a model turns sound into text.</summary>
    public static bool Hears(ModelCapabilities model) => model.Input.HasFlag(Modalities.Audio) && model.Output == Modalities.Text;

    /// <param name="list">The models.</param>
    /// <param name="settings">Which of them are hidden.</param>
    /// <param name="sizes">The sizes that are wanted, the best first, as names end in them.</param>
    /// <param name="fits">Which models are meant.</param>
    private static string? Best(ModelList list, GenerationSettings settings, string[] sizes, Func<ModelEntry, bool> fits) =>
        list.Entries
            .Where(entry => fits(entry) && !ModelNames.IsHidden(settings, entry.Name))
            .OrderBy(entry => (uint)Array.IndexOf(sizes, Size(entry.Name))) // none of them is last
            .ThenByDescending(static entry => Generation(entry.Name))
            .ThenBy(static entry => entry.Name.Length) // a preview or a dated name is longer than the one that stays
            .FirstOrDefault()?.Name;

    private static string Size(string name) =>
        name.Contains("-lite", StringComparison.Ordinal) ? "-lite" : name.Contains("-flash", StringComparison.Ordinal) ? "-flash" : "";

    /// <summary>3.5 of <c>gemini-3.5-flash</c>; 0 where no number stands, as in the moving names.</summary>
    private static decimal Generation(string name)
    {
        string[] words = name.Split('-');
        return words.Length > 1 && decimal.TryParse(words[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) ? number : 0;
    }
}
