using System.Text;
using Pollux.Generation;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Endpoints;

/// <summary>A request for a model of a further upstream.</summary>
/// <param name="Asked">What its body tells.</param>
/// <param name="Target">Whose model it is.</param>
internal sealed record NamedAsk(RelayedBody Asked, NamedModel Target);

/// <summary>Serves models of further upstreams (<c>UPSTREAMS</c>) on OpenAI's routes: bodies go through as they are, but for the model's name.</summary>
internal sealed class NamedUpstreamRelay(OpenAIRelay relay, NamedUpstreams upstreams)
{
    /// <summary>Whether the request is for one of theirs.</summary>
    /// <returns><see langword="null"/>: it is not, or it cannot be understood, which the route itself will say.</returns>
    public NamedAsk? Find(RequestBody body, RequestRecord record) =>
        upstreams.Any && OpenAIRelay.TryRead(body.Bytes.Span, out RelayedBody asked, out _) && upstreams.Find(asked.Model, record.Side, record.Caller) is { } target
            ? new NamedAsk(asked, target)
            : null;

    /// <summary>Serves it.</summary>
    /// <param name="http">The request.</param>
    /// <param name="body">Its body, which is changed.</param>
    /// <param name="ask">What was found.</param>
    /// <param name="path">Below the upstream's base address.</param>
    /// <param name="record">Its record.</param>
    public Task ServeAsync(HttpContext http, RequestBody body, NamedAsk ask, string path, RequestRecord record)
    {
        (record.Model, record.Stream) = (ask.Asked.Model, ask.Asked.Stream);
        body.Replace(ask.Asked.ModelStart, ask.Asked.ModelLength, Encoding.UTF8.GetBytes($"\"{ask.Target.Model}\"")); // a configured name has nothing to escape
        var call = new UpstreamCall
        {
            Method = HttpMethod.Post,
            Path = path,
            Model = ask.Target.Model,
            Body = body.Bytes,
            Form = ask.Asked.Stream ? AnswerForm.ServerSentEvents : AnswerForm.Unary,
            IsOpenAI = true,
            Kinds = ask.Target.Kinds,
            Service = ask.Target.Upstream.Name,
        };
        body.ReadBy = call;
        return relay.ServeAsync(http, call, record);
    }
}
