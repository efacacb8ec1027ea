using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>Writes speech as server-sent events. Not thread-safe.</summary>
public sealed class SpeechEventWriter : IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, ChatJson.WriterOptions);

    /// <summary>Writes a piece of sound.</summary>
    public void WriteDelta(ReadOnlySpan<byte> sound, IBufferWriter<byte> output)
    {
        Begin("speech.audio.delta"u8, output);
        _json.WriteBase64String("audio"u8, sound);
        End(output);
    }

    /// <summary>Writes the end.</summary>
    public void WriteDone(in GeminiUsage usage, IBufferWriter<byte> output)
    {
        Begin("speech.audio.done"u8, output);
        AudioUsage.Write(_json, usage, withType: false);
        End(output);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Begin(ReadOnlySpan<byte> type, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("type"u8, type);
    }

    private void End(IBufferWriter<byte> output)
    {
        _json.WriteEndObject();
        _json.Flush();
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
