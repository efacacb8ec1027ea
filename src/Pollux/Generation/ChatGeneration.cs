using System.Security.Cryptography;
using System.Text.Json;
using Pollux.Affinity;
using Pollux.Buffers;
using Pollux.Media;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.OpenAI.Translation;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// Turns a chat completions request into a call of the upstream, and says how its answer is to be shaped. Pure but for the
/// clock and the random parts of ids.
/// </summary>
internal sealed class ChatGeneration(ModelNames models, SignatureVault vault, SettingsHolder settings, TimeProvider clock)
{
    private const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly IPrepareStep[] Steps = [new SafetyStep(), new ThinkingStep(), new GoogleToolStep()];
    private static readonly RandomStringStep LastStep = new();

    /// <summary>Understands <paramref name="body"/>, which must outlive the result.</summary>
    /// <param name="body">The client's bytes.</param>
    /// <param name="caller">Who asks: whose signatures are known.</param>
    /// <param name="record">Learns the model, the form and the losses.</param>
    /// <param name="standIn">The model to ask instead of the one that stands in the body; the answer names it.</param>
    /// <exception cref="RequestFormatException">It cannot be understood, or there is no such model.</exception>
    public ChatDraft Read(ReadOnlyMemory<byte> body, string caller, RequestRecord record, ResolvedModel? standIn = null)
    {
        GenerationSettings generation = settings.Current.Generation;
        ChatRequest chat = ChatRequestReader.Read(body);
        string asked = chat.Model
            ?? throw new RequestFormatException("The model is missing.", "model", RequestFormatCodes.MissingParameter);
        record.Model = asked;
        ResolvedModel model = standIn ?? models.Resolve(asked, record.Side)
            ?? throw ModelNames.NotFound(asked);

        SignatureVault.CallerSignatures signatures = vault.For(caller);
        ChatTranslation translation = Translate(chat, body, model, signatures, forcePlaceholders: false, generation, out bool showThoughts);
        record.Stream = translation.Stream;
        record.Losses = translation.Losses.IsEmpty ? null : translation.Losses.ToHeader();
        return new ChatDraft(chat, body, model, standIn?.Name ?? asked, signatures, translation, generation, showThoughts);
    }

