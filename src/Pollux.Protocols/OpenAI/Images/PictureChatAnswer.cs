using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.OpenAI.Images;

/// <summary>Writes made pictures as a Gemini answer whose text shows them as Markdown: what follows is a chat's answer like any other.</summary>
public static class PictureChatAnswer
{
    /// <summary>Writes it.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="addresses">Where each can be seen; one that stands nowhere becomes a data URI.</param>
    /// <param name="usage">What they cost, if the model tells.</param>
    /// <param name="output">Receives the JSON.</param>
    public static void Write(IReadOnlyList<MadePicture> pictures, IReadOnlyList<string?> addresses, GeminiUsage? usage, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(addresses);
        output.Write("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\""u8);
        for (int i = 0; i < pictures.Count; i++)
        {
            Add(output, string.Create(CultureInfo.InvariantCulture, $"{(i > 0 ? "\\n\\n" : "")}![Generated Image {i + 1}]("));
            if (addresses[i] is { } address)
            {
                Add(output, JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(address.Replace("(", "%28", StringComparison.Ordinal).Replace(")", "%29", StringComparison.Ordinal)));
            }
            else
            {
                Add(output, $"data:{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(pictures[i].MediaType)};base64,");
                output.Write(pictures[i].Data.Span[1..^1]);
            }

            output.Write(")"u8);
        }

        GeminiUsage tokens = usage ?? default;
        output.Write("\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{"u8);
        Add(output, string.Create(CultureInfo.InvariantCulture, $"\"promptTokenCount\":{tokens.Prompt},\"candidatesTokenCount\":{tokens.Candidates},\"thoughtsTokenCount\":{tokens.Thoughts},\"totalTokenCount\":{tokens.Total}"));
        output.Write("}}"u8);
    }

    private static void Add(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
