using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Turns a chat completions request of OpenAI into a request for Gemini.</summary>
public static class ChatTranslator
{
    /// <summary>Translates.</summary>
    /// <param name="chat">The request, as read.</param>
    /// <param name="body">The very bytes it was read from.</param>
    /// <param name="context">Model and memory.</param>
    /// <exception cref="RequestFormatException">The request cannot be understood or expressed.</exception>
    public static ChatTranslation ToGemini(ChatRequest chat, ReadOnlyMemory<byte> body, in ChatTranslationContext context) =>
        new() { Request = new GenerateContentRequest(), Losses = new LossReport(), Names = new FunctionNames(context.Model.MaxFunctionNameLength) };
}
