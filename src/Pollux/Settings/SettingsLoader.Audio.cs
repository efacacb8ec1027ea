using Pollux.Protocols.OpenAI.Audio;

namespace Pollux.Settings;

// Speech.
internal static partial class SettingsLoader
{
    private const string DefaultVoice = "Zephyr";

    private static AudioSettings LoadAudio(SettingSource source) => new()
    {
        SpeechModel = source.Text("TTS_MODEL"),
        Voice = LoadVoice(source),
        Pace = source.Choice("TTS_SPEED", "normal", "slow", "fast") switch
        {
            "slow" => "slowly",
            "fast" => "fast",
            _ => "",
        },
        EncoderPath = FindEncoder(source),
    };

    private static string LoadVoice(SettingSource source)
    {
        if (source.Text("TTS_VOICE_NAME") is not { } name)
            return DefaultVoice;
        if (SpeechVoices.TryFind(name, out string? voice) || SpeechVoices.TryApproximate(name, out voice))
            return voice;
        source.Fault("TTS_VOICE_NAME", $"is none of {SpeechVoices.Names}; {DefaultVoice} holds");
        return DefaultVoice;
    }

    /// <summary>Looked up once, at the start.</summary>
    private static string? FindEncoder(SettingSource source)
    {
        string program = OperatingSystem.IsWindows() ? "ffmpeg.exe" : "ffmpeg";
        switch (source.Text("FFMPEG_PATH"))
        {
            case null:
                break;
            case "0":
                return null;
            case { } path when File.Exists(path):
                return Path.GetFullPath(path);
            default:
                source.Fault("FFMPEG_PATH", "names no file; speech is given as wav and pcm alone");
                return null;
        }

        foreach (string folder in (source.Text("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            string path = Path.Combine(folder, program);
            if (Path.IsPathRooted(folder) && File.Exists(path)) // never what lies in the working directory
                return path;
        }

        return null;
    }
}
