using System.Text;
using System.Text.Json;

namespace Pollux.FakeGemini.Messages;

/// <summary>The depth check of Google's parser. It runs before anything else, so that deep input cannot cost a stack.</summary>
internal static class JsonDepth
{
    /// <summary>Deepest nesting of objects and arrays that is read; protobuf's default for messages.</summary>
    public const int Limit = 100;

    /// <summary>The name under which the nesting becomes too deep, or null when all is well. Throws on malformed JSON.</summary>
    public static string? FindTooDeep(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        string name = "";
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName) name = Encoding.UTF8.GetString(reader.ValueSpan);
            if (reader.CurrentDepth > Limit) return name;
        }

        return null;
    }
}
