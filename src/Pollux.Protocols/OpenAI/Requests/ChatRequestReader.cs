using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Requests;

/// <summary>Reads chat completions requests.</summary>
public static class ChatRequestReader
{
    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body. The result refers to it and is of use only together with it.</param>
    /// <exception cref="RequestFormatException">The body is not such a request.</exception>
    public static ChatRequest Read(ReadOnlyMemory<byte> body) => RequestReader.ReadBody(body, OpenAIJson.Default.ChatRequest);
}
