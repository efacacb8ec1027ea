using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Audio;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>OpenAI's transcriptions and translations of recordings. Reads, calls and writes; decides nothing.</summary>
internal sealed class TranscriptionEndpoint(TranscriptionGeneration generation, Dispatcher dispatcher, ModelFallbacks fallbacks, SettingsHolder settings, TimeProvider clock)
{
    private static readonly FileBounds Recording = new(
        ["file"], MostFiles: 1, TranscriptionGeneration.MostFileBytes, "the most that Google takes inside one request. Send it in pieces, or compressed.");

    /// <summary>Serves <c>POST audio/transcriptions</c>.</summary>
    public Task TranscribeAsync(HttpContext http) => ServeAsync(http, translate: false);

    /// <summary>Serves <c>POST audio/translations</c>.</summary>
    public Task TranslateAsync(HttpContext http) => ServeAsync(http, translate: true);

    private async Task ServeAsync(HttpContext http, bool translate)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        (UploadedForm? form, GatewayError? refusal) = await UploadedForm.ReadAsync(http, settings.Current.Server.MaxBodyBytes, Recording, http.RequestAborted);
        using (form)
        {
            if (form is null)
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            PreparedTranscription prepared;
            try
            {
                prepared = Prepare(form, translate, record);
            }
            catch (RequestFormatException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault);
                return;
            }

