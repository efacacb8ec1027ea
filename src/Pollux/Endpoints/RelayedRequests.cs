using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>What all routes share whose requests are handed on as they are: reading the body as far as it must be known here, and the record.</summary>
internal sealed class RelayedRequests(OpenAIRelay relay, SettingsHolder settings)
{
    /// <summary>The request's record, with who asks.</summary>
    public static RequestRecord Begin(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        return record;
    }

    /// <summary>The refusal of a model that is hidden, or that nobody has.</summary>
    public static GatewayError UnknownModel(string model) =>
        new(404, GatewayErrorKind.NotFound, $"The model '{model}' does not exist.", Param: "model", Code: "model_not_found");

    /// <summary>Reads a POST and has it served; what is no request is refused.</summary>
    /// <param name="http">The request.</param>
    /// <param name="serve">Serves it; its body lives as long.</param>
    public async Task PostAsync(HttpContext http, Func<RequestBody, RelayedBody, RequestRecord, Task> serve)
    {
        RequestRecord record = Begin(http);
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted);
        using (body)
        {
            if (body is null || !OpenAIRelay.TryRead(body.Bytes.Span, out RelayedBody asked, out refusal))
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            (record.Model, record.Stream) = (asked.Model, asked.Stream);
            try
            {
                await serve(body, asked, record);
            }
            catch (RequestFormatException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault);
            }
        }
    }

    /// <summary>Sends a call whose body was read here.</summary>
    public Task SendAsync(HttpContext http, RequestBody body, UpstreamCall call, RequestRecord record)
    {
        body.ReadBy = call;
        return relay.ServeAsync(http, call, record);
    }

    /// <summary>Sends a call without a body.</summary>
    public Task SendAsync(HttpContext http, UpstreamCall call) => relay.ServeAsync(http, call, Begin(http));
}
