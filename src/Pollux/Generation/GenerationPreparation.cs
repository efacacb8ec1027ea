using System.Text.Json;
using Pollux.Affinity;
using Pollux.Buffers;
using Pollux.Media;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// Turns a translated dialect's request into a call of the upstream. Two steps, since media that a request names by address
/// are fetched between understanding and writing. Pure but for what the vault remembers.
/// </summary>
internal sealed class GenerationPreparation(ModelNames models, SignatureVault vault, SettingsHolder settings)
{
    private static readonly IPrepareStep[] Steps = [new SafetyStep(), new ThinkingStep(), new GoogleToolStep()];
    private static readonly RandomStringStep LastStep = new();

    /// <summary>Understands <paramref name="request"/>.</summary>
    /// <param name="request">What the client asked; its body must outlive the result.</param>
    /// <param name="caller">Who asks: whose signatures are known.</param>
    /// <param name="record">Learns the model, the form and the losses.</param>
    /// <param name="standIn">The model to ask instead of the one that stands in the body; the answer names it.</param>
    /// <exception cref="RequestFormatException">It cannot be understood, or there is no such model.</exception>
    public GenerationDraft Read(IDialectRequest request, string caller, RequestRecord record, ResolvedModel? standIn = null)
    {
        string asked = request.Model
            ?? throw new RequestFormatException("The model is missing.", "model", RequestFormatCodes.MissingParameter);
        record.Model = asked;
        ResolvedModel model = standIn ?? models.Resolve(asked, record)
            ?? throw ModelNames.NotFound(asked);

        SignatureVault.CallerSignatures signatures = vault.For(caller);
        GenerationSettings generation = settings.Current.Generation;
        RequestTranslation translation = Translate(request, model, signatures, forcePlaceholders: false, generation, out bool showThoughts);
        record.Stream = translation.Stream;
        record.Losses = translation.Losses.IsEmpty ? null : translation.Losses.ToHeader();
        return new GenerationDraft(request, model, standIn?.Name ?? asked, signatures, translation, generation, showThoughts);
    }

    /// <summary>Writes what is sent.</summary>
    /// <param name="draft">What was understood.</param>
    /// <param name="media">What was fetched for it; must outlive the result.</param>
    public PreparedGeneration Write(GenerationDraft draft, FetchedMedia media)
    {
        (IDialectRequest request, ResolvedModel model, _, SignatureVault.CallerSignatures signatures, RequestTranslation translation, GenerationSettings generation, bool showThoughts) = draft;
        var bodies = new List<PooledBuffer>(1);
        int length = request.Body.Length;
        ReadOnlyMemory<byte> sent = Write(translation, length, media, bodies);
        byte[]? fingerprint = CallFingerprint.OfTranslated(settings.Current.Replies, ModelSides.Mark(model.Kinds, model.Name), request.EndUser, translation.Request, sent.Span);
        if (Disguise(translation, model, generation, showThoughts))
            sent = Write(translation, length, media, bodies);
        PromptTokens tokens = PromptEstimate.Of(sent.Span);
        bool streams = translation.Stream && !draft.PretendsStream;
        var call = new UpstreamCall
        {
            Method = HttpMethod.Post,
            Path = $"v1beta/models/{model.Name}:{(streams ? "streamGenerateContent" : "generateContent")}",
            Query = streams ? "alt=sse" : "",
            Model = model.Name,
            Body = sent,
            EstimatedPromptTokens = tokens.Total,
            SurePromptTokens = tokens.Surely,
            FileUris = tokens.FileUris,
            ResourceNames = tokens.ResourceNames,
            InputTokenLimit = models.InputTokenLimit(model),
            Paid = models.PaidUse(model),
            Kinds = model.Kinds,
            Form = streams ? AnswerForm.ServerSentEvents : AnswerForm.Unary,
            PretendedForm = translation.Stream && draft.PretendsStream ? AnswerForm.ServerSentEvents : null,
            IsGeneration = true,
            ThoughtsReachClient = showThoughts,
            NeedsWholeCalls = true,
            Fingerprint = fingerprint,
            ReplaceSignatures = () =>
            {
                RequestTranslation again = Translate(request, model, signatures, forcePlaceholders: true, generation, out bool shows);
                Disguise(again, model, generation, shows);
                return Write(again, length, media, bodies);
            },
        };
        return new PreparedGeneration(draft with { EstimatedPromptTokens = tokens.Total }, call, bodies);
    }

