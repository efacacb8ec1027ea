using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.Output;

namespace Pollux.Protocols.OpenAI.Images;

/// <summary>Writes the answer of the routes for pictures.</summary>
public static class ImagesBodyWriter
{
    /// <summary>Writes it.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="addresses">Where each can be seen; <see langword="null"/> where only its bytes are told.</param>
    /// <param name="usage">What they cost; <see langword="null"/>: the model does not tell.</param>
    /// <param name="created">Seconds since 1970.</param>
    /// <param name="output">Receives the body.</param>
    public static void Write(
        ImagesRequest request, IReadOnlyList<MadePicture> pictures, IReadOnlyList<string?> addresses, GeminiUsage? usage, long created, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(addresses);
        using var json = new Utf8JsonWriter(output, ChatJson.WriterOptions);
        json.WriteStartObject();
        json.WriteNumber("created"u8, created);
        json.WriteStartArray("data"u8);
        for (int i = 0; i < pictures.Count; i++)
        {
            json.WriteStartObject();
            if (addresses[i] is { } address)
            {
                json.WriteString("url"u8, address);
            }
            else
            {
                json.WritePropertyName("b64_json"u8);
                LargeJson.WriteToken(json, output, pictures[i].Data);
            }

            json.WriteString("revised_prompt"u8, request.Prompt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (request.Size is { } size)
            json.WriteString("size"u8, size);
        if (FormatOf(pictures[0].MediaType) is { } format)
            json.WriteString("output_format"u8, format);
        if (usage is { } tokens)
            WriteUsage(json, tokens);
        json.WriteEndObject();
        json.Flush();
    }

    private static string? FormatOf(string mediaType) => mediaType switch
    {
        "image/png" => "png",
        "image/jpeg" => "jpeg",
        "image/webp" => "webp",
        _ => null,
    };

    private static void WriteUsage(Utf8JsonWriter json, in GeminiUsage usage)
    {
        int output = usage.Candidates + usage.Thoughts;
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, usage.Prompt);
        json.WriteNumber("output_tokens"u8, output);
        json.WriteNumber("total_tokens"u8, usage.Prompt + output);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("text_tokens"u8, usage.Prompt - usage.PromptImage);
        json.WriteNumber("image_tokens"u8, usage.PromptImage);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
