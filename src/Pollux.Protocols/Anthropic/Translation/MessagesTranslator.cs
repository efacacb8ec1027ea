using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>
/// Turns a request for messages into a request for Gemini: nothing is read, fetched, timed or logged, and everything that could
/// not be carried is reported. What breaks Anthropic's own rules but is plain in its meaning is repaired and the repair reported,
/// since a refusal would end the session of an agent for good.
/// </summary>
public static class MessagesTranslator
{
    /// <summary>
    /// The code of a request in a conversation that the server is to keep: nothing is kept here, and what the request leaves out would be
    /// missing. Clients know this code, and send the whole conversation then.
    /// </summary>
    public const string ThreadUnsupportedCode = "thread_unsupported_request";

    /// <summary>Translates.</summary>
    /// <param name="request">The request, as <see cref="MessagesRequestReader"/> read it.</param>
    /// <param name="body">The very bytes it was read from; the result refers to them.</param>
    /// <param name="context">The model that is asked, and what is remembered of earlier answers.</param>
    /// <param name="counts">Whether the tokens are only to be counted: then no length of an answer is demanded.</param>
    /// <exception cref="RequestFormatException">The request cannot be understood or expressed.</exception>
    public static MessagesTranslation ToGemini(MessagesRequest request, ReadOnlyMemory<byte> body, in TranslationContext context, bool counts = false)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Thread.IsEmpty)
            throw new RequestFormatException("'thread' is not supported: this gateway keeps no conversations. Send the whole one with each request.", "thread", ThreadUnsupportedCode);

        // The same length, so places stay valid; without a lone surrogate it is the very same buffer.
        var sound = LoneSurrogates.Repair(body, out var repaired);
        var scope = new MessagesScope(request, sound, context);
        if (repaired > 0)
            scope.Losses.Add("messages", LossKind.Changed, $"{repaired} escapes of half a character were replaced by U+FFFD.");

        UnknownMembers.Report(request.Unknown, "", scope.Losses);
        MessagesTools.Translate(scope);
        new MessagesConversation(scope).Translate();
        var facts = MessagesSettings.Translate(scope, counts);
        ModelRules.Settle(scope.Request, scope.Model, scope.Losses);

        return facts with { RemoteMedia = scope.RemoteMedia, PastPictures = scope.PastPictures };
    }
}
