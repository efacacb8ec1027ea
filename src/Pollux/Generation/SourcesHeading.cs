using Pollux.Protocols.Gemini;

namespace Pollux.Generation;

/// <summary>What stands over the list of sources: Chinese for who asked in Chinese characters, English for all others.</summary>
internal static class SourcesHeading
{
    /// <summary>The heading for the last message of the user.</summary>
    public static string For(GenerateContentRequest request)
    {
        for (int i = request.Contents.Count - 1; i >= 0; i--)
        {
            if (request.Contents[i].Role != Content.User)
                continue;
            foreach (Part part in request.Contents[i].Parts)
            {
                if (HoldsHan(part.Text.Utf8.Span))
                    return "\u5f15\u7528\u6765\u6e90";
            }

            break;
        }

        return "Sources";
    }

    /// <summary>Whether a JSON text holds a Chinese character (U+3400 to U+9FFF), as UTF-8 or as an escape.</summary>
    private static bool HoldsHan(ReadOnlySpan<byte> json)
    {
        for (int i = 0; i + 2 < json.Length; i++)
        {
            if (json[i] is > 0xE3 and <= 0xE9 || (json[i] == 0xE3 && json[i + 1] >= 0x90))
                return true;
            if (json[i] == (byte)'\\')
            {
                if (json[i + 1] == (byte)'u' && i + 3 < json.Length && (json[i + 2] is >= (byte)'4' and <= (byte)'9' || (json[i + 2] == (byte)'3' && json[i + 3] is not (>= (byte)'0' and <= (byte)'3'))))
                    return true;
                i++;
            }
        }

        return false;
    }
}
