using System.Net.Sockets;
using Pollux.Buffers;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Dispatch;

/// <summary>How one attempt ended: exactly one of the three.</summary>
/// <param name="Whole">A complete answer.</param>
/// <param name="Stream">A stream with something meaningful read.</param>
/// <param name="Fault">Why it failed.</param>
/// <param name="Body">The upstream's error body, unscrubbed: it must not leave this room as it is.</param>
internal readonly record struct AttemptResult(WholeAnswer? Whole, UpstreamStream? Stream, Fault? Fault, ReadOnlyMemory<byte> Body = default);

/// <summary>Makes one attempt: send, read as much as is needed to judge it, judge. Exceptions of the network become faults here.</summary>
internal sealed class Attempt(GeminiUpstream upstream, AnswerRoom? room, TimeProvider clock)
{
    /// <summary>The largest unary answer: several pictures of 4K in one body.</summary>
    private const int MaxAnswerBytes = 256 * 1024 * 1024;

    private const int MaxErrorBytes = 1024 * 1024;

    /// <summary>Makes the attempt.</summary>
    /// <exception cref="OperationCanceledException">The request ended: nobody waits for the answer.</exception>
    public async Task<AttemptResult> RunAsync(
        UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, AttemptConditions conditions, DispatchSettings settings, CancellationToken request)
    {
        var cancellation = new AttemptCancellation(settings.SilenceTimeout, clock, request);
        HttpResponseMessage? response = null;
        try
        {
            response = await upstream.SendAsync(call, body, credential, conditions.Transport, cancellation.Token);
            cancellation.Heard();
            if ((int)response.StatusCode is < 200 or >= 300)
                return await ReadFailureAsync(call, response, credential, conditions, cancellation);

            if (call.Form == AnswerForm.Unary)
                return await ReadWholeAsync(call, response, credential, conditions, cancellation);

            Stream content = response.Content.ReadAsStream(CancellationToken.None); // reads nothing yet
            var stream = new UpstreamStream(
                response, content, call, cancellation, room,
                error => FaultAttribution.Classify(conditions.Failure(200, error, "application/json", call, credential)))
            {
                Headers = AnswerHeaders.Pick(response.Headers),
            };
            (response, cancellation) = (null, null!); // the stream owns both from here on
            return await CommitAsync(stream);
        }
        catch (OperationCanceledException fault) when (cancellation is { RequestEnded: false })
        {
            // The connection pool tells its own time limit in this way too, and marks it so.
            return Failed(FaultAttribution.FromTransport(fault.InnerException is TimeoutException ? TransportFault.ConnectTimeout : TransportFault.Silence));
        }
        catch (NoRoomException)
        {
            return Failed(FaultAttribution.FromTransport(TransportFault.NoRoom));
        }
        catch (AccessTokenException fault)
        {
            return Failed(FaultAttribution.FromToken(fault.Fault, fault.Words));
        }
        catch (NotOfferedException fault)
        {
            return Failed(FaultAttribution.NotOffered(fault.Message));
        }
        catch (ProxiesDownException fault)
        {
            return Failed(FaultAttribution.FromTransport(TransportFault.ProxyFailed) with { Message = fault.Message, RetryAfter = fault.RetryAfter });
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or SocketException or InvalidDataException)
        {
            return Failed(FaultAttribution.FromTransport(Kind(fault)));
        }
        finally
        {
            response?.Dispose();
            cancellation?.Dispose();
        }
    }

    /// <summary>Turns Google's counts into the pool's.</summary>
    public static TokenUsage ToTokenUsage(in GeminiUsage usage) =>
        new(usage.Prompt, usage.Cached, usage.Candidates, usage.Thoughts, usage.ToolUsePrompt, usage.Total);

    private static async Task<AttemptResult> CommitAsync(UpstreamStream stream)
    {
        Fault? fault;
        try
        {
            fault = await stream.CommitAsync();
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }

        if (fault is null)
            return new AttemptResult(null, stream, null);

        await stream.DisposeAsync();
        return Failed(fault);
    }

    private static async Task<AttemptResult> ReadFailureAsync(
        UpstreamCall call, HttpResponseMessage response, Credential credential, AttemptConditions conditions, AttemptCancellation cancellation)
    {
        Stream content = response.Content.ReadAsStream(CancellationToken.None); // reads nothing yet
        byte[] body = [];
        try
        {
            (PooledBuffer read, _) = await BoundedBody.ReadAsync(content, null, MaxErrorBytes, cancellation);
            using (read)
                body = read.Written.ToArray();
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or InvalidDataException)
        {
            // the status alone must do
        }

        string? contentType = response.Content.Headers.ContentType?.MediaType;
        return new AttemptResult(null, null, FaultAttribution.Classify(conditions.Failure((int)response.StatusCode, body, contentType, call, credential) with { RetryAfter = RetryAfter(response, credential) }), body);
    }

