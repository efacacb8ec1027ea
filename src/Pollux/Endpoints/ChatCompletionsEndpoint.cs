using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.Files;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Media;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.Translation;
using Pollux.Replies;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>OpenAI's chat completions. Reads, calls and writes; decides nothing.</summary>
internal sealed class ChatCompletionsEndpoint(
    ChatGeneration generation, PicturePublishing pictures, PastPictureLoader pastPictures, PictureChatEndpoint pictureChat, RemoteMediaLoader loader, BodyBudget budget,
    KeptReplies requests, NamedUpstreamRelay upstreams, ModelFallbacks fallbacks, FilePins pins, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Serves <c>POST chat/completions</c>.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        CancellationToken aborted = http.RequestAborted;
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller; // who waits for a key takes turns with others
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, aborted);
        using (body)
        {
            if (body is null)
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            if (upstreams.Find(body, record) is { } named)
            {
                await upstreams.ServeAsync(http, body, named, "chat/completions", record);
                return;
            }

            using var media = new FetchedMedia(settings.Current.Media, budget, body.Own);
            var asked = new ChatAsk(body, media);
            PreparedChat chat;
            try
            {
                chat = await PrepareAsync(http, asked, record, standIn: null);
            }
            catch (MediaBusyException)
            {
                await OpenAIReplies.RefuseAsync(http, record, RequestBody.Busy());
                return;
            }
            catch (RequestFormatException fault) when (fault.Code == "model_not_found" && pictureChat.Serves(record.Model))
            {
                await pictureChat.ServeAsync(http, body.Bytes, record);
                return;
            }
            catch (RequestFormatException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault);
                return;
            }
            catch (FileRefusedException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault.Error);
                return;
            }

            body.ReadBy = chat.Call;
            using (chat)
            using (var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, aborted))
            {
                if (chat.Translation.Stream)
                    await StreamAsync(http, asked, chat, record, lifetime);
                else
                    await AnswerAsync(http, asked, chat, record, lifetime);
            }
        }
    }

    private async Task AnswerAsync(HttpContext http, ChatAsk asked, PreparedChat chat, RequestRecord record, RequestLifetime lifetime)
    {
        await using var client = new ClientStream(http.Response, "application/json; charset=utf-8", settings.Current.Dispatch.UnaryKeepAlive, clock);
        TimeSpan? patience = chat.Call.NamesCache ? null : fallbacks.PatienceFor(chat.Model.Name);
        Dispatched result = await requests.SendAsync(AskedOf(http, asked), chat.Call, record, lifetime, patience);
        PreparedChat? standIn = null;
        if (patience is not null && result.Failure is { IsPoolDry: true })
            (standIn, result) = await FallBackAsync(http, asked, chat, result, record, lifetime);
        using PreparedChat? used = standIn;
        chat = standIn ?? chat;
        if (result.Failure is { } failure)
        {
            await OpenAIReplies.FailAsync(http, client, FailureTranslation.ToError(failure, chat.Call.Model), asEvent: false);
            return;
        }

        using WholeAnswer whole = result.Whole!;
        await PublishAsync(http, whole.Answer, chat);
        AnswerOutput output = await client.EnterAsync(http.RequestAborted);
        ChatBodyWriter.Write(whole.Answer, chat.Answer, output);
        await client.FlushAsync(http.RequestAborted);
    }

    private async Task StreamAsync(HttpContext http, ChatAsk asked, PreparedChat chat, RequestRecord record, RequestLifetime lifetime)
    {
        await using var client = new ClientStream(http.Response, "text/event-stream; charset=utf-8", StreamForms.KeepAliveOf(chat.Call, settings.Current), clock);
        TimeSpan? patience = chat.Call.NamesCache ? null : fallbacks.PatienceFor(chat.Model.Name);
        Dispatched result = await requests.SendAsync(AskedOf(http, asked), chat.Call, record, lifetime, patience);
        PreparedChat? standIn = null;
        if (patience is not null && result.Failure is { IsPoolDry: true })
            (standIn, result) = await FallBackAsync(http, asked, chat, result, record, lifetime);
        using PreparedChat? used = standIn;
        chat = standIn ?? chat;
        if (result.Failure is { } failure)
        {
            await OpenAIReplies.FailAsync(http, client, FailureTranslation.ToError(failure, chat.Call.Model), asEvent: true);
            return;
        }

        await using IAnswerEvents events = StreamForms.EventsOf(result, chat.Call, settings.Current.Streams, lifetime, clock, http.RequestAborted);
        Fault? ended = await PumpAsync(http, client, events, chat, lifetime);
        record.Usage = result.Stream?.Stream.Usage ?? record.Usage;
        if (ended is { } fault)
        {
            record.FaultOwner = fault.Owner.ToString();
            record.FaultReason = fault.Reason.ToString();
            await OpenAIReplies.FailAsync(http, client, FailureTranslation.ToError(fault, chat.Call.Model), asEvent: true);
        }
    }

    /// <summary>Lets another model answer, which the header and the answer name.</summary>
    /// <returns>The request as it was put to that model, <see langword="null"/> if it was none, and what became of it.</returns>
    private async Task<(PreparedChat? StandIn, Dispatched Result)> FallBackAsync(
        HttpContext http, ChatAsk asked, PreparedChat chat, Dispatched dry, RequestRecord record, RequestLifetime lifetime)
    {
        PreparedChat? other = null;
        try
        {
            (ResolvedModel? standIn, Dispatched result) = await fallbacks.ServeAsync(
                chat.Model, chat.Call, dry, record,
                async model =>
                {
                    other?.Dispose();
                    other = null;
                    try
                    {
                        return (other = await PrepareAsync(http, asked, record, model)).Call;
                    }
                    catch (Exception fault) when (fault is RequestFormatException or MediaBusyException or FileRefusedException)
                    {
                        return null; // what the model asked for takes need not suit this one
                    }
                },
                (call, patience) => requests.SendAsync(AskedOf(http, asked), asked.Body.ReadBy = call, record, lifetime, patience));
            if (standIn is null)
                return (null, result);

            StandInHeader.Write(http.Response, standIn);
            (PreparedChat? served, other) = (other, null);
            return (served, result);
        }
        finally
        {
            other?.Dispose();
        }
    }

    /// <summary>Understands the request, then fetches what it names by address and is not there yet, then writes it.</summary>
    private async Task<PreparedChat> PrepareAsync(HttpContext http, ChatAsk asked, RequestRecord record, ResolvedModel? standIn)
    {
        ChatDraft draft = generation.Read(asked.Body.Bytes, http.Caller?.Id ?? "", record, standIn);
        draft = draft with { PretendsStream = StreamForms.IsPretended(http.Request.Headers[StreamForms.Header], draft.Model, settings.Current.Streams) };
        await loader.LoadAsync(draft.Translation.RemoteMedia, asked.Media, http.RequestAborted);
        await pastPictures.LoadAsync(draft.Translation, asked.Media, record, http.RequestAborted);
        PreparedChat chat = generation.Write(draft, asked.Media);
        try
        {
            if (await pins.PinAsync(chat.Call, http.Caller?.Id ?? "", http.Request.Host.Value ?? "", record, http.RequestAborted) is { } refused)
                throw new FileRefusedException(refused);
            return chat;
        }
        catch
        {
            chat.Dispose();
            throw;
        }
    }

    /// <summary>Gives pictures an address before they are written.</summary>
    private ValueTask PublishAsync(HttpContext http, Answer answer, PreparedChat chat)
    {
        chat.Answer.Pictures.Clear();
        return PicturePublishing.HasPictures(answer)
            ? pictures.PublishAsync(PublicBase.Of(http, settings.Current.Access.TrustedProxies), answer, chat.Answer, http.Caller?.Id ?? "", http.RequestAborted)
            : ValueTask.CompletedTask;
    }

    private static AskedBody AskedOf(HttpContext http, ChatAsk asked) => new(http.Caller?.Id ?? "", "chat", asked.Body.Bytes);

    /// <summary>Writes event after event; one write and one flush each.</summary>
    /// <returns>Why the stream ended before its end, or <see langword="null"/>.</returns>
    private async Task<Fault?> PumpAsync(HttpContext http, ClientStream client, IAnswerEvents events, PreparedChat chat, RequestLifetime lifetime)
    {
        CancellationToken aborted = http.RequestAborted;
        using var writer = new ChatChunkWriter(chat.Answer);
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
                    writer.WriteEnd(last);
                    await client.FlushAsync(aborted);
                    return null;
                }

                await PublishAsync(http, events.Answer, chat);
                AnswerOutput output = await client.EnterAsync(aborted);
                if (writer.Write(events.Answer, output))
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

    /// <summary>What a client asked, and what was fetched for it.</summary>
    private readonly record struct ChatAsk(RequestBody Body, FetchedMedia Media);
}
