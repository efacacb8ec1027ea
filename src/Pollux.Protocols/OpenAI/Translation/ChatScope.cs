using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>What the steps of one translation of a chat share.</summary>
internal sealed class ChatScope(ChatRequest chat, ReadOnlyMemory<byte> body, in TranslationContext context) : TranslationScope(body, context)
{
    public ChatRequest Chat { get; } = chat;
}
