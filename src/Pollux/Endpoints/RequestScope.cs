using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>
/// Around every request: gives it an id, keeps its record, and writes the one log line at its end, whatever happened.
/// </summary>
internal sealed partial class RequestScope(
    RequestDelegate next, RequestIds ids, RequestLog log, SettingsHolder settings, TimeProvider clock, ILogger<RequestScope> logger)
{
    /// <summary>Serves one request.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        var record = new RequestRecord { Id = ids.Next(), StartedAt = clock.GetTimestamp() };
        http.Features.Set(record);
        http.Response.Headers["x-request-id"] = record.Id;
        if (settings.Current.Server.DebugHeaders)
            http.Response.OnStarting(static state => WriteDebugHeaders((HttpContext)state), http);
        if (settings.Current.Replies.Enabled)
            http.Response.OnStarting(static state => WriteCacheHeader((HttpContext)state), http);

        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // the client went away: nobody reads an answer
        }
        catch (IOException) when (http.RequestAborted.IsCancellationRequested)
        {
            // as above, noticed while writing
        }
        catch (Exception fault) when (fault is not CutAnswerException)
        {
            record.FaultOwner = "Gateway";
            record.FaultReason = fault.GetType().Name;
            Failed(logger, fault, record.Id);
            if (http.Response.HasStarted)
                http.Abort(); // a cut body must not look whole
            else
                await DialectOf.Errors(http).WriteAsync(http, new GatewayError(500, GatewayErrorKind.Internal, $"The gateway failed; its log tells more under {record.Id}.", Code: "internal_error"), http.RequestAborted);
        }
        finally
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<DialectMetadata>() is { } dialect)
                record.Dialect = dialect.Name;
            if (http.Caller is { } caller)
                record.Caller = caller.Label;
            if (record.FaultOwner == "-" && http.Response.StatusCode is >= 400 and < 500 and var refused)
                (record.FaultOwner, record.FaultReason) = ("Client", ((HttpStatusCode)refused).ToString()); // refused before a handler ran
            if (record.Dialect != "-" || http.Response.StatusCode >= 400)
                log.Write(record, http.Response.StatusCode, record.Live is null && http.RequestAborted.IsCancellationRequested); // who ended a session stands in its close code
        }
    }

    private static Task WriteDebugHeaders(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        http.Response.Headers["x-pollux-attempts"] = record.Attempts.ToString(System.Globalization.CultureInfo.InvariantCulture);
        http.Response.Headers["x-pollux-key"] = Uri.EscapeDataString(record.KeyLabel);
        if (record.Shared)
            http.Response.Headers["x-pollux-shared"] = "1";
        if (record.Losses is { } losses)
            http.Response.Headers["x-pollux-losses"] = losses;
        return Task.CompletedTask;
    }

    private static Task WriteCacheHeader(HttpContext http)
    {
        if (http.Features.GetRequiredFeature<RequestRecord>().Cached && http.Response.StatusCode == StatusCodes.Status200OK)
            http.Response.Headers["x-pollux-cache"] = "hit";
        return Task.CompletedTask;
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Error, Message = "{RequestId} failed inside the gateway.")]
    private static partial void Failed(ILogger logger, Exception fault, string requestId);
}
