using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.Endpoints.Dialects;
using Pollux.Files;
using Pollux.Generation;
using Pollux.Media;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>
/// Counts what a request of a translated dialect would send. Google counts, without taking quota; where no key can ask it, the
/// gateway's own estimate is told. The header <c>x-pollux-count</c> says which.
/// </summary>
internal sealed class TokenCountEndpoint(
    GenerationPreparation preparation, Dispatcher dispatcher, FilePins pins, BodyBudget budget, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>The header that says who counted: <c>google</c> or <c>estimate</c>.</summary>
    public const string Header = "x-pollux-count";

    /// <summary>Serves a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="dialect">How it is read and refused.</param>
    /// <param name="write">Writes the members of the answer.</param>
    public async Task InvokeAsync(HttpContext http, IGenerationDialect dialect, Action<int, Utf8JsonWriter> write)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted);
        using (body)
        {
            if (body is null)
            {
                await dialect.Errors.RefuseAsync(http, record, refusal!);
                return;
            }

            using var media = new FetchedMedia(settings.Current.Media, budget, body.Own);
            GenerationDraft draft;
            try
            {
                draft = preparation.Read(await dialect.ReadAsync(http, body.Bytes), http.Caller?.Id ?? "", record);
            }
            catch (RequestFormatException fault)
            {
                await dialect.Errors.RefuseAsync(http, record, fault);
                return;
            }
            catch (RequestRefusedException fault)
            {
                await dialect.Errors.RefuseAsync(http, record, fault.Error);
                return;
            }

            using PreparedGeneration prepared = preparation.WriteCount(draft, media);
            body.ReadBy = prepared.Call;
            if (await pins.PinAsync(prepared.Call, http.Caller?.Id ?? "", http.Request.Host.Value ?? "", record, http.RequestAborted) is { } notTogether)
            {
                await dialect.Errors.RefuseAsync(http, record, notTogether);
                return;
            }

            (int? counted, GatewayError? failed) = NeedsFetching(draft.Translation) ? default : await AskAsync(http, prepared, record);
            if (failed is not null)
                await dialect.Errors.WriteAsync(http, failed, http.RequestAborted);
            else
                await WriteAsync(http, counted ?? prepared.Draft.EstimatedPromptTokens, counted is null ? "estimate" : "google", write);
        }
    }

    private async Task<(int? Counted, GatewayError? Failed)> AskAsync(HttpContext http, PreparedGeneration prepared, RequestRecord record)
    {
        using var lifetime = new RequestLifetime(settings.Current.Dispatch.TotalTimeout, clock, http.RequestAborted);
        Dispatched result = await dispatcher.SendAsync(prepared.Call, record, lifetime, TimeSpan.Zero);
        if (result.Failure is { } failure && FailureTranslation.ToError(failure, prepared.Draft.Model.Name) is { Status: >= 400 and < 500 and not 429 } refused)
            return (null, refused);
        using WholeAnswer? whole = result.Whole;
        return (whole is null ? null : TotalOf(whole.Body), null);
    }

    /// <summary>Media are not fetched to be counted: that would take longer than to ask for the answer.</summary>
    private static bool NeedsFetching(RequestTranslation translation)
    {
        foreach (RemoteMedia media in translation.RemoteMedia)
        {
            if (!media.GoogleFetches)
                return true;
        }

        return false;
    }

    private static int? TotalOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("totalTokens"u8, out JsonElement total) && total.TryGetInt32(out int tokens) ? tokens : null;
        }
        catch (JsonException)
        {
            return null; // no count: the estimate is nearer than an error
        }
    }

    private static async Task WriteAsync(HttpContext http, int tokens, string by, Action<int, Utf8JsonWriter> write)
    {
        http.Response.Headers[Header] = by;
        http.Response.ContentType = "application/json; charset=utf-8";
        using (var json = new Utf8JsonWriter(http.Response.BodyWriter))
        {
            json.WriteStartObject();
            write(tokens, json);
            json.WriteEndObject();
        }

        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}
