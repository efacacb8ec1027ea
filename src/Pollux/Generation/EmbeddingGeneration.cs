using System.Text.Json;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Embeddings;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// Turns a request for vectors into calls of the upstream and joins what they answer. What one batch cannot hold goes out as
/// several, a few at a time and each with a key of its own; when one fails, the others are given up.
/// </summary>
internal sealed class EmbeddingGeneration(ModelNames models, Dispatcher dispatcher, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>So many batches of one request run at once: others want keys, too.</summary>
    private const int MostAtOnce = 4;

    /// <summary>Prepares the body of OpenAI's route, which must outlive the result.</summary>
    /// <exception cref="RequestFormatException">It cannot be understood, or there is no such model.</exception>
    public PreparedEmbeddings Prepare(ReadOnlyMemory<byte> body, RequestRecord record)
    {
        EmbeddingsRequest request = EmbeddingsTranslator.Read(body);
        string asked = request.Model ?? throw new RequestFormatException("The model is missing.", "model", RequestFormatCodes.MissingParameter);
        ResolvedModel model = Resolve(asked, record);
        return Prepare(asked, model, EmbeddingsTranslator.ToGemini(request, body, model.Capabilities), record);
    }

    /// <summary>Prepares what was translated elsewhere.</summary>
    /// <exception cref="RequestFormatException">There is no such model.</exception>
    public PreparedEmbeddings Prepare(string asked, EmbeddingsTranslation translation, RequestRecord record) =>
        Prepare(asked, Resolve(asked, record), translation, record);

    /// <summary>Asks for the vectors.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<(EmbeddingVectors? Vectors, DispatchFailure? Failure)> SendAsync(PreparedEmbeddings prepared, RequestRecord record, CancellationToken aborted)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, given.Token);
        var joining = new JoinedVectors(prepared, record);
        try
        {
            await Parallel.ForAsync(0, prepared.Calls.Count, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = given.Token }, async (batch, _) =>
            {
                RequestRecord part = joining.RecordOfPart();
                Dispatched result = await dispatcher.SendAsync(prepared.Calls[batch], part, lifetime);
                using WholeAnswer? whole = result.Whole;
                if (!joining.Take(batch, part, whole, result.Failure))
                    await given.CancelAsync();
            });
        }
        catch (OperationCanceledException) when (joining.Failure is not null && !aborted.IsCancellationRequested)
        {
            // the batch that failed ended the others
        }
        catch
        {
            joining.Vectors.Dispose();
            throw;
        }

        if (joining.Failure is { } failure)
        {
            joining.Vectors.Dispose();
            return (null, failure);
        }

        if (prepared.Translation.Dimensions is not null)
            joining.Vectors.Normalise();
        int tokens = prepared.TokensOf(joining.Vectors);
        record.Usage = new GeminiUsage(tokens, 0, 0, 0, 0, tokens, 0, 0);
        return (joining.Vectors, null);
    }

    private ResolvedModel Resolve(string asked, RequestRecord record)
    {
        record.Model = asked;
        ResolvedModel model = models.Resolve(asked, record)
            ?? throw ModelNames.NotFound(asked);
        return model.Capabilities.Output.HasFlag(Modalities.Embedding)
            ? model
            : throw new RequestFormatException($"The model '{asked}' gives no vectors; gemini-embedding-001 does.", "model", RequestFormatCodes.UnsupportedValue);
    }

    private PreparedEmbeddings Prepare(string asked, ResolvedModel model, EmbeddingsTranslation translation, RequestRecord record)
    {
        record.Losses = translation.Losses.IsEmpty ? null : translation.Losses.ToHeader();
        var calls = new List<UpstreamCall>(translation.Batches);
        var bodies = new List<PooledBuffer>(translation.Batches);
        for (int batch = 0; batch < translation.Batches; batch++)
        {
            var body = new PooledBuffer(4096);
            bodies.Add(body);
            using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true }))
                translation.WriteBatch(batch, model.Name, json);
            calls.Add(new UpstreamCall
            {
                Method = HttpMethod.Post,
                Path = $"v1beta/models/{model.Name}:batchEmbedContents",
                Model = model.Name,
                Body = body.Written,
                EstimatedPromptTokens = translation.Estimate(batch).Total,
                Paid = models.PaidUse(model),
                Kinds = model.Kinds,
                Form = AnswerForm.Unary,
                IsOneOfSeveral = translation.Batches > 1,
            });
        }

        return new PreparedEmbeddings(asked, translation, calls, bodies);
    }

    /// <summary>Where the answers of the batches come together. One lock around all.</summary>
    private sealed class JoinedVectors(PreparedEmbeddings prepared, RequestRecord record)
    {
        private readonly Lock _lock = new();

        public EmbeddingVectors Vectors { get; } = new(prepared.Translation.Inputs.Count);

        public DispatchFailure? Failure { get; private set; }

        /// <summary>A record for one batch: only one flow may write to a record.</summary>
        public RequestRecord RecordOfPart() => new() { Id = record.Id, StartedAt = record.StartedAt, Caller = record.Caller, Model = record.Model };

        /// <returns>Whether the others are still of use.</returns>
        public bool Take(int batch, RequestRecord part, WholeAnswer? whole, DispatchFailure? failure)
        {
            lock (_lock)
            {
                record.Attempts += part.Attempts;
                record.LostAttempts += part.LostAttempts;
                record.KeyLabel = part.KeyLabel;
                record.Waited = part.Waited > record.Waited ? part.Waited : record.Waited;
                if (record.FirstPartAt == 0)
                    record.FirstPartAt = part.FirstPartAt;
                if (Failure is not null)
                    return false;
                int first = batch * EmbeddingsTranslation.LargestBatch;
                if (whole is not null && Vectors.TryRead(whole.Body.Span, first, prepared.Translation.SizeOf(batch)))
                    return true;

                Failure = failure ?? new DispatchFailure(FaultAttribution.FromTransport(TransportFault.MalformedAnswer), null, default, null);
                (record.FaultOwner, record.FaultReason) = failure is null
                    ? (nameof(FaultOwner.Upstream), nameof(FaultReason.MalformedAnswer))
                    : (part.FaultOwner, part.FaultReason);
                return false;
            }
        }
    }
}

/// <summary>A request for vectors, ready to be sent. Dispose it when it is answered: its buffers go back then.</summary>
/// <param name="Asked">The model as asked.</param>
/// <param name="Translation">What is asked.</param>
/// <param name="Calls">One for each batch.</param>
/// <param name="Bodies">The buffers behind the calls.</param>
internal sealed record PreparedEmbeddings(string Asked, EmbeddingsTranslation Translation, IReadOnlyList<UpstreamCall> Calls, List<PooledBuffer> Bodies) : IDisposable
{
    /// <summary>The model that is asked.</summary>
    public string Model => Calls[0].Model;

    /// <summary>As the upstream counts; what it does not count is estimated.</summary>
    public int TokensOf(EmbeddingVectors vectors)
    {
        if (vectors.PromptTokens > 0)
            return vectors.PromptTokens;
        int estimated = 0;
        foreach (UpstreamCall call in Calls)
            estimated += call.EstimatedPromptTokens;
        return estimated;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < Bodies.Count; i++)
        {
            if (!Calls[i].IsStillRead)
                Bodies[i].Dispose();
        }

        Bodies.Clear();
    }
}
