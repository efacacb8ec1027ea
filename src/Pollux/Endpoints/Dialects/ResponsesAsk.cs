using Pollux.Access;
using Pollux.Generation;
using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.OpenAI.Responses.Translation;
using Pollux.Protocols.Translation;
using Pollux.Responses;

namespace Pollux.Endpoints.Dialects;

/// <summary>A request for a response, with what it goes on from in its place.</summary>
/// <param name="asked">The request.</param>
/// <param name="recalled">How many of its first items come from earlier answers.</param>
/// <param name="body">The bytes it was read from.</param>
internal sealed class ResponsesAsk(ResponsesRequest asked, int recalled, ReadOnlyMemory<byte> body) : IDialectRequest
{
    /// <summary>The request.</summary>
    public ResponsesRequest Asked => asked;

    /// <summary>How many of its first items come from earlier answers.</summary>
    public int Recalled => recalled;

    /// <summary>Its input.</summary>
    public ReadOnlyMemory<byte> Input => asked.Input!.Whole.In(body).Utf8;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Body => body;

    /// <inheritdoc/>
    public string? Model => asked.Model;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> EndUser =>
        !asked.SafetyIdentifier.IsEmpty ? asked.SafetyIdentifier.In(body).Utf8.Span : !asked.User.IsEmpty ? asked.User.In(body).Utf8.Span : default;

    /// <inheritdoc/>
    public RequestTranslation Translate(in TranslationContext context) => ResponsesTranslator.ToGemini(asked, recalled, body, context);

    /// <summary>Reads a request.</summary>
    /// <param name="body">The client's bytes.</param>
    /// <param name="history">Where earlier answers are.</param>
    /// <param name="caller">Whose they are.</param>
    /// <param name="remember">Remembers again what must go back to Gemini with them.</param>
    /// <param name="maxBytes">The most that is recalled.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async ValueTask<ResponsesAsk> ReadAsync(
        ReadOnlyMemory<byte> body, ResponseHistory history, string caller, Action<StoredSignature> remember, long maxBytes, CancellationToken cancellation)
    {
        ResponsesRequest asked = ResponsesRequestReader.Read(body);
        if (asked.Input is not { } input || (asked.PreviousResponseId is null && !NamesItems(input)))
            return new ResponsesAsk(asked, 0, body);

        RecalledItems before = new([], []);
        if (asked.PreviousResponseId is { } previous)
        {
            try
            {
                before = await history.RecallAsync(caller, previous, maxBytes, cancellation);
            }
            catch (ResponseMissingException missing)
            {
                throw new RequestRefusedException(new GatewayError(
                    400, GatewayErrorKind.InvalidRequest, $"Previous response with id '{(missing.Id.Length <= 100 ? missing.Id : previous)}' not found.", Param: "previous_response_id", Code: "previous_response_not_found"));
            }
        }

        int recalled = before.Items.Count;
        await AppendAsync(body, input, before, history, caller, cancellation);
        foreach (StoredSignature signature in before.Signatures)
            remember(signature);
        byte[] whole = ResponseHistory.Put(body, input.Whole.Start, input.Whole.Length, before.Items);
        return new ResponsesAsk(ResponsesRequestReader.Read(whole), recalled, whole);
    }

    private static bool NamesItems(ResponsesInput input)
    {
        foreach (ResponsesItem? item in input.Items ?? [])
        {
            if (item is not null && IsName(item))
                return true;
        }

        return false;
    }

    /// <summary>Whether an item stands for one that was given out before: by its type, or since what it was is left out.</summary>
    private static bool IsName(ResponsesItem item) => item.Type is "item_reference" || (item.Type is "image_generation_call" && item.Result.IsEmpty && !item.Id.IsEmpty);

    private static async ValueTask AppendAsync(
        ReadOnlyMemory<byte> body, ResponsesInput input, RecalledItems before, ResponseHistory history, string caller, CancellationToken cancellation)
    {
        if (input.Items is null)
        {
            before.Items.Add(ResponseHistory.MessageOf(input.Whole.In(body).Utf8));
            return;
        }

        List<ReadOnlyMemory<byte>> own = ResponseItemJson.ElementsOf(input.Whole.In(body).Utf8);
        for (int i = 0; i < own.Count; i++)
        {
            if (input.Items[i] is not { } item || !IsName(item))
            {
                before.Items.Add(own[i]);
                continue;
            }

            string id = item.Id.IsEmpty ? "" : item.Id.In(body).AsText() ?? "";
            ReadOnlyMemory<byte> found = await history.FindItemAsync(caller, id, before.Signatures, cancellation);
            if (found.IsEmpty && item.Type is "item_reference")
                throw new RequestRefusedException(new GatewayError(
                    400, GatewayErrorKind.InvalidRequest, $"Item with id '{(id.Length <= 100 ? id : "...")}' not found: it is of no response that is kept here. Send the item itself, or store responses.", Param: $"input[{i}].id", Code: "invalid_value"));
            before.Items.Add(found.IsEmpty ? own[i] : found);
        }
    }
}
