using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>
/// <c>OPENAI_PASSTHROUGH</c>: <c>/openai/v1</c> leads to Google's own OpenAI endpoint. Requests and good answers go through as
/// bytes, with a key of the pool and its retries; errors are told in OpenAI's form, which Google's are not. Names of models are
/// Google's: no aliases, no endings.
/// </summary>
internal sealed class OpenAIPassthroughEndpoint(ModelNames models, Dispatcher dispatcher, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Where it is found.</summary>
    public const string Prefix = "/openai/v1";

    /// <summary>What is handed on by POST. Files and batches are not: they would belong to one key, and to everybody who calls.</summary>
    public static readonly string[] Posts = ["chat/completions", "embeddings", "images/generations"];

    /// <summary>What Google's endpoint does not have, as of November 2026, and the gateway has elsewhere.</summary>
    public static readonly string[] Missing = ["images/edits", "images/variations", "audio/speech", "audio/transcriptions", "audio/translations"];

    /// <summary>Serves one of <see cref="Posts"/>.</summary>
    public async Task PostAsync(HttpContext http, string path)
    {
        RequestRecord record = Begin(http);
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted);
        using (body)
        {
            if (body is null || !TryRead(body.Bytes.Span, out string model, out bool stream, out refusal))
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            record.Model = model;
            record.Stream = stream;
            if (models.Resolve(model, CredentialKinds.GeminiApiKey) is not { } resolved)
            {
                await OpenAIReplies.RefuseAsync(http, record, UnknownModel(model));
                return;
            }

            var call = new UpstreamCall
            {
                Method = HttpMethod.Post,
                Path = "v1beta/openai/" + path,
                Query = NativeQuery.Forward(http.Request.QueryString.Value, out _),
                Model = resolved.Name,
                Body = body.Bytes,
                Form = stream ? AnswerForm.ServerSentEvents : AnswerForm.Unary,
                Paid = models.PaidUse(resolved),
                IsOpenAI = true,
            };
            body.ReadBy = call;
            await ServeAsync(http, call, record);
        }
    }

    /// <summary>Refuses one of <see cref="Missing"/>.</summary>
    public static Task RefuseAsync(HttpContext http, string path) => OpenAIReplies.RefuseAsync(http, Begin(http), new GatewayError(
        404, GatewayErrorKind.NotFound, $"{Prefix} leads to Google's own OpenAI endpoint here (OPENAI_PASSTHROUGH), which has no {path}. Use /v1/{path}.", Code: "unknown_url"));

    /// <summary>Serves <c>GET models</c> and <c>GET models/{id}</c>.</summary>
    public async Task GetModelsAsync(HttpContext http)
    {
        RequestRecord record = Begin(http);
        string? id = http.Request.RouteValues["id"] as string;
        if (id is not null && models.Resolve(id, CredentialKinds.GeminiApiKey) is null)
        {
            await OpenAIReplies.RefuseAsync(http, record, UnknownModel(id));
            return;
        }

        await ServeAsync(
            http,
            new UpstreamCall
            {
                Method = HttpMethod.Get,
                Path = id is null ? "v1beta/openai/models" : "v1beta/openai/models/" + Uri.EscapeDataString(id),
                Model = "",
                IsFree = true,
                Form = AnswerForm.Unary,
                IsOpenAI = true,
            },
            record);
    }

    private async Task ServeAsync(HttpContext http, UpstreamCall call, RequestRecord record)
    {
        bool stream = call.Form != AnswerForm.Unary;
        DispatchSettings dispatch = settings.Current.Dispatch;
        using var lifetime = new RequestLifetime(dispatch.TotalTimeout, clock, http.RequestAborted);
        await using var client = new ClientStream(http.Response, stream ? "text/event-stream" : "application/json", stream ? dispatch.KeepAlive : TimeSpan.Zero, clock);
        Dispatched result = await dispatcher.SendAsync(call, record, lifetime);
        if (result.Failure is { } failure)
        {
            await OpenAIReplies.FailAsync(http, client, FailureTranslation.ToError(failure, call.Model), asEvent: stream);
            return;
        }

        if (result.Stream is { } exchange)
        {
            await using (exchange)
                await PumpAsync(http, client, exchange, call, record, lifetime);
            return;
        }

        using WholeAnswer whole = result.Whole!;
        http.Response.ContentType = whole.ContentType;
        http.Response.ContentLength = whole.Body.Length;
        foreach ((string name, string value) in whole.Headers)
            http.Response.Headers[name] = value;
        AnswerOutput output = await client.EnterAsync(http.RequestAborted, begin: false);
        output.WriteSlice(whole.Body);
        await client.FlushAsync(http.RequestAborted);
    }

    private static async Task PumpAsync(HttpContext http, ClientStream client, UpstreamExchange exchange, UpstreamCall call, RequestRecord record, RequestLifetime lifetime)
    {
        Fault? fault = null;
        try
        {
            StreamStep step;
            while ((step = await exchange.NextAsync()) is StreamStep.Event or StreamStep.Framing)
                await client.WriteAsync(exchange.Stream.Raw, http.RequestAborted);
            fault = step == StreamStep.Fault ? exchange.Stream.Fault : null;
        }
        catch (OperationCanceledException) when (lifetime.TimedOut)
        {
            fault = FaultAttribution.FromTransport(TransportFault.TotalTimeout);
        }

        record.Usage = exchange.Stream.Usage;
        if (fault is null)
            return;
        (record.FaultOwner, record.FaultReason) = (fault.Owner.ToString(), fault.Reason.ToString());
        await OpenAIReplies.FailAsync(http, client, FailureTranslation.ToError(fault, call.Model), asEvent: true);
    }

    private static RequestRecord Begin(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        return record;
    }

    private static GatewayError UnknownModel(string model) =>
        new(404, GatewayErrorKind.NotFound, $"The model '{model}' does not exist.", Param: "model", Code: "model_not_found");

    /// <summary>Looks for what the lease needs to know; the rest is Google's to judge.</summary>
    private static bool TryRead(ReadOnlySpan<byte> body, out string model, out bool stream, out GatewayError? refusal)
    {
        (model, stream, refusal) = ("", false, null);
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException("No object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isModel = reader.ValueTextEquals("model"u8), isStream = reader.ValueTextEquals("stream"u8);
                reader.Read();
                if (isModel && reader.TokenType == JsonTokenType.String)
                    model = reader.GetString()!;
                else if (isStream)
                    stream = reader.TokenType == JsonTokenType.True;
                reader.Skip();
            }

            if (reader.Read())
                throw new JsonException("Something follows.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: a text that is none
        {
            refusal = new GatewayError(400, GatewayErrorKind.InvalidRequest, "The request body is not one well-formed JSON object.");
            return false;
        }

        if (model.Length == 0)
            refusal = new GatewayError(400, GatewayErrorKind.InvalidRequest, "The model is missing.", Param: "model", Code: "missing_required_parameter");
        return refusal is null;
    }
}
