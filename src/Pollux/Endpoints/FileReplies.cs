using Pollux.Endpoints.Dialects;
using Pollux.Files;
using Pollux.KeyPool;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>Writes what is answered about files and other resources.</summary>
internal static class FileReplies
{
    /// <summary>Writes <paramref name="reply"/>.</summary>
    /// <param name="http">The request.</param>
    /// <param name="reply">The answer.</param>
    /// <param name="record">Learns of a failure.</param>
    /// <param name="model">The model, for messages; may be empty.</param>
    /// <param name="publicMode"><c>PUBLIC_MODE</c>: projects are not named.</param>
    public static async Task WriteAsync(HttpContext http, FileReply reply, RequestRecord record, string model, bool publicMode)
    {
        CancellationToken aborted = http.RequestAborted;
        if (reply.Error is { } error)
        {
            (record.FaultOwner, record.FaultReason) = (error.Status < 500 ? nameof(FaultOwner.Client) : nameof(FaultOwner.Upstream), error.Kind.ToString());
            await GeminiErrors.Instance.WriteAsync(http, error, aborted);
            return;
        }

        if (reply.Failure is { } failure)
        {
            (record.FaultOwner, record.FaultReason) = (failure.Fault?.Owner.ToString() ?? nameof(FaultOwner.Key), failure.Fault?.Reason.ToString() ?? failure.Refusal?.Reason.ToString() ?? "-");
            NativeFailures.Write(http.Response, failure, model, publicMode, http.Response.BodyWriter);
            await http.Response.BodyWriter.FlushAsync(aborted);
            return;
        }

        http.Response.StatusCode = reply.Status;
        foreach ((string name, string value) in reply.Headers)
            http.Response.Headers[name] = value;
        if (reply.ContentType is { } type)
            http.Response.ContentType = type;
        http.Response.ContentLength = reply.Body.Length;
        await http.Response.Body.WriteAsync(reply.Body, aborted);
    }
}
