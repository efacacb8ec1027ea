using System.Globalization;
using System.Text.RegularExpressions;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Images;

/// <summary>
/// The marks <c>{n:1-4}</c> and <c>{ratio:w:h}</c> that a prompt may hold, for clients that cannot ask for numbers and ratios
/// otherwise. They are taken out of the prompt; of one that comes twice the first counts.
/// </summary>
/// <param name="Prompt">What is left.</param>
/// <param name="Count">How many pictures, 1 to 4, if it was said.</param>
/// <param name="Ratio">Width to height, if it was said.</param>
public readonly partial record struct PromptMarks(string Prompt, int? Count, string? Ratio)
{
    /// <summary>The ratios that a mark may name: those that every model for pictures knows.</summary>
    public static IReadOnlyList<string> Ratios { get; } = ["1:1", "3:4", "4:3", "9:16", "16:9"];

    /// <summary>Reads them.</summary>
    /// <exception cref="RequestFormatException">A mark holds something else.</exception>
    public static PromptMarks Read(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        int? count = null;
        string? ratio = null;
        string rest = Mark().Replace(prompt, mark =>
        {
            string value = mark.Groups["value"].Value.Trim();
            if (mark.Groups["name"].ValueSpan is "n")
                count ??= CountOf(value);
            else
                ratio ??= RatioOf(value);
            return "";
        });
        return new PromptMarks(count is null && ratio is null ? prompt : Blanks().Replace(rest, " ").Trim(), count, ratio);
    }

    private static int CountOf(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= 4
            ? count
            : throw new RequestFormatException("The mark {n:...} in 'prompt' must hold a number from 1 to 4.", "prompt");

    private static string RatioOf(string value) =>
        Ratios.Contains(value, StringComparer.Ordinal)
            ? value
            : throw new RequestFormatException($"The mark {{ratio:...}} in 'prompt' must hold one of {string.Join(", ", Ratios)}.", "prompt");

    [GeneratedRegex(@"\{(?<name>n|ratio):(?<value>[^{}]{0,32})\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Mark();

    [GeneratedRegex(" {2,}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blanks();
}