    /// <summary>Writes a call that only counts the tokens of a prompt. It is free, and no model's quota is used.</summary>
    /// <param name="draft">What was understood.</param>
    /// <param name="media">What was fetched for it; must outlive the result.</param>
    public PreparedGeneration WriteCount(GenerationDraft draft, FetchedMedia media)
    {
        ResolvedModel model = draft.Model;
        var bodies = new List<PooledBuffer>(1);
        ReadOnlyMemory<byte> sent = Write(draft.Translation, draft.Request.Body.Length, media, bodies, $"models/{model.Name}");
        PromptTokens tokens = PromptEstimate.Of(sent.Span);
        var call = new UpstreamCall
        {
            Method = HttpMethod.Post,
            Path = $"v1beta/models/{model.Name}:countTokens",
            Model = "",
            IsFree = true,
            Body = sent,
            EstimatedPromptTokens = tokens.Total,
            FileUris = tokens.FileUris,
            ResourceNames = tokens.ResourceNames,
            Paid = models.PaidUse(model),
            Kinds = model.Kinds,
            Form = AnswerForm.Unary,
        };
        return new PreparedGeneration(draft with { EstimatedPromptTokens = tokens.Total }, call, bodies);
    }

    private static RequestTranslation Translate(
        IDialectRequest request, ResolvedModel model, ISignatureSource signatures, bool forcePlaceholders, GenerationSettings generation, out bool showThoughts)
    {
        RequestTranslation translation = request.Translate(
            new TranslationContext(model.Capabilities, signatures) { ForcePlaceholders = forcePlaceholders, DeferRemoteMedia = true, AllPastPictures = generation.Images.AllPastPictures });
        showThoughts = generation.ShowThinking && (translation.ShowThoughts ?? true);
        var context = new PrepareContext(model, generation, showThoughts, translation.Losses);
        foreach (IPrepareStep step in Steps)
            step.Apply(translation.Request, context);
        ModelRules.Settle(translation.Request, model.Capabilities, translation.Losses);
        return translation;
    }

    private static bool Disguise(RequestTranslation translation, ResolvedModel model, GenerationSettings generation, bool showThoughts)
    {
        if (generation.RandomTextLength == 0)
            return false;
        LastStep.Apply(translation.Request, new PrepareContext(model, generation, showThoughts, translation.Losses));
        return true;
    }

    /// <param name="translation">The request.</param>
    /// <param name="sourceBytes">Size of the client's body.</param>
    /// <param name="media">What was fetched for it.</param>
    /// <param name="bodies">Receives the buffer.</param>
    /// <param name="counted">The model whose tokens are to be counted; <see langword="null"/>: the request is for an answer.</param>
    private static ReadOnlyMemory<byte> Write(RequestTranslation translation, int sourceBytes, FetchedMedia media, List<PooledBuffer> bodies, string? counted = null)
    {
        media.PutInto(translation.RemoteMedia);
        PastPictureLoader.Put(translation, media);
        var buffer = new PooledBuffer((int)Math.Min(sourceBytes + (sourceBytes / 4L) + (media.Bytes * 4 / 3) + 1024, Array.MaxLength));
        bodies.Add(buffer);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        if (counted is not null)
        {
            json.WriteStartObject();
            json.WritePropertyName("generateContentRequest"u8);
        }

        translation.Request.WriteTo(json, counted);
        if (counted is not null)
            json.WriteEndObject();
        json.Flush();
        return buffer.Written;
    }
}

/// <summary>A request for generation that is understood. Media that it names by address are not there yet.</summary>
/// <param name="Request">What the client asked.</param>
/// <param name="Model">The model asked.</param>
/// <param name="Named">The model that the answer names.</param>
/// <param name="Signatures">What is remembered of earlier answers.</param>
/// <param name="Translation">The request for Gemini.</param>
/// <param name="Settings">The settings it began with.</param>
/// <param name="ShowThoughts">Whether the client will see thoughts.</param>
internal sealed record GenerationDraft(
    IDialectRequest Request, ResolvedModel Model, string Named, SignatureVault.CallerSignatures Signatures, RequestTranslation Translation, GenerationSettings Settings, bool ShowThoughts)
{
    /// <summary>Whether a stream is made out of a whole answer.</summary>
    public bool PretendsStream { get; init; }

    /// <summary>The size of the prompt, estimated; 0 before it is written.</summary>
    public int EstimatedPromptTokens { get; init; }
}

/// <summary>A request for generation ready to be sent. Dispose it when the answer is complete: its buffers go back then.</summary>
/// <param name="Draft">What was understood.</param>
/// <param name="Call">What is asked of the upstream.</param>
/// <param name="Bodies">The buffers behind the call.</param>
internal sealed record PreparedGeneration(GenerationDraft Draft, UpstreamCall Call, List<PooledBuffer> Bodies) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        if (Call.IsStillRead)
            return; // the collector takes them once nobody reads them
        foreach (PooledBuffer body in Bodies)
            body.Dispose();
        Bodies.Clear();
    }
}
