using Pollux.Protocols.Gemini;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>
/// Safety thresholds, in this order: the client's own; else <c>SAFETY_SETTINGS</c>; else <c>DISABLE_SAFETY_FILTERING</c>,
/// where false sends nothing (Google's defaults), and true or unset sends OFF for all categories.
/// </summary>
internal sealed class SafetyStep : IPrepareStep
{
    /// <summary>The categories that all present models know; CIVIC_INTEGRITY is deprecated and refused by some.</summary>
    private static readonly string[] Categories =
    [
        "HARM_CATEGORY_HARASSMENT",
        "HARM_CATEGORY_HATE_SPEECH",
        "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "HARM_CATEGORY_DANGEROUS_CONTENT",
    ];

    /// <inheritdoc/>
    public void Apply(GenerateContentRequest request, in PrepareContext context)
    {
        if (request.SafetySettings.Count > 0)
            return;

        foreach ((string category, string threshold) in Choose(context.Settings, whenUnset: true))
            request.SafetySettings.Add(new SafetySetting(RawJson.String(category), RawJson.String(threshold)));
    }

    /// <summary>The thresholds the settings ask for.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="whenUnset">Whether OFF is sent when nothing is set; native requests are then left alone.</param>
    public static IEnumerable<(string Category, string Threshold)> Choose(GenerationSettings settings, bool whenUnset)
    {
        if (settings.SafetySettings is { } configured)
            return configured;
        return settings.DisableSafetyFiltering ?? whenUnset ? Categories.Select(category => (category, "OFF")) : [];
    }
}
