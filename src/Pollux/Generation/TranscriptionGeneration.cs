using System.Buffers.Text;
using System.Text.Json;
using Pollux.Buffers;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Protocols.OpenAI.Audio;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>Turns a recording into a call of the upstream.</summary>
internal sealed class TranscriptionGeneration(ModelNames models, ModelDirectory directory, SettingsHolder settings)
{
    /// <summary>Google takes requests of 20 MB with data inside; as base64 this much fits in, with room for the rest.</summary>
    public const int MostFileBytes = ((20 * 1024 * 1024) - (256 * 1024)) / 4 * 3;

    /// <summary>As long as nobody knows the list of models.</summary>
    private const string KnownHearer = "gemini-flash-lite-latest";

    private static readonly IPrepareStep[] Steps = [new SafetyStep(), new ThinkingStep()];

    /// <summary>Prepares a recording.</summary>
    /// <param name="request">The fields of the form.</param>
    /// <param name="file">The bytes; they need not outlive the call.</param>
    /// <param name="mediaType">What they are.</param>
    /// <param name="record">Learns the model, the form and the losses.</param>
    /// <param name="standIn">The model to ask instead of the one that stands in the form.</param>
    /// <exception cref="RequestFormatException">There is no such model, or it cannot do this.</exception>
    public PreparedTranscription Prepare(TranscriptionRequest request, ReadOnlyMemory<byte> file, string mediaType, RequestRecord record, ResolvedModel? standIn = null)
    {
        ResolvedModel model = standIn is null ? Resolve(request.Model, record) : Hearing(standIn);
        GenerateContentRequest gemini = TranscriptionTranslator.ToGemini(request, InlineData.FromBytes(mediaType, file), model.Capabilities);
        var context = new PrepareContext(model, settings.Current.Generation, ShowThoughts: false, request.Losses);
        foreach (IPrepareStep step in Steps)
            step.Apply(gemini, context);
        ModelRules.Settle(gemini, model.Capabilities, request.Losses);
        record.Losses = request.Losses.IsEmpty ? null : request.Losses.ToHeader();
        record.Stream = request.Stream;

        var buffer = new PooledBuffer(Base64.GetMaxEncodedToUtf8Length(file.Length) + 8192);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            gemini.WriteTo(json);
        PromptTokens tokens = PromptEstimate.Of(buffer.Written.Span);
        var call = new UpstreamCall
        {
            Method = HttpMethod.Post,
            Path = $"v1beta/models/{model.Name}:{(request.Stream ? "streamGenerateContent" : "generateContent")}",
            Query = request.Stream ? "alt=sse" : "",
            Model = model.Name,
            Body = buffer.Written,
            EstimatedPromptTokens = tokens.Total,
            SurePromptTokens = tokens.Surely,
            InputTokenLimit = models.InputTokenLimit(model),
            Paid = models.PaidUse(model),
            Kinds = model.Kinds,
            Form = request.Stream ? AnswerForm.ServerSentEvents : AnswerForm.Unary,
            IsGeneration = true,
            ThoughtsReachClient = false,
        };
        return new PreparedTranscription(model, request, call, buffer);
    }

    private ResolvedModel Resolve(string asked, RequestRecord record)
    {
        record.Model = asked;
        ResolvedModel? model = models.Resolve(asked, record, withPatterns: !AudioModels.IsOpenAIHearer(asked));
        if (AudioModels.IsOpenAIHearer(asked) && (model is null || model.Name == asked)) // an alias of the user's wins
        {
            string? cheapest = directory.Current is { } list ? AudioModels.Hearer(list, settings.Current.Generation) : KnownHearer;
            model = cheapest is null ? null : models.Resolve(cheapest, record.Side);
        }

        if (model is null)
            throw ModelNames.NotFound(asked);
        return Hearing(model);
    }

    private static ResolvedModel Hearing(ResolvedModel model) => AudioModels.Hears(model.Capabilities)
        ? model
        : throw new RequestFormatException($"The model '{model.Name}' does not turn sound into text.", "model", RequestFormatCodes.UnsupportedValue);
}

/// <summary>A recording ready to be sent. Dispose it when it is answered.</summary>
/// <param name="Model">The model asked.</param>
/// <param name="Request">What the client wants.</param>
/// <param name="Call">What is asked of the upstream.</param>
/// <param name="Body">The buffer behind the call.</param>
internal sealed record PreparedTranscription(ResolvedModel Model, TranscriptionRequest Request, UpstreamCall Call, PooledBuffer Body) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        if (!Call.IsStillRead)
            Body.Dispose();
    }
}
