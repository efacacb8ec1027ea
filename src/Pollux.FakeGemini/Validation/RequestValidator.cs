using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Messages;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>
/// Decides whether Google would take a body: first as JSON of the method's message, then by the rules of the model.
/// Stateless but for the signatures given out, so it may be shared by all requests.
/// </summary>
/// <param name="schemas">The rules of JSON Schema.</param>
/// <param name="signatures">The signatures given out, or null to accept any.</param>
internal sealed class RequestValidator(JsonSchemaRules schemas, SignatureMint? signatures)
{
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = JsonDepth.Limit + 1 };

    /// <summary>The request in its one form, or the refusal.</summary>
    /// <param name="method">A method such as <c>generateContent</c>.</param>
    /// <param name="model">The model of the path.</param>
    /// <param name="project">The project of the key, to which signatures may be tied.</param>
    /// <param name="body">The bytes as received.</param>
    /// <param name="isVertex">Whether Vertex AI is asked.</param>
    public (JsonObject? Request, GoogleError? Refusal) Validate(string method, FakeModel model, string? project, ReadOnlyMemory<byte> body, bool isVertex = false)
    {
        MessageType type = TypeOf(method, isVertex);
        JsonElement json;
        try
        {
            if (JsonDepth.FindTooDeep(body.Span) is { } name)
            {
                return (null, Malformed(
                    $"Invalid JSON payload received. Message too deep. Max recursion depth reached for key '{name}'"));
            }

            json = JsonElement.Parse(body.Span, Depth);
        }
        catch (JsonException fault)
        {
            return (null, Malformed($"Invalid JSON payload received. Unexpected token.\n{fault.Message}"));
        }

        (JsonObject request, IReadOnlyList<FieldViolation> violations) = MessageReader.Read(json, type);
        if (violations.Count > 0) return (null, Refusal(violations));

        Findings findings = new(type.Name);
        if (isVertex) VertexRules.Check(method, model, request, findings);
        if (!isVertex || method is not ("countTokens" or "embedContent" or "predict")) Check(method, model, project, request, isVertex, findings);
        return findings.ToError() is { } refusal ? (null, refusal) : (request, null);
    }

    private void Check(string method, FakeModel model, string? project, JsonObject request, bool isVertex, Findings findings)
    {
        switch (method)
        {
            case "generateContent" or "streamGenerateContent":
                CheckGenerate(model, project, request, isVertex, findings);
                break;
            case "countTokens":
                CheckCount(model, project, request, findings);
                break;
            case "embedContent":
                EmbeddingRules.CheckOne(model, request, "", findings);
                break;
            case "batchEmbedContents":
                EmbeddingRules.CheckBatch(model, request, findings);
                break;
            default:
                ImagenRules.Check(request, findings);
                break;
        }
    }

    private void CheckGenerate(FakeModel model, string? project, JsonObject request, bool isVertex, Findings findings)
    {
        ContentRules.Check(model, request, findings);
        ToolRules.Check(model, request, isVertex, schemas, findings);
        GenerationConfigRules.Check(model, request, schemas, findings);
        FunctionTurnRules.Check(model, request, findings);
        ContentRules.CheckEnds(model, request, findings);
        SignatureRules.Check(model, request, project, signatures, findings);
    }

    private void CheckCount(FakeModel model, string? project, JsonObject request, Findings findings)
    {
        JsonObject? full = request.Child("generateContentRequest");
        if (full is null)
        {
            ContentRules.Check(model, request, findings);
            return;
        }

        if (request.Has("contents"))
            findings.AddSentence("Only one of contents and generate_content_request can be set.");
        if (string.IsNullOrEmpty(full.Text("model"))) findings.AddField("generate_content_request.model", "model is required");
        CheckGenerate(model, project, full, isVertex: false, findings);
    }

    /// <summary>The message that a method reads.</summary>
    public static MessageType TypeOf(string method, bool isVertex = false) => method switch
    {
        "generateContent" or "streamGenerateContent" when isVertex => VertexMessages.GenerateContent,
        "countTokens" when isVertex => VertexMessages.CountTokens,
        "embedContent" when isVertex => VertexMessages.EmbedContent,
        "predict" when isVertex => VertexMessages.Predict,
        "generateContent" or "streamGenerateContent" => RequestMessages.GenerateContent,
        "countTokens" => RequestMessages.CountTokens,
        "embedContent" => RequestMessages.EmbedContent,
        "batchEmbedContents" => RequestMessages.BatchEmbedContents,
        "predict" => RequestMessages.Predict,
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "The fake has no such method."),
    };

    private static GoogleError Malformed(string description) => GoogleError.InvalidArgument(description) with
    {
        Details = [ErrorDetail.BadRequest([("", description)])],
    };

    private static GoogleError Refusal(IReadOnlyList<FieldViolation> violations) =>
        GoogleError.InvalidArgument(string.Join('\n', violations.Select(static violation => violation.Description))) with
        {
            Details = [ErrorDetail.BadRequest(violations.Select(static violation => (violation.Field, violation.Description)))],
        };
}