    /// <summary>Writes what is sent.</summary>
    /// <param name="draft">What was understood.</param>
    /// <param name="media">What was fetched for it; must outlive the result.</param>
    public PreparedChat Write(ChatDraft draft, FetchedMedia media)
    {
        (ChatRequest chat, ReadOnlyMemory<byte> body, ResolvedModel model, string named, SignatureVault.CallerSignatures signatures, ChatTranslation translation, GenerationSettings generation, bool showThoughts) = draft;
        var bodies = new List<PooledBuffer>(1);
        ReadOnlyMemory<byte> sent = Write(translation, body.Length, media, bodies);
        byte[]? fingerprint = CallFingerprint.OfChat(settings.Current.Replies, ModelSides.Mark(model.Kinds, model.Name), EndUser(chat, body), translation.Request, sent.Span);
        if (Disguise(translation, model, generation, showThoughts))
            sent = Write(translation, body.Length, media, bodies);
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
                ChatTranslation again = Translate(chat, body, model, signatures, forcePlaceholders: true, generation, out bool shows);
                Disguise(again, model, generation, shows);
                return Write(again, body.Length, media, bodies);
            },
        };
        var answer = new ChatAnswerContext
        {
            Id = "chatcmpl-" + RandomNumberGenerator.GetString(IdCharacters, 24),
            Created = clock.GetUtcNow().ToUnixTimeSeconds(),
            Model = named,
            Calls = signatures,
            RestoreName = translation.Names.IsEmpty ? null : translation.Names.ToClient,
            IncludeUsage = translation.IncludeUsage,
            LegacyFunctions = translation.LegacyFunctions,
            MayHaveSources = translation.Request.HasBuiltInTools,
            SourcesHeading = generation.Tools.ShowSources && translation.Request.HasBuiltInTools && !translation.JsonMode ? SourcesHeading.For(translation.Request) : null,
            SingleCall = translation.SingleCall,
            ListsPictures = settings.Current.Pictures.Store == PictureStoreKind.None,
            Reasoning = !showThoughts ? ReasoningFormat.Hidden : generation.ThinkingInTags ? ReasoningFormat.Tags : ReasoningFormat.Fields,
        };
        return new PreparedChat(model, call, answer, translation, bodies);
    }

    private static ChatTranslation Translate(
        ChatRequest chat, ReadOnlyMemory<byte> body, ResolvedModel model, ISignatureSource signatures, bool forcePlaceholders,
        GenerationSettings generation, out bool showThoughts)
    {
        ChatTranslation translation = ChatTranslator.ToGemini(
            chat, body, new ChatTranslationContext(model.Capabilities, signatures) { ForcePlaceholders = forcePlaceholders, DeferRemoteMedia = true, AllPastPictures = generation.Images.AllPastPictures });
        showThoughts = generation.ShowThinking && (translation.ShowThoughts ?? true);
        var context = new PrepareContext(model, generation, showThoughts, translation.Losses);
        foreach (IPrepareStep step in Steps)
            step.Apply(translation.Request, context);
        ModelRules.Settle(translation.Request, model.Capabilities, translation.Losses);
        return translation;
    }

    private static bool Disguise(ChatTranslation translation, ResolvedModel model, GenerationSettings generation, bool showThoughts)
    {
        if (generation.RandomTextLength == 0)
            return false;
        LastStep.Apply(translation.Request, new PrepareContext(model, generation, showThoughts, translation.Losses));
        return true;
    }

    /// <summary>Whom the client serves: one caller may have many users, and what was made for one is not for another.</summary>
    private static ReadOnlySpan<byte> EndUser(ChatRequest chat, ReadOnlyMemory<byte> body) =>
        !chat.SafetyIdentifier.IsEmpty ? chat.SafetyIdentifier.In(body).Utf8.Span : !chat.User.IsEmpty ? chat.User.In(body).Utf8.Span : default;

    private static ReadOnlyMemory<byte> Write(ChatTranslation translation, int sourceBytes, FetchedMedia media, List<PooledBuffer> bodies)
    {
        media.PutInto(translation.RemoteMedia);
        PastPictureLoader.Put(translation, media);
        var buffer = new PooledBuffer((int)Math.Min(sourceBytes + (sourceBytes / 4L) + (media.Bytes * 4 / 3) + 1024, Array.MaxLength));
        bodies.Add(buffer);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        translation.Request.WriteTo(json);
        json.Flush();
        return buffer.Written;
    }
}

/// <summary>A chat request that is understood. Media that it names by address are not there yet.</summary>
/// <param name="Chat">What the client asked.</param>
/// <param name="Body">The bytes it was read from.</param>
/// <param name="Model">The model asked.</param>
/// <param name="Named">The model that the answer names.</param>
/// <param name="Signatures">What is remembered of earlier answers.</param>
/// <param name="Translation">The request for Gemini.</param>
/// <param name="Settings">The settings it began with.</param>
/// <param name="ShowThoughts">Whether the client will see thoughts.</param>
internal sealed record ChatDraft(
    ChatRequest Chat, ReadOnlyMemory<byte> Body, ResolvedModel Model, string Named, SignatureVault.CallerSignatures Signatures, ChatTranslation Translation,
    GenerationSettings Settings, bool ShowThoughts)
{
    /// <summary>Whether a stream is made out of a whole answer.</summary>
    public bool PretendsStream { get; init; }
}

/// <summary>A chat request ready to be sent. Dispose it when the answer is complete: its buffers go back then.</summary>
/// <param name="Model">The model asked.</param>
/// <param name="Call">What is asked of the upstream.</param>
/// <param name="Answer">How the answer is shaped.</param>
/// <param name="Translation">What the client said about the answer.</param>
/// <param name="Bodies">The buffers behind the call.</param>
internal sealed record PreparedChat(ResolvedModel Model, UpstreamCall Call, ChatAnswerContext Answer, ChatTranslation Translation, List<PooledBuffer> Bodies) : IDisposable
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
