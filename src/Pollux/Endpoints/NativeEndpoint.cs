using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Dispatch;
using Pollux.Endpoints.Dialects;
using Pollux.Files;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Protocols.Translation;
using Pollux.Replies;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>The API version that a native route asks of the upstream, as endpoint metadata.</summary>
/// <param name="Text">For example <c>v1beta</c>.</param>
internal sealed record NativeVersion(string Text);

/// <summary>Gemini's own API: bytes go through; they are scanned, not rebuilt.</summary>
internal sealed class NativeEndpoint(
    ModelNames models, KeptReplies requests, ModelFallbacks fallbacks, FilePins pins, ResourcesEndpoint resources, SignatureVault vault, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>
    /// How long an error in mid-stream stands alone: behind the last event, and before the connection is cut. Google's command-line
    /// agent asks again because of the error and gives up because of the cut; it knows the error only if it reads it by itself,
    /// neither together with an event nor with the end. True time, whatever the gateway's clock says: it is the client's.
    /// </summary>
    private static readonly TimeSpan TimeToRead = TimeSpan.FromSeconds(1);

    private static readonly byte[] BlankLine = "\r\n\r\n"u8.ToArray();

    private static readonly string[] ForwardedHeaders = ["x-goog-api-client", "x-server-timeout"];

    /// <summary>Serves <c>POST {version}/{collection}/{model}:{action}</c>.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        CancellationToken aborted = http.RequestAborted;
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        if (!NativePath.TryParse(http.Request.RouteValues["path"] as string, out NativePath path) || !path.IsComputation || (path.NamesPlace && !ModelSides.HasVertex(record.Side)))
        {
            if (record.Side is not (CredentialKinds.None or CredentialKinds.GeminiApiKey)) // Vertex AI has other resources
                await RefuseAsync(http, record, new GatewayError(404, GatewayErrorKind.NotFound, $"This gateway does not serve {http.Request.Method} {http.Request.Path}."), aborted);
            else
                await resources.InvokeAsync(http); // it makes or changes something, or is not known here
            return;
        }

        record.Model = path.Model;
        record.Caller = http.Caller?.Label ?? record.Caller; // who waits for a key takes turns with others
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, aborted);
        using (body)
        {
            if (body is null)
            {
                await RefuseAsync(http, record, refusal!, aborted);
                return;
            }

            if (Prepare(http, path, body, record, null, out GatewayError? fault) is not { } call)
            {
                await RefuseAsync(http, record, fault!, aborted);
                return;
            }

            if (await PinAsync(http, call, record) is { } notTogether)
            {
                await RefuseAsync(http, record, notTogether, aborted);
                return;
            }

            if (path.NamesPlace)
                record.Losses = record.Losses is { } others ? $"{NativePath.PlaceLoss};{others}" : NativePath.PlaceLoss;
            record.Stream = call.ClientForm != AnswerForm.Unary;
            body.ReadBy = call;
            var asked = new NativeAsk(path, body);
            using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, aborted);
            if (record.Stream)
                await StreamAsync(http, asked, call, record, lifetime);
            else
                await AnswerAsync(http, asked, call, record, lifetime);
        }
    }

    private UpstreamCall? Prepare(HttpContext http, NativePath path, RequestBody body, RequestRecord record, ResolvedModel? standIn, out GatewayError? fault)
    {
        fault = null;
        NativeScan scan;
        try
        {
            scan = NativeRequest.Scan(body.Bytes.Span);
        }
        catch (JsonException json)
        {
            fault = new GatewayError(400, GatewayErrorKind.InvalidRequest, $"Invalid JSON payload received: line {json.LineNumber + 1 ?? 1}, byte {json.BytePositionInLine + 1 ?? 1}.");
            return null;
        }

        string version = http.GetEndpoint()?.Metadata.GetMetadata<NativeVersion>()?.Text ?? "v1beta";
        string query = NativeQuery.Forward(http.Request.QueryString.Value, out bool serverSentEvents);
        bool stream = path.Action == "streamGenerateContent";
        bool generation = stream || path.Action == "generateContent";
        string model = path.Model;
        ResolvedModel? asked = null; // of a tuned model nothing is known
        ReadOnlyMemory<byte> sent = body.Bytes;
        if (path.Collection == "models")
        {
            if (ModelNames.RefusalOf(path.Model) is { } refusal && models.Resolve(path.Model, record) is null)
            {
                fault = new GatewayError(400, GatewayErrorKind.InvalidRequest, refusal);
                return null;
            }

            if ((standIn ?? models.Resolve(path.Model, record)) is not { } resolved)
            {
                fault = new GatewayError(404, GatewayErrorKind.NotFound,
                    $"models/{path.Model} is not found for API version {version}, or is not supported for {path.Action}. Call ModelService.ListModels to see the list of available models and their supported methods.{AliasedNames.HintFor(path.Model)}");
                return null;
            }

            asked = resolved;
            model = resolved.Name;
            if (generation && !scan.HasSafety && NativeRequest.AddSafety(sent, scan.Close, settings.Current.Generation, body.NewBuffer) is { } withSafety)
                sent = withSafety;
            if (generation && resolved.Capabilities.SignaturesEnforced)
                sent = NativeSignatures.Restore(sent, SignaturesOf(http), body.NewBuffer);
            if (generation && resolved.HasWishes)
            {
                var losses = new LossReport();
                try
                {
                    sent = NativeRequest.ApplyWishes(sent, resolved, losses);
                }
                catch (JsonException)
                {
                    fault = new GatewayError(400, GatewayErrorKind.InvalidRequest, "Invalid JSON payload received: a member stands in it twice.");
                    return null;
                }

                record.Losses = losses.IsEmpty ? null : losses.ToHeader();
            }
        }

        AnswerForm form = !stream ? AnswerForm.Unary : serverSentEvents ? AnswerForm.ServerSentEvents : AnswerForm.JsonArray;
        bool pretended = stream && StreamForms.IsPretended(http.Request.Headers[StreamForms.Header], asked, settings.Current.Streams);
        return new UpstreamCall
        {
            Method = HttpMethod.Post,
            Path = $"{version}/{path.Collection}/{model}:{(pretended ? "generateContent" : path.Action)}",
            Query = pretended ? NativeQuery.WithoutForm(query) : query,
            Model = model,
            Body = sent,
            Form = pretended ? AnswerForm.Unary : form,
            PretendedForm = pretended ? form : null,
            IsGeneration = generation,
            EstimatedPromptTokens = generation ? scan.Tokens.Total : 0,
            SurePromptTokens = generation ? scan.Tokens.Surely : 0,
            FileUris = scan.Tokens.FileUris,
            ResourceNames = path.Collection == "models" ? scan.Tokens.ResourceNames : [$"{path.Collection}/{path.Model}", .. scan.Tokens.ResourceNames ?? []],
            InputTokenLimit = generation && asked is not null ? models.InputTokenLimit(asked) : 0,
            Paid = asked is null ? PaidKeyUse.Never : models.PaidUse(asked),
            Kinds = asked is null ? record.Side : asked.Kinds,
            BlockReachesClient = true,
            ReplaceSignatures = () => NativeRequest.ReplaceSignatures(sent, body.NewBuffer),
            Headers = PickHeaders(http.Request.Headers),
            Fingerprint = generation ? CallFingerprint.OfNative(settings.Current.Replies, ModelSides.Mark(asked?.Kinds ?? record.Side, $"{version}/{path.Collection}/{model}"), query, sent.Span) : null,
        };
    }

    private ValueTask<GatewayError?> PinAsync(HttpContext http, UpstreamCall call, RequestRecord record) =>
        pins.PinAsync(call, http.Caller?.Id ?? "", http.Request.Host.Value ?? "", record, http.RequestAborted);

    private async Task AnswerAsync(HttpContext http, NativeAsk asked, UpstreamCall call, RequestRecord record, RequestLifetime lifetime)
    {
        await using var client = new ClientStream(http.Response, "application/json; charset=UTF-8", settings.Current.Dispatch.UnaryKeepAlive, clock);
        TimeSpan? patience = call.IsGeneration && !call.NamesCache ? fallbacks.PatienceFor(call.Model) : null;
        Dispatched result = await requests.SendAsync(AskedOf(http, asked), call, record, lifetime, patience);
        if (patience is not null && result.Failure is { IsPoolDry: true })
            (call, result) = await FallBackAsync(http, asked, call, result, record, lifetime);
        AnswerOutput output = await client.EnterAsync(http.RequestAborted, begin: false);
        if (result.Failure is { } failure)
        {
            NativeFailures.Write(http.Response, failure, call.Model, settings.Current.Server.PublicMode, output);
            await client.FlushAsync(http.RequestAborted);
            return;
        }

        using WholeAnswer whole = result.Whole!;
        NativeSignatures.Remember(whole.Answer, SignaturesOf(http));
        if (!client.Started)
        {
            http.Response.ContentType = whole.ContentType;
            http.Response.ContentLength = whole.Body.Length;
            AddHeaders(http.Response, whole.Headers);
        }

        output.WriteSlice(whole.Body);
        await client.FlushAsync(http.RequestAborted);
    }

    private async Task StreamAsync(HttpContext http, NativeAsk asked, UpstreamCall call, RequestRecord record, RequestLifetime lifetime)
    {
        string contentType = call.ClientForm == AnswerForm.JsonArray ? "application/json; charset=UTF-8" : "text/event-stream";
        await using var client = new ClientStream(http.Response, contentType, StreamForms.KeepAliveOf(call, settings.Current), clock);
        TimeSpan? patience = call.IsGeneration && !call.NamesCache ? fallbacks.PatienceFor(call.Model) : null;
        Dispatched result = await requests.SendAsync(AskedOf(http, asked), call, record, lifetime, patience);
        if (patience is not null && result.Failure is { IsPoolDry: true })
            (call, result) = await FallBackAsync(http, asked, call, result, record, lifetime);
        if (result.Failure is { } failure)
        {
            if (client.Started)
                await CutAsync(http, client, FailureTranslation.ToError(failure, call.Model), call.ClientForm, first: true);

            AnswerOutput output = await client.EnterAsync(http.RequestAborted, begin: false);
            NativeFailures.Write(http.Response, failure, call.Model, settings.Current.Server.PublicMode, output);
            await client.FlushAsync(http.RequestAborted);
            return;
        }

        await using IAnswerEvents events = StreamForms.EventsOf(result, call, settings.Current.Streams, lifetime, clock, http.RequestAborted);
        AddHeaders(http.Response, events.Headers);
        Fault? ended = await PumpAsync(http, client, events, call.ClientForm, lifetime, SignaturesOf(http));
        record.Usage = result.Stream?.Stream.Usage ?? record.Usage;
        if (ended is { } fault)
        {
            record.FaultOwner = fault.Owner.ToString();
            record.FaultReason = fault.Reason.ToString();
            await CutAsync(http, client, FailureTranslation.ToError(fault, call.Model), call.ClientForm, first: false);
        }
    }

    /// <summary>Lets another model answer, which the header names; the body stays what the client sent.</summary>
    private async Task<(UpstreamCall Call, Dispatched Result)> FallBackAsync(
        HttpContext http, NativeAsk asked, UpstreamCall call, Dispatched dry, RequestRecord record, RequestLifetime lifetime)
    {
        if (models.Resolve(asked.Path.Model, record) is not { } model)
            return (call, dry);

        UpstreamCall? other = null;
        (ResolvedModel? standIn, Dispatched result) = await fallbacks.ServeAsync(
            model, call, dry, record,
            async next => (other = Prepare(http, asked.Path, asked.Body, record, next, out _)) is not null && await PinAsync(http, other, record) is not null ? other = null : other,
            (sent, patience) => requests.SendAsync(AskedOf(http, asked), asked.Body.ReadBy = sent, record, lifetime, patience));
        if (standIn is null)
            return (call, result);
        StandInHeader.Write(http.Response, standIn);
        return (other!, result);
    }

    private static AskedBody AskedOf(HttpContext http, NativeAsk asked) => new(http.Caller?.Id ?? "", "gemini", asked.Body.Bytes);

    private SignatureVault.CallerSignatures SignaturesOf(HttpContext http) => vault.For(http.Caller?.Id ?? "");

    private static async Task<Fault?> PumpAsync(HttpContext http, ClientStream client, IAnswerEvents events, AnswerForm form, RequestLifetime lifetime, SignatureVault.CallerSignatures signatures)
    {
        byte[] closing = [];
        bool open = false; // the last event lacks its blank line: the upstream was cut right behind it
        try
        {
            while (true)
            {
                switch (await events.NextAsync())
                {
                    case StreamStep.Fault:
                        if (open)
                            await client.WriteAsync(BlankLine, http.RequestAborted); // else the error would belong to that event
                        return events.Fault;
                    case StreamStep.Framing:
                        closing = events.Raw.ToArray(); // behind a closed array no error could be told: first see whether one is due
                        break;
                    case StreamStep.End:
                        if (closing.Length > 0)
                            await client.WriteAsync(closing, http.RequestAborted);
                        return null;
                    default:
                        NativeSignatures.Remember(events.Answer, signatures); // before the client can ask again
                        open = form == AnswerForm.ServerSentEvents && !EndsEvent(events.Raw.Span);
                        await client.WriteAsync(events.Raw, http.RequestAborted);
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (lifetime.TimedOut)
        {
            return FaultAttribution.FromTransport(TransportFault.TotalTimeout);
        }
    }

    /// <summary>
    /// Tells an error inside a stream that has begun, and ends it there: by the client, which has understood, or without the
    /// body's end mark, for clients that pass over what is no event.
    /// </summary>
    private static async Task CutAsync(HttpContext http, ClientStream client, GatewayError error, AnswerForm form, bool first)
    {
        if (!first)
            await GiveTimeAsync(http);
        AnswerOutput output = await client.EnterAsync(http.RequestAborted);
        WriteInStream(error, form, first, output);
        await client.FlushAsync(http.RequestAborted);
        await GiveTimeAsync(http);
        throw new CutAnswerException();
    }

    /// <summary>Lets the client read what was sent; ends at once when it leaves.</summary>
    private static async Task GiveTimeAsync(HttpContext http) =>
        await Task.Delay(TimeToRead, TimeProvider.System, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static bool EndsEvent(ReadOnlySpan<byte> raw) => raw.EndsWith("\r\n\r\n"u8) || raw.EndsWith("\n\n"u8) || raw.EndsWith("\r\r"u8);

    /// <summary>
    /// The bare error object, as Google sends it in mid-stream: the form on which its command-line agent asks again. In an
    /// array it is the last element.
    /// </summary>
    private static void WriteInStream(GatewayError error, AnswerForm form, bool first, AnswerOutput output)
    {
        if (form == AnswerForm.JsonArray)
            output.Write(first ? "["u8 : ",\r\n"u8);
        GeminiErrors.WriteBody(error, 503, output);
        if (form == AnswerForm.JsonArray)
            output.Write("]"u8);
    }

    private static void AddHeaders(HttpResponse response, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (response.HasStarted)
            return;
        foreach ((string name, string value) in headers)
            response.Headers[name] = value;
    }

    private static KeyValuePair<string, string>[] PickHeaders(IHeaderDictionary headers)
    {
        KeyValuePair<string, string>[] picked = [];
        foreach (string name in ForwardedHeaders)
        {
            if (headers.TryGetValue(name, out var value)) // two at most, mostly none
                picked = [.. picked, new(name, value.ToString())];
        }

        return picked;
    }

    private static async Task RefuseAsync(HttpContext http, RequestRecord record, GatewayError error, CancellationToken aborted)
    {
        record.FaultOwner = error.Kind == GatewayErrorKind.Busy ? nameof(FaultOwner.Gateway) : nameof(FaultOwner.Client);
        record.FaultReason = error.Kind.ToString();
        await GeminiErrors.Instance.WriteAsync(http, error, aborted);
    }

    /// <summary>What a native client asked.</summary>
    private readonly record struct NativeAsk(NativePath Path, RequestBody Body);
}
