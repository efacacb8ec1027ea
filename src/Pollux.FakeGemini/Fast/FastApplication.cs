using System.IO.Pipelines;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Pollux.FakeGemini.Fast;

/// <summary>
/// Answers straight on Kestrel's features: no middleware, no routing, no context object. What a request asks is read from the
/// end of its path alone.
/// </summary>
internal sealed class FastApplication(FastGeminiOptions options) : IHttpApplication<IFeatureCollection>
{
    private readonly FastAnswers _answers = new(options.Events, options.ChunkBytes);

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Kestrel owns the features.
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        IHttpRequestFeature request = context.GetRequiredFeature<IHttpRequestFeature>();
        CancellationToken aborted = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        if (request.Method == "POST") await DrainAsync(context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader, aborted);
        if (options.Latency > TimeSpan.Zero) await Task.Delay(options.Latency, options.TimeProvider, aborted);

        IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
        PipeWriter writer = context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        string path = request.Path;
        if (path.EndsWith(":streamGenerateContent", StringComparison.Ordinal))
        {
            bool events = request.QueryString.Contains("alt=sse", StringComparison.Ordinal);
            response.Headers.ContentType = events ? Serving.ReplyFraming.EventStream : Serving.ReplyFraming.Json;
            await SendAsync(writer, events ? _answers.Events : _answers.Array, aborted);
            return;
        }

        ReadOnlyMemory<byte> body = path.EndsWith(":countTokens", StringComparison.Ordinal) ? _answers.CountTokens
            : path.EndsWith("/models", StringComparison.Ordinal) ? _answers.Models
            : _answers.Unary;
        response.Headers.ContentType = Serving.ReplyFraming.Json;
        response.Headers.ContentLength = body.Length;
        await writer.WriteAsync(body, aborted);
    }

    private async Task SendAsync(PipeWriter writer, ReadOnlyMemory<byte>[] pieces, CancellationToken aborted)
    {
        for (int i = 0; i < pieces.Length; i++)
        {
            if (i > 0 && options.Interval > TimeSpan.Zero) await Task.Delay(options.Interval, options.TimeProvider, aborted);
            await writer.WriteAsync(pieces[i], aborted);
        }
    }

    private static async Task DrainAsync(PipeReader reader, CancellationToken aborted)
    {
        ReadResult read;
        do
        {
            read = await reader.ReadAsync(aborted);
            reader.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
    }
}
