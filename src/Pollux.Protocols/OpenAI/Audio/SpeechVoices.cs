using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>The voices of both sides.</summary>
public static class SpeechVoices
{
    /// <summary>Google's prebuilt voices, from its page on speech generation.</summary>
    private static readonly FrozenSet<string> Gemini = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Achernar", "Achird", "Algenib", "Algieba", "Alnilam", "Aoede", "Autonoe", "Callirrhoe", "Charon", "Despina",
        "Enceladus", "Erinome", "Fenrir", "Gacrux", "Iapetus", "Kore", "Laomedeia", "Leda", "Orus", "Puck",
        "Pulcherrima", "Rasalgethi", "Sadachbia", "Sadaltager", "Schedar", "Sulafat", "Umbriel", "Vindemiatrix", "Zephyr", "Zubenelgenubi");

    // OpenAI's voices have no counterparts; these come near in pitch and temper.
    private static readonly FrozenDictionary<string, string> OpenAI = new Dictionary<string, string>
    {
        ["alloy"] = "Kore",
        ["ash"] = "Orus",
        ["ballad"] = "Algieba",
        ["cedar"] = "Iapetus",
        ["coral"] = "Leda",
        ["echo"] = "Charon",
        ["fable"] = "Puck",
        ["marin"] = "Sulafat",
        ["nova"] = "Aoede",
        ["onyx"] = "Fenrir",
        ["sage"] = "Vindemiatrix",
        ["shimmer"] = "Zephyr",
        ["verse"] = "Umbriel",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>All names that are understood, for people.</summary>
    public static string Names { get; } =
        $"{string.Join(", ", Gemini.Order(StringComparer.Ordinal))}; OpenAI's {string.Join(", ", OpenAI.Keys.Order(StringComparer.Ordinal))}";

    /// <summary>Google's spelling of one of its own voices.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out string? voice) => Gemini.TryGetValue(name, out voice);

    /// <summary>The voice that comes near one of OpenAI's.</summary>
    public static bool TryApproximate(string name, [NotNullWhen(true)] out string? voice) => OpenAI.TryGetValue(name, out voice);

    /// <summary>Google's <c>speechConfig</c> for one voice.</summary>
    internal static RawJson Config(string voice) => RawJson.FromUtf8(Encoding.UTF8.GetBytes(
        $$$$"""{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"{{{{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(voice)}}}}"}}}"""));
}
