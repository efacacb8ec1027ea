using System.Net.Sockets;
using Pollux.Access;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>
/// Sends what streams through: one lease, one attempt, and another only while nothing of the client's body was read. Neither the
/// body nor the time is bounded by what bounds a prompt; silence on either side is.
/// </summary>
internal sealed class FileTransfers(KeyPool.KeyPool pool, LeaseDesk desk, StickyKeys sticky, GeminiUpstream upstream, SettingsHolder settings, TimeProvider clock, Random random)
{
    private const int MostAttempts = 3;
    private const int MaxAnswerBytes = 1024 * 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    /// <summary>Opens an answer that streams; the receiver disposes it.</summary>
    /// <param name="transfer">What is sent.</param>
    /// <param name="body">Its body, if it streams.</param>
    /// <param name="owner">The key to ask and no other; <see langword="null"/>: any.</param>
    /// <param name="ask">Who asks.</param>
    /// <param name="terms">For which model, and what may be done again; <see langword="null"/>: a transfer of a file.</param>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<(FileTransfer? Open, FileReply? Refusal)> OpenAsync(UpstreamTransfer transfer, PipedBody? body, ResourceOwner? owner, FileAsk ask, TransferTerms? terms = null)
    {
        int asked = 0, pauses = 0;
        Fault? last = null;
        byte[] lastWords = [];
        var tried = new AttemptedCredentials();
        CredentialId? preferred = owner is null ? sticky.Of(ask.Record.Caller) ?? pool.InTurn() : null; // files are spread over the keys, since each binds requests to its own
        CredentialId? other = null; // its key travels in the other place
        while (true)
        {
            LeaseOutcome outcome = await desk.LeaseAsync(
                new LeaseRequest(terms?.Model ?? "", terms?.EstimatedPromptTokens ?? 0, Affinity: other ?? preferred, Exclude: owner is null && other is null ? tried : null) { IsFree = terms?.IsFree ?? true, Paid = terms?.Paid ?? PaidKeyUse.Never, Required = owner?.Credential, RequestId = ask.Record.Id },
                ask.Record.Caller, ask.Record.Attempts > 0, ask.Lifetime.Token);
            if (outcome.Lease is not { } lease)
                return (null, last is not null && outcome.Refusal.Reason == LeaseRefusalReason.AllExcluded ? Failed(last, null, lastWords, owner) : Failed(null, outcome.Refusal, default, owner));

            ask.Record.Attempts++;
            ask.Record.KeyLabel = lease.Credential.Label;
            KeyTransport transport = other is null ? lease.Credential.Transport : Other(lease.Credential.Transport);
            (FileTransfer? open, Fault? fault, byte[] words) = await TryAsync(transfer, body, lease, transport, other is not null, terms, ask);
            if (open is not null)
                return (open, null);
            if (body is { IsTooLarge: true })
                return (null, TooLarge(settings.Current.Files.MaxUploadBytes));
            if (body is { ClientFailed: true })
                return (null, new GatewayError(400, GatewayErrorKind.InvalidRequest, "The body broke off before its end. Ask with the command 'query' how much arrived, and go on from there."));

            tried.Add(lease.Credential.Id);
            (last, lastWords) = (fault!, words);
            if (terms is { SeeksOwner: true } && IsUnknownThere(last))
            {
                if (++asked < TransferTerms.MostAsked)
                    continue;
                return (null, Failed(last, null, words, owner));
            }

            bool mayRepeat = body is not { IsBegun: true } && ask.Record.Attempts < (terms is null ? MostAttempts : settings.Current.Dispatch.MaxAttempts)
                && (terms?.IsIdempotent != false || DidNothing(last)) && last is not { HttpStatus: 404, Reason: FaultReason.NotTheApi };
            if (mayRepeat && last.Retry == RetryScope.SameKeyOtherTransport)
            {
                other = lease.Credential.Id;
                continue;
            }

            if (!mayRepeat || last.Retry is not (RetryScope.AnotherKey or RetryScope.SameKeyAgain or RetryScope.AfterBackOff) || (owner is not null && last.Owner is not (FaultOwner.Upstream or FaultOwner.Model)))
                return (null, Failed(last, null, words, owner));
            other = null;
            if (terms is not null && last.Retry == RetryScope.AfterBackOff)
                await Task.Delay(new BackOff(settings.Current.Dispatch.RetryDelay, LongestPause).Pause(pauses++, random, last.RetryAfter), clock, ask.Lifetime.Token);
        }
    }