            using (prepared)
                await AnswerAsync(http, new TranscriptionAsk(form, translate), prepared, record);
        }
    }

    private PreparedTranscription Prepare(UploadedForm form, bool translate, RequestRecord record, ResolvedModel? standIn = null)
    {
        TranscriptionRequest request = TranscriptionRequest.Read(form.Fields, translate);
        UploadedFile file = form.Files[0];
        return generation.Prepare(request, file.Bytes, SoundFiles.TypeOf(file.Bytes.Span, file.Name, file.Type), record, standIn);
    }

    private async Task AnswerAsync(HttpContext http, TranscriptionAsk asked, PreparedTranscription prepared, RequestRecord record)
    {
        TimeSpan? patience = fallbacks.PatienceFor(prepared.Call.Model);
        if (patience is null)
            asked.Form.DropFiles(); // nobody will read them again
        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted);
        await using ClientStream client = Client(http, prepared.Request);
        Dispatched result = await dispatcher.SendAsync(prepared.Call, record, lifetime, patience);
        PreparedTranscription served = prepared;
        if (patience is not null && result.Failure is { IsPoolDry: true })
            (served, result) = await FallBackAsync(http, asked, prepared, result, record, lifetime);
        using (served)
        {
            GatewayError? error = null;
            if (result.Failure is { Fault.Reason: FaultReason.EmptyAnswer })
                await TellSilenceAsync(http, client, served.Request); // the record says that nothing came
            else if (result.Failure is { } failure)
                error = FailureTranslation.ToError(failure, served.Call.Model);
            else if (result.Stream is { } stream)
                error = await StreamAsync(http, client, stream, served, record, lifetime);
            else
                error = await WriteAsync(http, client, result.Whole!, served, record);
            if (error is not null)
                await OpenAIReplies.FailAsync(http, client, error.Of("file"), served.Request.Stream);
        }
    }

    /// <summary>Lets another model listen, which the header names.</summary>
    private async Task<(PreparedTranscription Served, Dispatched Result)> FallBackAsync(
        HttpContext http, TranscriptionAsk asked, PreparedTranscription prepared, Dispatched dry, RequestRecord record, RequestLifetime lifetime)
    {
        PreparedTranscription? other = null;
        (ResolvedModel? standIn, Dispatched result) = await fallbacks.ServeAsync(
            prepared.Model, prepared.Call, dry, record, next => Task.FromResult(PrepareFor(next)), (call, patience) => dispatcher.SendAsync(call, record, lifetime, patience));
        if (standIn is null)
        {
            other?.Dispose();
            return (prepared, result);
        }

        StandInHeader.Write(http.Response, standIn);
        return (other!, result);

        UpstreamCall? PrepareFor(ResolvedModel next)
        {
            other?.Dispose();
            try
            {
                return (other = Prepare(asked.Form, asked.Translate, record, next)).Call;
            }
            catch (RequestFormatException)
            {
                return null; // it does not hear, or gives no times
            }
        }
    }

    private ClientStream Client(HttpContext http, TranscriptionRequest request)
    {
        DispatchSettings dispatch = settings.Current.Dispatch;
        if (request.Stream)
            return new ClientStream(http.Response, "text/event-stream; charset=utf-8", dispatch.KeepAlive, clock);
        bool isJson = request.Format is TranscriptFormat.Json or TranscriptFormat.VerboseJson;
        return new ClientStream(http.Response, TranscriptWriter.MediaType(request.Format), isJson ? dispatch.UnaryKeepAlive : TimeSpan.Zero, clock); // a subtitle file may not begin with a blank line
    }

    /// <summary>A recording in which nobody speaks has an empty text; the model that was asked for words alone found none, each time.</summary>
    private static async Task TellSilenceAsync(HttpContext http, ClientStream client, TranscriptionRequest request)
    {
        AnswerOutput output = await client.EnterAsync(http.RequestAborted);
        if (request.Stream)
        {
            using var writer = new TranscriptEventWriter();
            writer.WriteDone(output);
        }
        else if (request.NeedsTimes)
        {
            TranscriptWriter.Write(new Transcript("", [], []), request, output);
        }
        else
        {
            TranscriptWriter.Write("", request.Format, default, output);
        }

        await client.FlushAsync(http.RequestAborted);
    }

    private static async Task<GatewayError?> WriteAsync(HttpContext http, ClientStream client, WholeAnswer whole, PreparedTranscription prepared, RequestRecord record)
    {
        using (whole)
        {
            if (AnswerText.ErrorOf(AnswerText.FinishOf(whole.Answer, FinishReason.None), prepared.Call.Model, record) is { } cut)
                return cut;
            string text = AnswerText.Of(whole.Answer).Trim();
            Transcript? transcript = null;
            if (prepared.Request.NeedsTimes && (transcript = Transcript.Read(text)) is null)
            {
                (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Model), nameof(FaultReason.MalformedAnswer));
                return new GatewayError(502, GatewayErrorKind.UpstreamFailed, $"{prepared.Call.Model} wrote segments that cannot be read. Ask again, or for json or text.", Code: "upstream_malformed_answer");
            }

            AnswerOutput output = await client.EnterAsync(http.RequestAborted);
            if (transcript is not null)
                TranscriptWriter.Write(transcript, prepared.Request, output);
            else
                TranscriptWriter.Write(text == TranscriptionTranslator.NoSpeech ? "" : text, prepared.Request.Format, whole.Answer.Usage, output);
            await client.FlushAsync(http.RequestAborted);
            return null;
        }
    }

    private static async Task<GatewayError?> StreamAsync(
        HttpContext http, ClientStream client, UpstreamExchange exchange, PreparedTranscription prepared, RequestRecord record, RequestLifetime lifetime)
    {
        using var writer = new TranscriptEventWriter();
        var finish = FinishReason.None;
        await using (exchange)
        {
            try
            {
                StreamStep step;
                while ((step = await exchange.NextAsync()) is not (StreamStep.End or StreamStep.Fault))
                {
                    if (step != StreamStep.Event)
                        continue;
                    finish = AnswerText.FinishOf(exchange.Stream.Answer, finish);
                    AnswerOutput output = await client.EnterAsync(http.RequestAborted);
                    if (writer.Write(exchange.Stream.Answer, output))
                        await client.FlushAsync(http.RequestAborted);
                    else
                        client.Leave();
                }

                record.Usage = exchange.Stream.Usage;
                if (step == StreamStep.Fault)
                    return Blame(record, exchange.Stream.Fault!, prepared.Call.Model);
            }
            catch (OperationCanceledException) when (lifetime.TimedOut)
            {
                return Blame(record, FaultAttribution.FromTransport(TransportFault.TotalTimeout), prepared.Call.Model);
            }

            if (AnswerText.ErrorOf(finish, prepared.Call.Model, record) is { } error)
                return error;
            writer.WriteDone(await client.EnterAsync(http.RequestAborted));
            await client.FlushAsync(http.RequestAborted);
            return null;
        }
    }

    private static GatewayError Blame(RequestRecord record, Fault fault, string model)
    {
        (record.FaultOwner, record.FaultReason) = ($"{fault.Owner}", $"{fault.Reason}");
        return FailureTranslation.ToError(fault, model);
    }
}

/// <summary>What a client sent, for as long as another model may be asked for it.</summary>
/// <param name="Form">The form with the file.</param>
/// <param name="Translate">Whether it becomes English.</param>
internal sealed record TranscriptionAsk(UploadedForm Form, bool Translate);
