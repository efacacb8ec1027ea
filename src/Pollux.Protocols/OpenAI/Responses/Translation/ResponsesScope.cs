using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>What the steps of one translation of a request for a response share.</summary>
/// <param name="asked">The request.</param>
/// <param name="recalled">How many of its first items come from earlier answers and not from this body.</param>
/// <param name="body">The buffer that all slices refer to.</param>
/// <param name="context">The model that is asked, and what is remembered.</param>
internal sealed class ResponsesScope(ResponsesRequest asked, int recalled, ReadOnlyMemory<byte> body, in TranslationContext context) : TranslationScope(body, context)
{
    public ResponsesRequest Asked { get; } = asked;

    public ClientTools Tools { get; } = new();

    public int Recalled { get; } = recalled;

    /// <summary>Where an item stands in the client's own <c>input</c>; items of earlier answers stand before 0.</summary>
    public int PlaceOf(int item) => item - Recalled;
}
