using System.Text.Json;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.OpenAI.Translation;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Completions;

/// <summary>Turns a completion into a chat of one message: what stands in both means the same in both.</summary>
public static class CompletionTranslator
{
    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body. The result refers to it and is of use only together with it.</param>
    /// <exception cref="RequestFormatException">The body is not such a request.</exception>
    public static CompletionRequest Read(ReadOnlyMemory<byte> body) => RequestReader.ReadBody(body, CompletionJson.Default.CompletionRequest);

    /// <summary>Where the one prompt stands.</summary>
    /// <exception cref="RequestFormatException">There is none, or several, or one that is no text.</exception>
    public static JsonSlice PromptOf(CompletionRequest asked, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(asked);
        switch (asked.Prompt.FirstByte(body))
        {
            case (byte)'"':
                return asked.Prompt;
            case 0:
                throw new RequestFormatException("'prompt' is missing: a text.", "prompt", RequestFormatCodes.MissingParameter);
            case (byte)'[':
                ReadOnlySpan<byte> list = asked.Prompt.In(body).Utf8.Span;
                var reader = new Utf8JsonReader(list);
                reader.Read();
                reader.Read();
                if (reader.TokenType is JsonTokenType.String)
                {
                    var prompt = new JsonSlice(asked.Prompt.Start + (int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
                    reader.Read();
                    return reader.TokenType is JsonTokenType.EndArray
                        ? prompt
                        : throw new RequestFormatException("'prompt' holds several texts. Gemini answers one at a time; send one request for each.", "prompt", RequestFormatCodes.UnsupportedValue);
                }

                break;
        }

        throw new RequestFormatException("'prompt' must be a text: Gemini's tokens are not OpenAI's, and an empty list is no prompt.", "prompt", RequestFormatCodes.UnsupportedValue);
    }

    /// <summary>Translates.</summary>
    /// <param name="asked">The request.</param>
    /// <param name="body">The very bytes it was read from; the result refers to them.</param>
    /// <param name="context">The model that is asked.</param>
    /// <exception cref="RequestFormatException">The request cannot be understood or expressed.</exception>
    public static ChatTranslation ToGemini(CompletionRequest asked, ReadOnlyMemory<byte> body, in TranslationContext context)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var chat = new ChatRequest
        {
            Model = asked.Model,
            Messages = [new ChatMessage { Role = "user", Content = PromptOf(asked, body) }],
            Stream = asked.Stream,
            StreamOptions = asked.StreamOptions,
            Temperature = asked.Temperature,
            TopP = asked.TopP,
            N = asked.N,
            Stop = asked.Stop,
            MaxTokens = asked.MaxTokens,
            PresencePenalty = asked.PresencePenalty,
            FrequencyPenalty = asked.FrequencyPenalty,
            Seed = asked.Seed,
            LogitBias = asked.LogitBias,
            User = asked.User,
            Unknown = asked.Unknown,
        };
        ChatTranslation translation = ChatTranslator.ToGemini(chat, body, context);
        if (asked.Suffix.Length > 2)
            translation.Losses.Add("suffix", LossKind.Dropped, "Gemini writes on; it does not fill in.");
        if (asked.Logprobs.FirstByte(body) is not (0 or (byte)'0'))
            translation.Losses.Add("logprobs", LossKind.Dropped, "Log probabilities are told in chat completions only.");
        if (asked.BestOf is > 1 && asked.BestOf > (asked.N ?? 1))
            translation.Losses.Add("best_of", LossKind.Dropped, "Gemini does not choose among several texts.");
        return translation with { ShowThoughts = false };
    }
}
