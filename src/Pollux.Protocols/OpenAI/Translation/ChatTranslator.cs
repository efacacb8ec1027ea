using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>
/// Turns a chat completions request of OpenAI into a request for Gemini: nothing is read, fetched, timed or logged, and
/// everything that could not be carried is reported.
/// </summary>
/// <remarks>
/// <para>Text and media are never decoded: the result refers to the client's bytes, escapes included.</para>
/// <para>
/// Where a conversation breaks OpenAI's own rules but its meaning is plain, it is repaired and the repair reported,
/// since a refusal would end the session of an agent for good: an unanswered call is left out (Google wants as many
/// responses as calls), an answer to an unknown call becomes user text, arguments that are no JSON object are sent
/// under <c>_raw</c>. What cannot be read at all is a <see cref="RequestFormatException"/> that names the place.
/// </para>
/// </remarks>
public static class ChatTranslator
{
    /// <summary>Translates.</summary>
    /// <param name="chat">The request, as <see cref="ChatRequestReader"/> read it.</param>
    /// <param name="body">The very bytes it was read from; the result refers to them.</param>
    /// <param name="context">The model that is asked, and what is remembered of earlier answers.</param>
    /// <exception cref="RequestFormatException">The request cannot be understood or expressed.</exception>
    public static ChatTranslation ToGemini(ChatRequest chat, ReadOnlyMemory<byte> body, in TranslationContext context)
    {
        ArgumentNullException.ThrowIfNull(chat);

        // The same length, so slices stay valid; without a lone surrogate it is the very same buffer.
        var sound = LoneSurrogates.Repair(body, out var repaired);
        var scope = new ChatScope(chat, sound, context);
        if (repaired > 0)
            scope.Losses.Add("messages", LossKind.Changed, $"{repaired} escapes of half a character were replaced by U+FFFD.");

        UnknownMembers.Report(chat.Unknown, "", scope.Losses);
        var google = GoogleOptions.Read(scope);
        ChatTools.Translate(scope, google);
        new ChatMessages(scope).Translate();
        var facts = ChatGeneration.Translate(scope, google);
        ModelRules.Settle(scope.Request, scope.Model, scope.Losses);

        return facts with { Names = scope.Names, RemoteMedia = scope.RemoteMedia, PastPictures = scope.PastPictures };
    }
}
