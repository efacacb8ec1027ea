using System.Text.Json;
using Pollux.Buffers;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Protocols.OpenAI.Audio;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>Turns a speech request into a call of the upstream. Sound that is not compressed is streamed as it comes.</summary>
internal sealed class SpeechGeneration(ModelNames models, ModelDirectory directory, SettingsHolder settings)
{
    /// <summary>As long as nobody knows the list of models.</summary>
    private const string KnownSpeaker = "gemini-2.5-flash-preview-tts";

    /// <summary>Prepares <paramref name="body"/>.</summary>
    /// <param name="body">The client's bytes.</param>
    /// <param name="record">Learns the model, the form and the losses.</param>
    /// <param name="standIn">The model to ask instead of the one that stands in the body.</param>
    /// <exception cref="RequestFormatException">It cannot be understood, or there is no such model.</exception>
    public PreparedSpeech Prepare(ReadOnlyMemory<byte> body, RequestRecord record, ResolvedModel? standIn = null)
    {
        AudioSettings audio = settings.Current.Audio;
        SpeechRequest request = SpeechTranslator.Read(body);
        ResolvedModel model = standIn is null ? Resolve(request.Model, audio, record) : Speaking(standIn);
        SpeechTranslation translation = SpeechTranslator.ToGemini(request, body, new SpeechContext(audio.Voice, audio.Pace, audio.EncoderPath is not null));
        ModelRules.Settle(translation.Request, model.Capabilities, translation.Losses);
        record.Losses = translation.Losses.IsEmpty ? null : translation.Losses.ToHeader();
        bool streams = !translation.Format.IsCompressed;
        record.Stream = streams;

        var buffer = new PooledBuffer(body.Length + 1024);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            translation.Request.WriteTo(json);
        PromptTokens tokens = PromptEstimate.Of(buffer.Written.Span);
        var call = new UpstreamCall
        {
            Method = HttpMethod.Post,
            Path = $"v1beta/models/{model.Name}:{(streams ? "streamGenerateContent" : "generateContent")}",
            Query = streams ? "alt=sse" : "",
            Model = model.Name,
            Body = buffer.Written,
            EstimatedPromptTokens = tokens.Total,
            SurePromptTokens = tokens.Surely,
            InputTokenLimit = models.InputTokenLimit(model),
            Paid = models.PaidUse(model),
            Kinds = model.Kinds,
            Form = streams ? AnswerForm.ServerSentEvents : AnswerForm.Unary,
            IsGeneration = true,
            ThoughtsReachClient = false,
        };
        return new PreparedSpeech(model, translation, call, buffer);
    }

    private ResolvedModel Resolve(string? asked, AudioSettings audio, RequestRecord record)
    {
        record.Model = asked ?? "-";
        ResolvedModel? model = asked is null ? null : models.Resolve(asked, record, withPatterns: !AudioModels.IsOpenAISpeaker(asked));
        if (asked is null || (AudioModels.IsOpenAISpeaker(asked) && (model is null || model.Name == asked))) // an alias of the user's wins
            model = Default(audio, record.Side);
        if (model is null)
            throw new RequestFormatException($"The model '{asked ?? audio.SpeechModel}' does not exist. GET /v1/models lists those that do.{AliasedNames.HintFor(asked ?? "gemini-")}", "model", ModelNames.NotFoundCode);
        if (asked is null)
            record.Model = model.Name;
        return Speaking(model);
    }

    private static ResolvedModel Speaking(ResolvedModel model) => model.Capabilities.Speech
        ? model
        : throw new RequestFormatException($"The model '{model.Name}' does not speak; models whose names hold tts do.", "model", RequestFormatCodes.UnsupportedValue);

    /// <summary>The configured model; where the upstream no longer has it, the newest.</summary>
    private ResolvedModel? Default(AudioSettings audio, CredentialKinds side)
    {
        if (audio.SpeechModel is { } configured && models.Resolve(configured, side) is { } model)
            return model;
        string? newest = directory.Current is { } list ? AudioModels.Speaker(list, settings.Current.Generation) : KnownSpeaker;
        return newest is null ? null : models.Resolve(newest, side);
    }
}

/// <summary>A speech request ready to be sent. Dispose it when it is answered.</summary>
/// <param name="Model">The model asked.</param>
/// <param name="Translation">What the client wants.</param>
/// <param name="Call">What is asked of the upstream.</param>
/// <param name="Body">The buffer behind the call.</param>
internal sealed record PreparedSpeech(ResolvedModel Model, SpeechTranslation Translation, UpstreamCall Call, PooledBuffer Body) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Call.IsStillRead)
            Body.Dispose();
    }
}
