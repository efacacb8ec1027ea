using System.Buffers.Text;

namespace Pollux.FakeGemini.Messages;

/// <summary>Base64 as Google reads it: the standard or the url-safe alphabet, with or without padding.</summary>
internal static class Base64Text
{
    /// <summary>The bytes, or false when the text is not base64.</summary>
    public static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = [];
        string url = text.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        if (!Base64Url.IsValid(url)) return false;
        bytes = Base64Url.DecodeFromChars(url);
        return true;
    }
}
