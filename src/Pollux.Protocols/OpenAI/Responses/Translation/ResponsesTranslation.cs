using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>A request for a response as Gemini understands it, and what the answer must know of it.</summary>
public sealed record ResponsesTranslation : RequestTranslation
{
    /// <summary>The tools that the client runs.</summary>
    public required ClientTools Tools { get; init; }

    /// <summary>Whether reasoning items carry what the client must send back (<c>include: reasoning.encrypted_content</c>).</summary>
    public bool CarriesSignatures { get; init; }

    /// <summary>Whether what code printed is told (<c>include: code_interpreter_call.outputs</c>).</summary>
    public bool ShowsCodeOutputs { get; init; }

    /// <summary>Whether pictures are told as items of their own, since the tool that makes them was asked for.</summary>
    public bool ReturnsPictures { get; init; }
}

/// <summary>What <c>include</c> may name.</summary>
internal static class ResponsesIncludes
{
    public const string EncryptedReasoning = "reasoning.encrypted_content";
    public const string CodeOutputs = "code_interpreter_call.outputs";

    public static bool Has(ResponsesRequest asked, string name) => asked.Include?.Contains(name) is true;
}