    /// <summary>What the header tells; Google means nothing by it.</summary>
    private static TimeSpan? RetryAfter(HttpResponseMessage response, Credential credential) =>
        credential.Kind is CredentialKind.XaiKey or CredentialKind.UpstreamKey && response.Headers.RetryAfter?.Delta is { } told && told > TimeSpan.Zero ? told : null;

    private async Task<AttemptResult> ReadWholeAsync(
        UpstreamCall call, HttpResponseMessage response, Credential credential, AttemptConditions conditions, AttemptCancellation cancellation)
    {
        Stream content = response.Content.ReadAsStream(CancellationToken.None); // reads nothing yet
        (PooledBuffer body, BodyShare? share) = await BoundedBody.ReadAsync(
            content, response.Content.Headers.ContentLength, MaxAnswerBytes, cancellation, room, !call.IsOneOfSeveral);
        var whole = new WholeAnswer(body, share)
        {
            ContentType = AnswerHeaders.ContentType(response.Content.Headers) ?? "application/json; charset=UTF-8",
            Headers = AnswerHeaders.Pick(response.Headers),
            UploadUrl = call.StartsUpload ? AnswerHeaders.One(response.Headers, "x-goog-upload-url") : null,
            UploadGranularity = call.StartsUpload ? AnswerHeaders.One(response.Headers, "x-goog-upload-chunk-granularity") : null,
            Usage = call.IsOpenAI ? OpenAIUsage.Read(body.Written.Span) : null,
        };
        Fault? fault = Judge(call, whole, credential, conditions, out byte[] error);
        if (fault is null)
            return new AttemptResult(whole, null, null);

        whole.Dispose();
        return new AttemptResult(null, null, fault, error);
    }

    private static Fault? Judge(UpstreamCall call, WholeAnswer whole, Credential credential, AttemptConditions conditions, out byte[] error)
    {
        error = [];
        if (!call.IsGeneration)
            return null;

        if (!AnswerReader.TryRead(whole.Body, whole.Answer))
            return FaultAttribution.FromTransport(TransportFault.MalformedAnswer);

        if (whole.Answer.Error.Exists)
        {
            error = whole.Body.ToArray();
            return FaultAttribution.Classify(conditions.Failure(200, error, whole.ContentType, call, credential));
        }

        return AnswerJudgement.Judge(whole.Answer, call) is { } failure && !(failure == AnswerFault.PromptBlocked && call.BlockReachesClient)
            ? FaultAttribution.FromAnswer(conditions.SignaturesReplaced && failure == AnswerFault.MissingThoughtSignature ? AnswerFault.MissingThoughtSignatureAgain : failure)
            : null;
    }

    private static AttemptResult Failed(Fault fault) => new(null, null, fault);

    /// <summary>What an exception of the network is.</summary>
    public static TransportFault Kind(Exception fault) => fault switch
    {
        InvalidDataException => TransportFault.MalformedAnswer,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError } http =>
            http.InnerException is TimeoutException or OperationCanceledException ? TransportFault.ConnectTimeout : TransportFault.ConnectFailed,
        _ => TransportFault.Reset,
    };
}

/// <summary>What earlier attempts of the same request have changed already.</summary>
/// <param name="Transport">Where the key travels.</param>
/// <param name="OtherTransportTried">The key was sent in the other place before.</param>
/// <param name="SignaturesReplaced">The body holds placeholders for signatures.</param>
/// <param name="TokenRenewed">The service account's access token was refused and made anew.</param>
internal readonly record struct AttemptConditions(KeyTransport Transport, bool OtherTransportTried, bool SignaturesReplaced, bool TokenRenewed = false)
{
    /// <summary>Describes a failure for attribution.</summary>
    public UpstreamFailure Failure(int status, ReadOnlyMemory<byte> body, string? contentType, UpstreamCall call, Credential credential) => new()
    {
        HttpStatus = status,
        Body = body,
        ContentType = contentType,
        Model = call.Model,
        Kind = credential.Kind,
        Secret = credential.Secret,
        OtherTransportTried = OtherTransportTried || call.IsOpenAI, // there is but one place for it
        SignaturesReplaced = SignaturesReplaced,
        TokenRenewed = TokenRenewed,
        EstimatedPromptTokens = call.SurePromptTokens, // what is told as the client's fault must be sure
    };
}