    /// <summary>Whether a failed call surely left nothing behind: it was refused, or never arrived.</summary>
    private static bool DidNothing(Fault fault) =>
        fault.HttpStatus is (>= 400 and < 500 and not (408 or 499)) || fault.Reason is FaultReason.ConnectFailed or FaultReason.ConnectTimeout or FaultReason.ProxyFailed;

    /// <summary>Whether the upstream says that the key's project has no such resource.</summary>
    public static bool IsUnknownThere(Fault? fault) =>
        fault is { HttpStatus: 404, Reason: FaultReason.ResourceNotFound or FaultReason.ModelUnknown or FaultReason.ResourceOfOtherProject } or { HttpStatus: 403, Reason: FaultReason.ResourceOfOtherProject };

    /// <summary>Sends, and reads the small answer.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<(FileReply Reply, CredentialId? Key)> SendAsync(UpstreamTransfer transfer, PipedBody? body, ResourceOwner? owner, FileAsk ask)
    {
        (FileTransfer? open, FileReply? refusal) = await OpenAsync(transfer, body, owner, ask);
        if (open is null)
            return (refusal!, null);
        using (open)
        {
            try
            {
                byte[] answer = await open.ReadAsync(MaxAnswerBytes);
                return (new FileReply { Status = (int)open.Response.StatusCode, ContentType = AnswerHeaders.ContentType(open.Response.Content.Headers), Body = answer, Headers = UploadHeaders.Of(open.Response) }, open.Key);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or SocketException or InvalidDataException || (fault is OperationCanceledException && !ask.Lifetime.Token.IsCancellationRequested))
            {
                return (Failed(FaultAttribution.FromTransport(fault is OperationCanceledException ? TransportFault.Silence : Attempt.Kind(fault)), null, default, owner), null);
            }
        }
    }

    /// <summary>The refusal of a file that is too large.</summary>
    public static GatewayError TooLarge(long most) =>
        new(413, GatewayErrorKind.TooLarge, $"The file is larger than {most / (1024 * 1024)} MB (FILES_MAX_UPLOAD_MB).");

    private async Task<(FileTransfer? Open, Fault? Fault, byte[] Words)> TryAsync(
        UpstreamTransfer transfer, PipedBody? body, Lease lease, KeyTransport transport, bool otherTried, TransferTerms? terms, FileAsk ask)
    {
        var cancellation = new AttemptCancellation(settings.Current.Dispatch.SilenceTimeout, clock, ask.Lifetime.Token);
        if (body is not null)
            body.Moved = cancellation.Heard;
        HttpResponseMessage? response = null;
        try
        {
            response = await upstream.SendAsync(transfer, lease.Credential, transport, cancellation.Token);
            cancellation.Heard();
            if ((int)response.StatusCode is >= 200 and < 400)
            {
                if (otherTried)
                    pool.SetTransport(lease.Credential.Id, transport);
                var open = new FileTransfer(response, lease, cancellation, ask.Lifetime);
                (response, cancellation) = (null, null);
                return (open, null, []);
            }

            byte[] words = await new FileTransfer(response, null, cancellation, ask.Lifetime).ReadAsync(MaxAnswerBytes);
            Fault fault = FaultAttribution.Classify(new UpstreamFailure
            {
                HttpStatus = (int)response.StatusCode,
                Body = words,
                ContentType = response.Content.Headers.ContentType?.MediaType,
                Model = "",
                Kind = lease.Credential.Kind,
                Secret = lease.Credential.Secret,
                OtherTransportTried = otherTried,
            });
            if (terms is { NeedsCallersToken: true } && fault is { HttpStatus: 401 or 403, Owner: FaultOwner.Key })
                fault = fault with { Owner = FaultOwner.Client, Retry = RetryScope.AnotherKey, Effect = FaultEffect.None };
            lease.Settle(AttemptReport.Failure(fault));
            return (null, fault, SecretScrubber.ScrubUtf8(words, lease.Credential.Secret).ToArray());
        }
        catch (OperationCanceledException) when (ask.Lifetime.Token.IsCancellationRequested)
        {
            lease.Settle(new AttemptReport(AttemptOutcome.Cancelled));
            throw;
        }
        catch (OperationCanceledException)
        {
            return (null, Settled(lease, FaultAttribution.FromTransport(TransportFault.Silence), body), []);
        }
        catch (ProxiesDownException down)
        {
            return (null, Settled(lease, FaultAttribution.FromTransport(TransportFault.ProxyFailed) with { Message = down.Message, RetryAfter = down.RetryAfter }, body), []);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or SocketException or InvalidDataException)
        {
            return (null, Settled(lease, FaultAttribution.FromTransport(Attempt.Kind(broken)), body), []);
        }
        finally
        {
            response?.Dispose();
            cancellation?.Dispose();
        }
    }

