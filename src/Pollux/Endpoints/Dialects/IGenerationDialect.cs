using System.Buffers;
using Pollux.Access;
using Pollux.Generation;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;
using Pollux.Telemetry;

namespace Pollux.Endpoints.Dialects;

/// <summary>One dialect in which answers are asked for: how its requests are read, and how answers and failures are written.</summary>
internal interface IGenerationDialect
{
    /// <summary>What keeps the same bytes of two dialects apart, where answers are shared or kept.</summary>
    string Name { get; }

    /// <summary>How failures are told outside a stream.</summary>
    IDialectErrors Errors { get; }

    /// <summary>Reads a request.</summary>
    /// <param name="http">The request; its body was read.</param>
    /// <param name="body">The body, which outlives the result.</param>
    /// <exception cref="RequestFormatException">It cannot be understood.</exception>
    /// <exception cref="RequestRefusedException">It is understood, and not served.</exception>
    ValueTask<IDialectRequest> ReadAsync(HttpContext http, ReadOnlyMemory<byte> body);

    /// <summary>Begins the answer to a request.</summary>
    IDialectAnswer Open(HttpContext http, GenerationDraft draft);

    /// <summary>Serves a request that is none for Gemini, before it is read.</summary>
    /// <returns>Whether it was one.</returns>
    ValueTask<bool> TryServeElsewhereAsync(HttpContext http, RequestBody body, RequestRecord record) => ValueTask.FromResult(false);

    /// <summary>Serves a request for a model that is no model of Gemini's.</summary>
    /// <returns>Whether it was served.</returns>
    ValueTask<bool> TryServeUnknownModelAsync(HttpContext http, RequestBody body, RequestRecord record) => ValueTask.FromResult(false);
}

/// <summary>One answer on its way to its client. Not thread-safe; everything written goes out by whoever calls.</summary>
internal interface IDialectAnswer : IDisposable
{
    /// <summary>Where pictures of the event at hand stand; filled before it is written.</summary>
    PictureAddresses Pictures { get; }

    /// <summary>Another model than the one asked for answers. Called before anything is written of the answer itself.</summary>
    void ServedBy(GenerationDraft standIn);

    /// <summary>Writes a whole answer.</summary>
    void WriteWhole(Answer answer, AnswerOutput output);

    /// <summary>Writes what one event of a stream adds.</summary>
    /// <returns>Whether something was written; an event may add nothing.</returns>
    bool WriteEvent(Answer answer, AnswerOutput output);

    /// <summary>Writes the end of a stream that ended well.</summary>
    void WriteEnd(AnswerOutput output);

    /// <summary>Writes a sign of life into a stream that is silent for long, before or between events.</summary>
    void WriteKeepAlive(IBufferWriter<byte> output);

    /// <summary>Writes a failure into a stream that has begun.</summary>
    /// <returns>Whether that ends the stream by the dialect's own rules; else the connection is cut, so that nobody takes what came for the whole.</returns>
    bool WriteFailure(GatewayError error, AnswerOutput output);

    /// <summary>The answer is complete and reached the client. For what must be remembered of it.</summary>
    ValueTask CompleteAsync(CancellationToken cancellation) => ValueTask.CompletedTask;
}

/// <summary>A request that is understood and not served.</summary>
/// <param name="error">What the client is told.</param>
internal sealed class RequestRefusedException(GatewayError error) : Exception(error.Message)
{
    /// <summary>What the client is told.</summary>
    public GatewayError Error => error;
}
