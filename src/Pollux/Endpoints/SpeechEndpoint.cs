using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Audio;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Sound;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>OpenAI's speech. Reads, calls and writes; decides nothing.</summary>
internal sealed class SpeechEndpoint(SpeechGeneration generation, Dispatcher dispatcher, ModelFallbacks fallbacks, SoundEncoder encoder, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Serves <c>POST audio/speech</c>.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted);
        using (body)
        {
            if (body is null)
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            PreparedSpeech speech;
            try
            {
                speech = generation.Prepare(body.Bytes, record);
            }
            catch (RequestFormatException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault);
                return;
            }

            using (speech)
            using (var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted))
            {
                bool events = speech.Translation.Events;
                await using var client = events
                    ? new ClientStream(http.Response, "text/event-stream; charset=utf-8", settings.Current.Dispatch.KeepAlive, clock)
                    : new ClientStream(http.Response, speech.Translation.Format.MediaType, TimeSpan.Zero, clock); // a blank line would be a sound
                TimeSpan? patience = fallbacks.PatienceFor(speech.Call.Model);
                Dispatched result = await dispatcher.SendAsync(speech.Call, record, lifetime, patience);
                PreparedSpeech served = speech;
                if (patience is not null && result.Failure is { IsPoolDry: true })
                    (served, result) = await FallBackAsync(http, body, speech, result, record, lifetime);
                GatewayError? error = result.Failure is { } failure
                    ? FailureTranslation.ToError(failure, served.Call.Model)
                    : result.Stream is { } stream
                        ? await StreamAsync(http, client, stream, served, record, lifetime)
                        : await CompressAsync(http, client, result.Whole!, served, record, lifetime);
                if (error is not null)
                    await FailAsync(http, client, error.Of("input"), events);
            }
        }
    }

    /// <summary>Lets another model speak, which the header names. What is made for it goes with the body.</summary>
    private async Task<(PreparedSpeech Served, Dispatched Result)> FallBackAsync(
        HttpContext http, RequestBody body, PreparedSpeech speech, Dispatched dry, RequestRecord record, RequestLifetime lifetime)
    {
        PreparedSpeech served = speech;
        (ResolvedModel? standIn, Dispatched result) = await fallbacks.ServeAsync(
            speech.Model, speech.Call, dry, record, next => Task.FromResult(Prepare(next)), (call, patience) => dispatcher.SendAsync(call, record, lifetime, patience));
        if (standIn is null)
            return (speech, result);
        StandInHeader.Write(http.Response, standIn);
        return (served, result);

        UpstreamCall? Prepare(ResolvedModel next)
        {
            try
            {
                body.Own(served = generation.Prepare(body.Bytes, record, next));
                return served.Call;
            }
            catch (RequestFormatException)
            {
                return null; // it does not speak
            }
        }
    }

    /// <summary>Hands on the samples as they come.</summary>
    /// <returns>Why they ended before their end, or <see langword="null"/>.</returns>
    private static async Task<GatewayError?> StreamAsync(
        HttpContext http, ClientStream client, UpstreamExchange exchange, PreparedSpeech speech, RequestRecord record, RequestLifetime lifetime)
    {
        using var writer = new SpeechWriter(speech.Translation);
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
                    if (!writer.Sound.Read(exchange.Stream.Answer))
                        continue;
                    AnswerOutput output = await client.EnterAsync(http.RequestAborted);
                    if (speech.Translation is { Events: false, Format: SpeechFormat.Pcm } && !client.Started)
                        http.Response.ContentType = writer.Sound.PcmType;
                    writer.Write(output);
                    await client.FlushAsync(http.RequestAborted);
                }

                record.Usage = exchange.Stream.Usage;
                if (step == StreamStep.Fault)
                    return Blame(record, exchange.Stream.Fault!, speech.Call.Model);
            }
            catch (OperationCanceledException) when (lifetime.TimedOut)
            {
                return Blame(record, FaultAttribution.FromTransport(TransportFault.TotalTimeout), speech.Call.Model);
            }

            if (Judge(writer.Sound, finish, speech.Call.Model, record) is { } error)
                return error;
            if (writer.WriteEnd(record.Usage, await client.EnterAsync(http.RequestAborted)))
                await client.FlushAsync(http.RequestAborted);
            else
                client.Leave();
            return null;
        }
    }

    private async Task<GatewayError?> CompressAsync(
        HttpContext http, ClientStream client, WholeAnswer whole, PreparedSpeech speech, RequestRecord record, RequestLifetime lifetime)
    {
        using (whole)
        {
            var sound = new SpeechReader();
            sound.Read(whole.Answer);
            if (Judge(sound, AnswerText.FinishOf(whole.Answer, FinishReason.None), speech.Call.Model, record) is { } error)
                return error;

            ReadOnlyMemory<byte>? encoded;
            try
            {
                encoded = await encoder.EncodeAsync(sound.Samples, sound.Rate, sound.Channels, speech.Translation.Format, lifetime.Token);
            }
            catch (OperationCanceledException) when (lifetime.TimedOut)
            {
                return Blame(record, FaultAttribution.FromTransport(TransportFault.TotalTimeout), speech.Call.Model);
            }

            if (encoded is not { } file)
            {
                (record.FaultOwner, record.FaultReason) = ("Gateway", "EncoderFailed");
                return new GatewayError(500, GatewayErrorKind.Internal, "ffmpeg failed; the gateway's log tells how. wav and pcm can be had without it.", Param: "response_format", Code: "encoder_failed");
            }

            using var writer = new SpeechWriter(speech.Translation);
            AnswerOutput output = await client.EnterAsync(http.RequestAborted);
            if (!speech.Translation.Events)
                http.Response.ContentLength = file.Length;
            writer.WriteWhole(file.Span, record.Usage, output);
            await client.FlushAsync(http.RequestAborted);
            return null;
        }
    }

    private static GatewayError? Judge(SpeechReader sound, FinishReason finish, string model, RequestRecord record)
    {
        if (AnswerText.ErrorOf(finish, model, record) is { } cut)
            return cut;
        if (sound is { Any: true, IsUnreadable: false })
            return null;
        (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Upstream), nameof(FaultReason.EmptyAnswer));
        return new GatewayError(502, GatewayErrorKind.UpstreamEmpty, $"{model} answered with {(sound.IsUnreadable ? "sound of a kind that is not known here" : "no sound")}.", Code: "upstream_empty_response");
    }

    private static GatewayError Blame(RequestRecord record, Fault fault, string model)
    {
        (record.FaultOwner, record.FaultReason) = ($"{fault.Owner}", $"{fault.Reason}");
        return FailureTranslation.ToError(fault, model);
    }

    /// <summary>Nothing can be told behind samples; the connection is cut, so that they do not look whole.</summary>
    private static Task FailAsync(HttpContext http, ClientStream client, GatewayError error, bool events) =>
        client.Started && !events ? throw new CutAnswerException() : OpenAIReplies.FailAsync(http, client, error, events);
}
