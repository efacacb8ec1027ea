using System.Text;
using System.Text.Encodings.Web;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Audio;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates what the answer consists of, how it speaks and how its pictures look.</summary>
internal static class ChatModalities
{
    public static void Translate(ChatScope scope, GoogleOptions google)
    {
        var config = scope.Request.GenerationConfig;
        foreach (var modality in Asked(scope))
            config.ResponseModalities.Add(modality);
        if (config.ResponseModalities.Contains("AUDIO"))
            TranslateVoice(scope);
        else if (scope.Chat.Audio is not null)
            scope.Losses.Add("audio", LossKind.Dropped, "The model does not speak.");

        if (google.MediaResolution is { } resolution)
            config.MediaResolution = resolution.StartsWith("MEDIA_", StringComparison.OrdinalIgnoreCase) ? resolution.ToUpperInvariant() : $"MEDIA_RESOLUTION_{resolution.ToUpperInvariant()}";
        config.ImageConfig = google.ImageConfig;
        if (google.AspectRatio is { } ratio && config.ImageConfig.IsEmpty)
            config.ImageConfig = RawJson.FromUtf8(Encoding.UTF8.GetBytes($$"""{"aspectRatio":"{{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(ratio)}}"}"""));
    }

    /// <summary>
    /// What was asked, as far as the model gives it. Models for pictures want to be told so, and take text and picture
    /// together only; models that speak give sound only.
    /// </summary>
    private static IEnumerable<string> Asked(ChatScope scope)
    {
        var given = scope.Model.Output;
        foreach (var word in scope.Chat.Modalities ?? [])
        {
            var wanted = word?.ToLowerInvariant() switch
            {
                "text" => Modalities.Text,
                "image" => Modalities.Image,
                "audio" => Modalities.Audio,
                "video" => Modalities.Video,
                _ => throw new RequestFormatException("'modalities' may hold text, audio, image and video.", "modalities", RequestFormatCodes.UnsupportedValue),
            };
            if (wanted != Modalities.Text && !given.HasFlag(wanted))
                scope.Losses.Add("modalities", LossKind.Dropped, $"The model does not answer with {word}.");
        }
        if (given.HasFlag(Modalities.Audio))
            return ["AUDIO"];
        if (!given.HasFlag(Modalities.Image))
            return [];
        return given.HasFlag(Modalities.Video) && scope.Chat.Modalities?.Contains("video") is true ? ["VIDEO"]
            : given.HasFlag(Modalities.Text) ? ["TEXT", "IMAGE"]
            : ["IMAGE"];
    }

    private static void TranslateVoice(ChatScope scope)
    {
        if (scope.Chat.Audio is not { } audio || !scope.TryText(audio.Voice, out var voice))
            return;
        var name = voice.AsText()!;
        if (SpeechVoices.TryApproximate(name, out var near))
        {
            scope.Losses.Add("audio.voice", LossKind.Approximated, $"{near} is the nearest of Gemini's voices.");
            name = near;
        }
        scope.Request.GenerationConfig.SpeechConfig = SpeechVoices.Config(name);
    }
}
