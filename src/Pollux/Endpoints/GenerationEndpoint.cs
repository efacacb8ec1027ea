using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.Endpoints.Dialects;
using Pollux.Files;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Media;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Translation;
using Pollux.Replies;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>
/// The way of every translated request for generation, whatever its dialect: read, understand, fetch, write, send, and pump the
/// answer. Reads, calls and writes; decides nothing.
/// </summary>
internal sealed class GenerationEndpoint(
    GenerationPreparation preparation, PicturePublishing pictures, PastPictureLoader pastPictures, RemoteMediaLoader loader, BodyBudget budget,
    KeptReplies requests, ModelFallbacks fallbacks, FilePins pins, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Serves a request.</summary>
    public async Task InvokeAsync(HttpContext http, IGenerationDialect dialect)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller; // who waits for a key takes turns with others
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted);
        using (body)
        {
            if (body is null)
                await dialect.Errors.RefuseAsync(http, record, refusal!);
            else if (!await dialect.TryServeElsewhereAsync(http, body, record))
                await ServeAsync(http, dialect, body, record);
        }
    }

    private async Task ServeAsync(HttpContext http, IGenerationDialect dialect, RequestBody body, RequestRecord record)
    {
        using var media = new FetchedMedia(settings.Current.Media, budget, body.Own);
        Ask ask;
        PreparedGeneration prepared;
        try
        {
            ask = new Ask(dialect, await dialect.ReadAsync(http, body.Bytes), body, media);
            prepared = await PrepareAsync(http, ask, record, standIn: null);
        }
        catch (MediaBusyException)
        {
            await dialect.Errors.RefuseAsync(http, record, RequestBody.Busy());
            return;
        }
        catch (RequestFormatException fault)
        {
            if (fault.Code != ModelNames.NotFoundCode || !await dialect.TryServeUnknownModelAsync(http, body, record))
                await dialect.Errors.RefuseAsync(http, record, fault);
            return;
        }
        catch (FileRefusedException fault)
        {
            await dialect.Errors.RefuseAsync(http, record, fault.Error);
            return;
        }
        catch (RequestRefusedException fault)
        {
            await dialect.Errors.RefuseAsync(http, record, fault.Error);
            return;
        }

        body.ReadBy = prepared.Call;
        using (prepared)
        using (IDialectAnswer answer = dialect.Open(http, prepared.Draft))
        using (var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted))
        {
            if (prepared.Draft.Translation.Stream)
                await StreamAsync(http, ask, prepared, answer, record, lifetime);
            else
                await AnswerAsync(http, ask, prepared, answer, record, lifetime);
        }
    }

    private async Task AnswerAsync(HttpContext http, Ask ask, PreparedGeneration prepared, IDialectAnswer answer, RequestRecord record, RequestLifetime lifetime)
    {
        await using var client = new ClientStream(http.Response, "application/json; charset=utf-8", settings.Current.Dispatch.UnaryKeepAlive, clock);
        (Dispatched result, PreparedGeneration? standIn) = await SendAsync(http, ask, prepared, answer, record, lifetime);
        using PreparedGeneration? used = standIn;
        if (result.Failure is { } failure)
        {
            await FailAsync(http, client, ask.Dialect, FailureTranslation.ToError(failure, (used ?? prepared).Call.Model), inStream: null);
            return;
        }

        using WholeAnswer whole = result.Whole!;
        await PublishAsync(http, whole.Answer, answer);
        AnswerOutput output = await client.EnterAsync(http.RequestAborted);
        answer.WriteWhole(whole.Answer, output);
        await client.FlushAsync(http.RequestAborted);
        await answer.CompleteAsync(http.RequestAborted);
    }

    private async Task StreamAsync(HttpContext http, Ask ask, PreparedGeneration prepared, IDialectAnswer answer, RequestRecord record, RequestLifetime lifetime)
    {
        await using var client = new ClientStream(http.Response, "text/event-stream; charset=utf-8", StreamForms.KeepAliveOf(prepared.Call, settings.Current), clock, answer.WriteKeepAlive);
        (Dispatched result, PreparedGeneration? standIn) = await SendAsync(http, ask, prepared, answer, record, lifetime);
        using PreparedGeneration? used = standIn;
        prepared = used ?? prepared;
        if (result.Failure is { } failure)
        {
            await FailAsync(http, client, ask.Dialect, FailureTranslation.ToError(failure, prepared.Call.Model), answer);
            return;
        }

        await using IAnswerEvents events = StreamForms.EventsOf(result, prepared.Call, settings.Current.Streams, lifetime, clock, http.RequestAborted);
        Fault? ended = await PumpAsync(http, client, events, answer, lifetime);
        record.Usage = result.Stream?.Stream.Usage ?? record.Usage;
        if (ended is { } fault)
        {
            record.FaultOwner = fault.Owner.ToString();
            record.FaultReason = fault.Reason.ToString();
            await FailAsync(http, client, ask.Dialect, FailureTranslation.ToError(fault, prepared.Call.Model), answer);
        }
    }

    /// <summary>Sends the request, to a stand-in when the pool is dry for the model asked for.</summary>
    private async Task<(Dispatched Result, PreparedGeneration? StandIn)> SendAsync(
        HttpContext http, Ask ask, PreparedGeneration prepared, IDialectAnswer answer, RequestRecord record, RequestLifetime lifetime)
    {
        TimeSpan? patience = prepared.Call.NamesCache ? null : fallbacks.PatienceFor(prepared.Draft.Model.Name);
        Dispatched result = await requests.SendAsync(AskedOf(http, ask), prepared.Call, record, lifetime, patience);
        return patience is not null && result.Failure is { IsPoolDry: true } ? await FallBackAsync(http, ask, prepared, answer, result, record, lifetime) : (result, null);
    }

    /// <summary>Lets another model answer, which the header and the answer name.</summary>
    /// <returns>What became of it, and the request as it was put to that model, <see langword="null"/> if it was none.</returns>
    private async Task<(Dispatched Result, PreparedGeneration? StandIn)> FallBackAsync(
        HttpContext http, Ask ask, PreparedGeneration prepared, IDialectAnswer answer, Dispatched dry, RequestRecord record, RequestLifetime lifetime)
    {
        PreparedGeneration? other = null;
        try
        {
            (ResolvedModel? standIn, Dispatched result) = await fallbacks.ServeAsync(
                prepared.Draft.Model, prepared.Call, dry, record,
                async model =>
                {
                    other?.Dispose();
                    other = null;
                    try
                    {
                        return (other = await PrepareAsync(http, ask, record, model)).Call;
                    }
                    catch (Exception fault) when (fault is RequestFormatException or MediaBusyException or FileRefusedException)
                    {
                        return null; // what the model asked for takes need not suit this one
                    }
                },
                (call, patience) => requests.SendAsync(AskedOf(http, ask), ask.Body.ReadBy = call, record, lifetime, patience));
            if (standIn is null)
                return (result, null);

            StandInHeader.Write(http.Response, standIn);
            answer.ServedBy(other!.Draft);
            (PreparedGeneration? served, other) = (other, null);
            return (result, served);
        }
        finally
        {
            other?.Dispose();
        }
    }

    /// <summary>Understands the request, then fetches what it names by address and is not there yet, then writes it.</summary>
    private async Task<PreparedGeneration> PrepareAsync(HttpContext http, Ask ask, RequestRecord record, ResolvedModel? standIn)
    {
        string caller = http.Caller?.Id ?? "";
        GenerationDraft draft = preparation.Read(ask.Request, caller, record, standIn);
        draft = draft with { PretendsStream = StreamForms.IsPretended(http.Request.Headers[StreamForms.Header], draft.Model, settings.Current.Streams) };
        await loader.LoadAsync(draft.Translation.RemoteMedia, ask.Media, http.RequestAborted);
        await pastPictures.LoadAsync(draft.Translation, ask.Media, record, http.RequestAborted);
        PreparedGeneration prepared = preparation.Write(draft, ask.Media);
        try
        {
            if (await pins.PinAsync(prepared.Call, caller, http.Request.Host.Value ?? "", record, http.RequestAborted) is { } refused)
                throw new FileRefusedException(refused);
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>Gives pictures an address before they are written.</summary>
    private ValueTask PublishAsync(HttpContext http, Answer answer, IDialectAnswer reply)
    {
        reply.Pictures.Clear();
        return PicturePublishing.HasPictures(answer)
            ? pictures.PublishAsync(PublicBase.Of(http, settings.Current.Access.TrustedProxies), answer, reply.Pictures, http.Caller?.Id ?? "", http.RequestAborted)
            : ValueTask.CompletedTask;
    }

    private static AskedBody AskedOf(HttpContext http, Ask ask) => new(http.Caller?.Id ?? "", ask.Dialect.Name, ask.Body.Bytes);

    /// <summary>Writes event after event; one write and one flush each.</summary>
    /// <returns>Why the stream ended before its end, or <see langword="null"/>.</returns>
    private async Task<Fault?> PumpAsync(HttpContext http, ClientStream client, IAnswerEvents events, IDialectAnswer answer, RequestLifetime lifetime)
    {
        CancellationToken aborted = http.RequestAborted;
        try
        {
            while (true)
            {
                StreamStep step = await events.NextAsync();
                if (step == StreamStep.Fault)
                    return events.Fault;

                if (step == StreamStep.End)
                {
                    if (AnswerJudgement.FailureOf(events.FailedFinish) is { } failed)
                        return FaultAttribution.FromAnswer(failed);

                    AnswerOutput last = await client.EnterAsync(aborted);
                    answer.WriteEnd(last);
                    await client.FlushAsync(aborted);
                    await answer.CompleteAsync(aborted);
                    return null;
                }

                await PublishAsync(http, events.Answer, answer);
                AnswerOutput output = await client.EnterAsync(aborted);
                if (answer.WriteEvent(events.Answer, output))
                    await client.FlushAsync(aborted);
                else
                    client.Leave();
            }
        }
        catch (OperationCanceledException) when (lifetime.TimedOut)
        {
            return FaultAttribution.FromTransport(TransportFault.TotalTimeout);
        }
    }

    /// <summary>
    /// Tells a failure with its status while that is possible; else inside the stream, or as the body behind white space that kept
    /// the answer alive.
    /// </summary>
    private static async Task FailAsync(HttpContext http, ClientStream client, IGenerationDialect dialect, GatewayError error, IDialectAnswer? inStream)
    {
        AnswerOutput output = await client.EnterAsync(http.RequestAborted, begin: false);
        bool ends = true;
        error = dialect.Errors.Told(error);
        if (inStream is not null && client.Started)
        {
            ends = inStream.WriteFailure(error, output);
        }
        else
        {
            if (!client.Started)
                ErrorHead.Write(http.Response, error);
            dialect.Errors.WriteBody(http, error, output);
        }

        await client.FlushAsync(http.RequestAborted);
        if (!ends)
            throw new CutAnswerException();
    }

    /// <summary>What a client asked, and what was fetched for it.</summary>
    private readonly record struct Ask(IGenerationDialect Dialect, IDialectRequest Request, RequestBody Body, FetchedMedia Media);
}
