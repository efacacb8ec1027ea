using Pollux.Protocols.OpenAI.Responses.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>
/// Turns a request for a response of OpenAI into a request for Gemini: nothing is read, fetched, timed or logged, and everything
/// that could not be carried is reported. Conversations are repaired as in chats; what is kept elsewhere (items that are only
/// named, earlier answers) was put into the body before.
/// </summary>
public static class ResponsesTranslator
{
    /// <summary>Translates.</summary>
    /// <param name="asked">The request, as <see cref="ResponsesRequestReader"/> read it.</param>
    /// <param name="recalled">How many of its first items come from earlier answers.</param>
    /// <param name="body">The very bytes it was read from; the result refers to them.</param>
    /// <param name="context">The model that is asked, and what is remembered of earlier answers.</param>
    /// <exception cref="RequestFormatException">The request cannot be understood or expressed.</exception>
    public static ResponsesTranslation ToGemini(ResponsesRequest asked, int recalled, ReadOnlyMemory<byte> body, in TranslationContext context)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ReadOnlyMemory<byte> sound = LoneSurrogates.Repair(body, out int repaired); // the same length: slices stay valid
        var scope = new ResponsesScope(asked, recalled, sound, context);
        if (repaired > 0)
            scope.Losses.Add("input", LossKind.Changed, $"{repaired} escapes of half a character were replaced by U+FFFD.");

        ResponsesSettings.RefuseWhatIsKeptElsewhere(scope);
        UnknownMembers.Report(asked.Unknown, "", scope.Losses);
        bool pictures = ResponsesTools.Translate(scope);
        new ResponsesConversation(scope).Translate();
        ResponsesTranslation facts = ResponsesSettings.Translate(scope);
        ModelRules.Settle(scope.Request, scope.Model, scope.Losses);
        if (asked.Truncation is "auto")
            ConversationTruncation.Shorten(scope, "input");
        return facts with { ReturnsPictures = pictures, RemoteMedia = scope.RemoteMedia, PastPictures = scope.PastPictures };
    }
}
