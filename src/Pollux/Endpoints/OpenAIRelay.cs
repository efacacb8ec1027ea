using System.Text.Json;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>What a body that is handed on as it is tells about itself.</summary>
/// <param name="Model">The model asked for.</param>
/// <param name="Stream">Whether a stream is asked for.</param>
/// <param name="ModelStart">Where the model's name stands, with its quotes.</param>
/// <param name="ModelLength">How many bytes it takes, with its quotes.</param>
internal readonly record struct RelayedBody(string Model, bool Stream, int ModelStart, int ModelLength);

/// <summary>Hands requests in OpenAI's form on to an upstream that speaks it, and its answers back, both as bytes.</summary>
internal sealed class OpenAIRelay(Dispatcher dispatcher, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>Sends the call and hands its answer on as the bytes it came as; failures are told in OpenAI's form.</summary>
    public async Task ServeAsync(HttpContext http, UpstreamCall call, RequestRecord record)
    {
        bool stream = call.Form != AnswerForm.Unary;
        DispatchSettings dispatch = settings.Current.Dispatch;
        using var lifetime = new RequestLifetime(dispatch.TotalTimeout, clock, http.RequestAborted);
        await using var client = new ClientStream(http.Response, stream ? "text/event-stream" : "application/json", stream ? dispatch.KeepAlive : TimeSpan.Zero, clock);
        Dispatched result = await dispatcher.SendAsync(call, record, lifetime);
        if (result.Failure is { } failure)
        {
            await OpenAIReplies.FailAsync(http, client, Told(failure, call), asEvent: stream);
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
        await OpenAIReplies.FailAsync(http, client, Told(new DispatchFailure(fault, null, default, fault.RetryAfter), call), asEvent: true);
    }

    /// <summary>Looks for what must be known here; the rest is the upstream's to judge. A model that is given twice is refused: who reads the other one would ask for another.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out RelayedBody asked, out GatewayError? refusal)
    {
        (asked, refusal) = (new RelayedBody("", false, 0, 0), null);
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException("No object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isModel = reader.ValueTextEquals("model"u8), isStream = reader.ValueTextEquals("stream"u8);
                reader.Read();
                if (isModel && asked.ModelLength > 0)
                    throw new JsonException("Two models.");
                if (isModel && reader.TokenType == JsonTokenType.String)
                    asked = asked with { Model = reader.GetString()!, ModelStart = (int)reader.TokenStartIndex, ModelLength = (int)(reader.BytesConsumed - reader.TokenStartIndex) };
                else if (isStream)
                    asked = asked with { Stream = reader.TokenType == JsonTokenType.True };
                reader.Skip();
            }

            if (reader.Read())
                throw new JsonException("Something follows.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: a text that is none
        {
            refusal = new GatewayError(400, GatewayErrorKind.InvalidRequest, "The request body is not one well-formed JSON object with one model.");
            return false;
        }

        if (asked.Model.Length == 0)
            refusal = new GatewayError(400, GatewayErrorKind.InvalidRequest, "The model is missing.", Param: "model", Code: "missing_required_parameter");
        return refusal is null;
    }

    private static GatewayError Told(DispatchFailure failure, UpstreamCall call) => call.CallersKey is null
        ? FailureTranslation.ToError(failure, call.Model, call.Service)
        : FailureTranslation.ToCallersError(failure, call.Model, call.Service);
}
