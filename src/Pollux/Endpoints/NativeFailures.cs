using System.Buffers;
using System.Text;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Endpoints.Dialects;
using Pollux.KeyPool;

namespace Pollux.Endpoints;

/// <summary>Tells native clients why a call failed.</summary>
internal static class NativeFailures
{
    /// <summary>
    /// Hands on Google's own error object where the fault is the client's, the model's or Google's. What one key of the pool
    /// suffered is told in the pool's words.
    /// </summary>
    /// <param name="response">Where to; its head is written if nothing of it was.</param>
    /// <param name="failure">Why.</param>
    /// <param name="model">The model, for messages.</param>
    /// <param name="publicMode"><c>PUBLIC_MODE</c>: projects are not named.</param>
    /// <param name="output">Receives the body.</param>
    public static void Write(HttpResponse response, DispatchFailure failure, string model, bool publicMode, IBufferWriter<byte> output)
    {
        GatewayError error = FailureTranslation.ToError(failure, model);
        if (!response.HasStarted)
            ErrorHead.Write(response, error);
        bool googlesOwn = failure.Fault is { HttpStatus: >= 400, Owner: FaultOwner.Client or FaultOwner.Model or FaultOwner.Upstream }
            && failure.UpstreamBody.Span.TrimStart(" \r\n\t"u8) is [(byte)'{' or (byte)'[', ..];
        if (!googlesOwn)
        {
            GeminiErrors.WriteBody(error, error.Status, output);
            return;
        }

        if (!response.HasStarted)
            response.StatusCode = failure.Fault!.HttpStatus;
        if (publicMode)
            output.Write(Encoding.UTF8.GetBytes(SecretScrubber.ScrubProjects(Encoding.UTF8.GetString(failure.UpstreamBody.Span))));
        else
            output.Write(failure.UpstreamBody.Span);
    }
}
