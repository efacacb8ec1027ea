using System.Text.Json;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Protocols.OpenAI.Images;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// Turns a request for pictures into calls of the upstream: Gemini gives one picture a call, Imagen up to four. They run side
/// by side, each with a key of its own, and their pictures are joined in order; when one fails, the others are given up.
/// </summary>
internal sealed class ImageGeneration(ModelNames models, ModelDirectory directory, Dispatcher dispatcher, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>So many calls of one request run at once: others want keys, too.</summary>
    private const int MostAtOnce = 4;

    private const int LongestWords = 300; // of the model's own, in an error

    private static readonly IPrepareStep[] Steps = [new SafetyStep(), new ThinkingStep()];

    /// <summary>Prepares a request.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="pictures">Pictures to change; none for a new one. They need not outlive the call.</param>
    /// <param name="mask">Where to change the first of them.</param>
    /// <param name="record">Learns the model and the losses.</param>
    /// <exception cref="RequestFormatException">There is no such model, or it cannot do this.</exception>
    public PreparedImages Prepare(ImagesRequest request, IReadOnlyList<InlineData> pictures, InlineData? mask, RequestRecord record)
    {
        ResolvedModel model = Resolve(request, record);
        bool imagen = ImageModels.IsImagen(model.Capabilities);
        if (imagen && pictures.Count > 0)
            throw new RequestFormatException($"The model '{model.Name}' does not change pictures. Gemini's models for pictures do.", "model", RequestFormatCodes.UnsupportedValue);
        PreparedImages prepared = imagen ? PrepareImagen(request, model) : PrepareGemini(request, model, pictures, mask);
        record.Losses = request.Losses.IsEmpty ? null : request.Losses.ToHeader();
        return prepared;
    }

    /// <summary>Asks for the pictures.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<(MadePictures? Made, DispatchFailure? Failure)> SendAsync(PreparedImages prepared, RequestRecord record, CancellationToken aborted)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, given.Token);
        var joining = new JoinedAnswers(prepared, record);
        try
        {
            await Parallel.ForAsync(0, prepared.Calls.Count, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = given.Token }, async (call, _) =>
            {
                RequestRecord part = joining.RecordOfPart();
                Dispatched result = await dispatcher.SendAsync(prepared.Calls[call], part, lifetime);
                if (!joining.Take(call, part, result))
                    await given.CancelAsync();
            });
        }
        catch (OperationCanceledException) when (joining.Failure is not null && !aborted.IsCancellationRequested)
        {
            // the call that failed ended the others
        }
        catch
        {
            joining.Dispose();
            throw;
        }

        if (joining.Failure is { } failure)
        {
            joining.Dispose();
            return (null, failure);
        }

        MadePictures made = joining.Join();
        record.Usage = made.Usage ?? default;
        if (made.Pictures.Count > 0 && made.Pictures.Count < prepared.Request.Count)
            prepared.Request.Losses.Add("n", LossKind.Changed, "Some of the pictures were withheld.");
        record.Losses = prepared.Request.Losses.IsEmpty ? null : prepared.Request.Losses.ToHeader();
        return (made, null);
    }

    private ResolvedModel Resolve(ImagesRequest request, RequestRecord record)
    {
        record.Model = request.Model ?? "-";
        if (request.Model is { } asked)
        {
            ResolvedModel? model = models.Resolve(asked, record, withPatterns: !ImageModels.IsOpenAI(asked));
            bool isOpenAI = ImageModels.IsOpenAI(asked) && (model is null || model.Name == asked); // an alias of the user's wins
            if (!isOpenAI && model is null)
                throw ModelNames.NotFound(asked);
            if (!isOpenAI && ImageModels.Paints(model!.Capabilities))
                return model;
            if (!isOpenAI)
                request.Losses.Add("model", LossKind.Changed, "The model makes no pictures; CREATE_IMAGE_MODEL does.");
        }

        string name = ImageModels.Default(directory.Current, settings.Current.Generation)
            ?? throw new RequestFormatException("No model that makes pictures is listed.", "model", ModelNames.NotFoundCode);
        record.ServedModel = name;
        return models.Resolve(name, record.Side) ?? throw new RequestFormatException("No model that makes pictures is listed.", "model", ModelNames.NotFoundCode);
    }

    private PreparedImages PrepareGemini(ImagesRequest request, ResolvedModel model, IReadOnlyList<InlineData> pictures, InlineData? mask)
    {
        GenerateContentRequest gemini = ImagesTranslator.ToGemini(request, pictures, mask);
        var context = new PrepareContext(model, settings.Current.Generation, ShowThoughts: false, request.Losses);
        foreach (IPrepareStep step in Steps)
            step.Apply(gemini, context);
        ModelRules.Settle(gemini, model.Capabilities, request.Losses);
        var body = new PooledBuffer(4096 + (int)Math.Min(Sum(pictures) * 4 / 3, Array.MaxLength / 2));
        using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true }))
            gemini.WriteTo(json);
        PromptTokens tokens = PromptEstimate.Of(body.Written.Span);
        var calls = new List<UpstreamCall>(request.Count);
        for (int i = 0; i < request.Count; i++)
        {
            calls.Add(new UpstreamCall
            {
                Method = HttpMethod.Post,
                Path = $"v1beta/models/{model.Name}:generateContent",
                Model = model.Name,
                Body = body.Written,
                EstimatedPromptTokens = tokens.Total,
                SurePromptTokens = tokens.Surely,
                InputTokenLimit = models.InputTokenLimit(model),
                Paid = models.PaidUse(model),
                Kinds = model.Kinds,
                Form = AnswerForm.Unary,
                IsOneOfSeveral = request.Count > 1,
                IsGeneration = true,
                ThoughtsReachClient = false,
                ToldOfNoPicture = true,
            });
        }

        return new PreparedImages(request, model, calls, [body]);
    }

    private PreparedImages PrepareImagen(ImagesRequest request, ResolvedModel model)
    {
        ImagesTranslator.ReportImagenLosses(request);
        var calls = new List<UpstreamCall>();
        var bodies = new List<PooledBuffer>();
        for (int left = request.Count; left > 0; left -= ImagesTranslator.MostPerImagenCall)
        {
            var body = new PooledBuffer(4096);
            bodies.Add(body);
            using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true }))
                ImagesTranslator.WriteImagen(request, Math.Min(left, ImagesTranslator.MostPerImagenCall), json);
            calls.Add(new UpstreamCall
            {
                Method = HttpMethod.Post,
                Path = $"v1beta/models/{model.Name}:predict",
                Model = model.Name,
                Body = body.Written,
                Paid = models.PaidUse(model),
                Kinds = model.Kinds,
                Form = AnswerForm.Unary,
                IsOneOfSeveral = request.Count > ImagesTranslator.MostPerImagenCall,
            });
        }

        return new PreparedImages(request, model, calls, bodies);
    }

    private static long Sum(IReadOnlyList<InlineData> pictures)
    {
        long bytes = 0;
        foreach (InlineData picture in pictures)
            bytes += picture.Bytes.Length;
        return bytes;
    }

    /// <summary>Where the answers of the calls come together. One lock around all.</summary>
    private sealed class JoinedAnswers(PreparedImages prepared, RequestRecord record) : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly WholeAnswer?[] _answers = new WholeAnswer?[prepared.Calls.Count];

        public DispatchFailure? Failure { get; private set; }

        /// <summary>A record for one call: only one flow may write to a record.</summary>
        public RequestRecord RecordOfPart() => new() { Id = record.Id, StartedAt = record.StartedAt, Caller = record.Caller, Model = record.Model };

        /// <returns>Whether the others are still of use.</returns>
        public bool Take(int call, RequestRecord part, Dispatched result)
        {
            lock (_lock)
            {
                record.Attempts += part.Attempts;
                record.LostAttempts += part.LostAttempts;
                record.KeyLabel = part.KeyLabel;
                record.Waited = part.Waited > record.Waited ? part.Waited : record.Waited;
                if (record.FirstPartAt == 0)
                    record.FirstPartAt = part.FirstPartAt;
                _answers[call] = result.Whole;
                if (Failure is not null)
                    return false;
                if (result.Failure is not { } failure)
                    return true;
                Failure = failure;
                (record.FaultOwner, record.FaultReason) = (part.FaultOwner, part.FaultReason);
                return false;
            }
        }

        public MadePictures Join()
        {
            var pictures = new List<MadePicture>(prepared.Request.Count);
            string? withheld = null, said = null;
            GeminiUsage? usage = null;
            foreach (WholeAnswer? whole in _answers)
            {
                if (whole is null)
                    continue;
                if (!prepared.Calls[0].IsGeneration)
                {
                    if (!MadePicture.TryAddFromImagen(whole.Body, pictures, out string? filtered))
                        said ??= "an answer that cannot be read";
                    withheld ??= filtered;
                    continue;
                }

                Answer answer = whole.Answer;
                MadePicture.AddFrom(answer, pictures);
                if (answer.HasUsage)
                    usage = Add(usage ?? default, answer.Usage);
                (string? blocked, string? words) = WhyNone(answer);
                (withheld, said) = (withheld ?? blocked, said ?? words);
            }

            if (pictures.Count > prepared.Request.Count)
                pictures.RemoveRange(prepared.Request.Count, pictures.Count - prepared.Request.Count);
            return new MadePictures(pictures, usage, withheld, said, this);
        }

        public void Dispose()
        {
            lock (_lock)
            {
                for (int i = 0; i < _answers.Length; i++)
                {
                    _answers[i]?.Dispose();
                    _answers[i] = null;
                }
            }
        }

        private static (string? Withheld, string? Said) WhyNone(Answer answer)
        {
            if (answer.Candidates.Length == 0)
                return (null, null);
            ref readonly AnswerCandidate candidate = ref answer.Candidates[0];
            string reason = answer.Text(candidate.FinishReasonToken) ?? candidate.FinishReason.ToString();
            if (candidate.FinishReason.IsBlock())
                return (answer.Text(candidate.FinishMessage) is { Length: > 0 } message ? $"{reason}: {Cut(message)}" : reason, null);
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part is { Kind: PartKind.Text, IsThought: false, IsEmptyText: false })
                    return (null, $"\"{Cut(answer.Text(part.Value)!)}\"");
            }

            return (null, reason);
        }

        private static string Cut(string words) => words.Length > LongestWords ? words[..LongestWords] + "…" : words;

        private static GeminiUsage Add(in GeminiUsage a, in GeminiUsage b) =>
            new(a.Prompt + b.Prompt, a.Cached + b.Cached, a.Candidates + b.Candidates, a.Thoughts + b.Thoughts, a.ToolUsePrompt + b.ToolUsePrompt, a.Total + b.Total, a.PromptAudio + b.PromptAudio, a.CandidatesAudio + b.CandidatesAudio) { PromptImage = a.PromptImage + b.PromptImage };
    }
}