    /// <summary>What the client did is not held against anybody.</summary>
    private static Fault Settled(Lease lease, Fault fault, PipedBody? body)
    {
        lease.Settle(body is { ClientFailed: true } or { IsTooLarge: true } ? new AttemptReport(AttemptOutcome.Cancelled) : AttemptReport.Failure(fault));
        return fault;
    }

    private DispatchFailure Failed(Fault? fault, LeaseRefusal? refusal, ReadOnlyMemory<byte> words, ResourceOwner? owner)
    {
        TimeSpan? after = refusal?.EarliestAt - clock.GetUtcNow() ?? fault?.RetryAfter;
        return new DispatchFailure(fault, refusal, words, after < TimeSpan.Zero ? TimeSpan.Zero : after) { OwnedResource = owner?.Resource };
    }

    private static KeyTransport Other(KeyTransport transport) => transport == KeyTransport.Header ? KeyTransport.Query : KeyTransport.Header;
}

/// <summary>An answer that is open. Whoever disposes it settles the lease.</summary>
internal sealed class FileTransfer(HttpResponseMessage response, Lease? lease, AttemptCancellation cancellation, RequestLifetime lifetime) : IDisposable
{
    private bool _isWhole;

    /// <summary>The answer's head.</summary>
    public HttpResponseMessage Response => response;

    /// <summary>The key that it came with.</summary>
    public CredentialId? Key => lease?.Credential.Id;

    /// <summary>What the answer says that it used; set before this is disposed of.</summary>
    public TokenUsage Usage { get; set; }

    /// <summary>Reads the whole answer.</summary>
    /// <exception cref="InvalidDataException">It is longer than <paramref name="most"/>.</exception>
    public async Task<byte[]> ReadAsync(int most)
    {
        Stream content = response.Content.ReadAsStream(CancellationToken.None); // reads nothing yet
        (PooledBuffer body, _) = await BoundedBody.ReadAsync(content, response.Content.Headers.ContentLength, most, cancellation);
        using (body)
        {
            _isWhole = true;
            return body.Written.ToArray();
        }
    }

    /// <summary>Hands the answer on, piece by piece.</summary>
    /// <param name="write">Writes a piece.</param>
    public async Task CopyAsync(Func<ReadOnlyMemory<byte>, ValueTask> write)
    {
        Stream content = response.Content.ReadAsStream(CancellationToken.None);
        byte[] piece = System.Buffers.ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (await content.ReadAsync(piece, cancellation.Token) is > 0 and var read)
            {
                await write(piece.AsMemory(0, read));
                cancellation.Heard();
            }

            _isWhole = true;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lease?.Settle(_isWhole ? AttemptReport.Success(Usage) : new AttemptReport(lifetime.ClientGone ? AttemptOutcome.Cancelled : AttemptOutcome.Abandoned));
        response.Dispose();
        cancellation.Dispose();
    }
}
