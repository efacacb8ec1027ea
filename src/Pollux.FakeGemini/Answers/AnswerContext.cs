using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Answers;

/// <summary>What an answer depends on besides the script.</summary>
/// <param name="Model">The model asked.</param>
/// <param name="Project">The project of the key.</param>
/// <param name="Request">The request in its one form.</param>
/// <param name="InputTokens">Size of the request, in tokens.</param>
/// <param name="Ids">Source of ids.</param>
/// <param name="Signatures">Source of signatures.</param>
internal sealed record AnswerContext(
    FakeModel Model, FakeProject Project, JsonObject Request, int InputTokens, IdSource Ids, SignatureMint Signatures)
{
    /// <summary>The id of the answer, the same in all its events.</summary>
    public string ResponseId { get; } = Ids.NextResponseId();
}