/// <summary>A request for pictures, ready to be sent. Dispose it when it is answered: its buffers go back then.</summary>
/// <param name="Request">What the client wants.</param>
/// <param name="Model">The model asked.</param>
/// <param name="Calls">What is asked of the upstream.</param>
/// <param name="Bodies">The buffers behind the calls.</param>
internal sealed record PreparedImages(ImagesRequest Request, ResolvedModel Model, IReadOnlyList<UpstreamCall> Calls, List<PooledBuffer> Bodies) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (UpstreamCall call in Calls)
        {
            if (call.IsStillRead)
                return; // the collector takes them once nobody reads them
        }

        foreach (PooledBuffer body in Bodies)
            body.Dispose();
        Bodies.Clear();
    }
}

/// <summary>Pictures, or why there are none. Dispose it when they are written.</summary>
/// <param name="Pictures">At most as many as were asked for; they refer to the answers.</param>
/// <param name="Usage">What they cost, if the model tells.</param>
/// <param name="Withheld">Why Google withheld one, in its words.</param>
/// <param name="Said">What came where a picture was due: the model's own words, or why the answer ended.</param>
/// <param name="Answers">The answers.</param>
internal sealed record MadePictures(IReadOnlyList<MadePicture> Pictures, GeminiUsage? Usage, string? Withheld, string? Said, IDisposable Answers) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Answers.Dispose();
}
