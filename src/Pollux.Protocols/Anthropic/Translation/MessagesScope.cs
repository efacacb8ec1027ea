using System.Text.Json.Serialization.Metadata;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>What the steps of one translation of messages share.</summary>
internal sealed class MessagesScope(MessagesRequest asked, ReadOnlyMemory<byte> body, in TranslationContext context) : TranslationScope(body, context)
{
    public MessagesRequest Asked { get; } = asked;

    /// <summary>Reads a list of blocks. Their places count from the start of the body.</summary>
    /// <param name="list">Where it stands; begins with a bracket.</param>
    /// <param name="path">For reports.</param>
    public List<MessagesBlock?> Blocks(JsonSlice list, string path)
    {
        List<MessagesBlock?> blocks = RequestReader.Read(Value(list).Utf8.Span, AnthropicJson.Default.ListMessagesBlock, path) ?? [];
        foreach (MessagesBlock? block in blocks)
            block?.Move(list.Start);
        return blocks;
    }

    /// <summary>Reads an object; <see langword="null"/> where none stands. Its places count from its own start.</summary>
    public T? Object<T>(JsonSlice value, JsonTypeInfo<T> type, string path)
        where T : class => value.FirstByte(Body) == (byte)'{' ? RequestReader.Read(Value(value).Utf8.Span, type, path) : null;

    /// <summary>The fault of a member that must be there, or must be of another type.</summary>
    public static RequestFormatException Wrong(JsonSlice value, string path, string expected) =>
        new($"'{path}' must be {expected}.", path, value.IsEmpty ? RequestFormatCodes.MissingParameter : RequestFormatCodes.InvalidType);
}
