using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>Writes speech as server-sent events.</summary>
public static class SpeechEventWriter
{
    /// <summary>Writes a piece of sound.</summary>
    public static void WriteDelta(ReadOnlySpan<byte> sound, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output, ChatJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "speech.audio.delta"u8);
            json.WriteBase64String("audio"u8, sound);
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }

    /// <summary>Writes the end.</summary>
    public static void WriteDone(in GeminiUsage usage, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output, ChatJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "speech.audio.done"u8);
            AudioUsage.Write(json, usage, withType: false);
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }
}

/// <summary>Token counts as the audio routes tell them.</summary>
internal static class AudioUsage
{
    public static void Write(Utf8JsonWriter json, in GeminiUsage usage, bool withType)
    {
        int output = usage.Candidates + usage.Thoughts;
        json.WriteStartObject("usage"u8);
        if (withType)
        {
            json.WriteString("type"u8, "tokens"u8);
            json.WriteStartObject("input_token_details"u8);
            json.WriteNumber("text_tokens"u8, Math.Max(0, usage.Prompt - usage.PromptAudio));
            json.WriteNumber("audio_tokens"u8, usage.PromptAudio);
            json.WriteEndObject();
        }

        json.WriteNumber("input_tokens"u8, usage.Prompt);
        json.WriteNumber("output_tokens"u8, output);
        json.WriteNumber("total_tokens"u8, usage.Prompt + output);
        json.WriteEndObject();
    }
}
