using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Requests;

/// <summary>Reads requests for messages.</summary>
public static class MessagesRequestReader
{
    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body. The result refers to it and is of use only together with it.</param>
    /// <exception cref="RequestFormatException">The body is not such a request.</exception>
    public static MessagesRequest Read(ReadOnlyMemory<byte> body) => RequestReader.ReadBody(body, AnthropicJson.Default.MessagesRequest);
}
