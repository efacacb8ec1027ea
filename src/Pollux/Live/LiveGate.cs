using System.Net.WebSockets;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Buffers;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Live;

/// <summary>What a client connected to.</summary>
/// <param name="Version">For example <c>v1beta</c>.</param>
/// <param name="Method">For example <c>BidiGenerateContent</c>.</param>
/// <param name="Query">The query without credentials.</param>
/// <param name="Headers">Headers that Google understands.</param>
/// <param name="Token">The ephemeral token that it came with, if that is its credential.</param>
internal sealed record LiveRequest(string Version, string Method, string Query, IReadOnlyList<KeyValuePair<string, string>> Headers, RemoteResource? Token);

/// <summary>Lets a client in: reads its setup, finds the model and the key that its session belongs to, and begins the session.</summary>
internal sealed class LiveGate(LiveConnector connector, LiveSessions sessions, LiveModels models, AffinityLedger ledger, SettingsHolder settings, TimeProvider clock)
{
    private const int LargestSetup = 4 * 1024 * 1024; // instructions, tools, and a history perhaps; sound comes later

    /// <summary>How long a client has to say what it wants.</summary>
    private static readonly TimeSpan SetupTime = TimeSpan.FromSeconds(30);

    /// <summary>Serves a client until its session is over. Its socket stays the caller's.</summary>
    public async Task ServeAsync(WebSocket client, LiveRequest request, Caller caller, RequestRecord record, CancellationToken aborted)
    {
        LiveTraffic traffic = record.Live ??= new LiveTraffic();
        (LiveLink? link, CloseWords refusal) = await BeginAsync(client, request, caller, record, traffic, aborted);
        if (link is null)
        {
            traffic.CloseCode = (int)refusal.Code;
            await refusal.SendAsync(client, aborted);
            if (client.State == WebSocketState.CloseSent)
                await LiveSession.DrainAsync(client);
            return;
        }

        using var session = new LiveSession(client, link, new LivePeek(ledger, clock, link.Lease.Credential.Id, caller.Id), settings.Current.Live, record, traffic, clock);
        await sessions.RunAsync(session);
    }

    private async Task<(LiveLink? Link, CloseWords Refusal)> BeginAsync(WebSocket client, LiveRequest request, Caller caller, RequestRecord record, LiveTraffic traffic, CancellationToken aborted)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(aborted, sessions.Stopping);
        using var setup = new PooledBuffer(4096);
        try
        {
            (WebSocketMessageType type, CloseWords? unusable) = await ReadSetupAsync(client, setup, gone.Token);
            traffic.BytesIn += setup.Length;
            if (unusable is { } words)
                return (null, Blame(record, FaultReason.RequestInvalid, words));
            if (Understand(request, setup, type, caller, record, out CloseWords refusal) is not { } ask)
                return (null, refusal);
            (LiveLink? link, LiveRefusal? refused) = await connector.ConnectAsync(ask, record, gone.Token);
            return link is not null ? (link, default) : (null, WordsOf(refused!, ask.Call.Model));
        }
        catch (OperationCanceledException) when (sessions.Stopping.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            return (null, LiveSessions.StopWords);
        }
        catch (Exception fault) when (LivePump.IsBroken(fault))
        {
            return (null, new CloseWords((WebSocketCloseStatus)1006, null)); // the client broke off: nobody reads this
        }
    }

    private LiveAsk? Understand(LiveRequest request, PooledBuffer message, WebSocketMessageType type, Caller caller, RequestRecord record, out CloseWords refusal)
    {
        refusal = default;
        if (LiveSetup.Read(message.Written.Span) is not { } setup)
        {
            refusal = Blame(record, FaultReason.RequestInvalid, new CloseWords(WebSocketCloseStatus.InvalidPayloadData, "The first message must be a JSON object with 'setup'."));
            return null;
        }

        ReadOnlyMemory<byte> sent = message.Written;
        string model = request.Token is { } bound ? LiveTokens.ModelOf(bound) ?? "" : "";
        PaidKeyUse paid = PaidKeyUse.Never;
        if (setup.Model is { } named)
        {
            record.Model = named;
            if (models.Find(message.Written, setup, request.Version, record, out GatewayError? unknown) is not { } found)
            {
                refusal = unknown!.Status == 404
                    ? Blame(record, FaultReason.ModelUnknown, new CloseWords(WebSocketCloseStatus.PolicyViolation, unknown.Message))
                    : Blame(record, FaultReason.RequestInvalid, new CloseWords(WebSocketCloseStatus.InvalidPayloadData, unknown.Message));
                return null;
            }

            (sent, model, paid) = (found.Sent, found.Model, found.Paid);
        }
        else if (request.Token is null)
        {
            refusal = Blame(record, FaultReason.RequestInvalid, new CloseWords(WebSocketCloseStatus.InvalidPayloadData, "The setup names no model."));
            return null;
        }

        ResourceOwner? owner = request.Token is { } token ? new ResourceOwner(token.Credential, "this token") : null;
        if (setup.Handle is { } handle)
        {
            // Another's handle and one that nobody knows must look alike, and neither is the upstream's business.
            if (!ledger.TryFind(ResourceKind.LiveHandle, handle, caller.Id, out RemoteResource? session) || (owner is not null && owner.Credential != session.Credential))
            {
                refusal = Blame(record, FaultReason.ResourceNotFound, new CloseWords(WebSocketCloseStatus.PolicyViolation, "BidiGenerateContent session not found"));
                return null;
            }

            owner ??= new ResourceOwner(session.Credential, "this session");
        }

        string path = $"ws/google.ai.generativelanguage.{request.Version}.GenerativeService.{request.Method}";
        return new LiveAsk(
            new LiveAddress(path, request.Query, request.Token?.Name, settings.Current.Live.PingInterval, request.Headers),
            sent,
            type,
            new UpstreamCall { Method = HttpMethod.Get, Path = path, Model = model, Form = AnswerForm.Unary, IsGeneration = true, IsFree = model.Length == 0, Paid = paid, OwnedBy = owner });
    }

    /// <summary>Reads the first message, whole, within its bounds.</summary>
    private async Task<(WebSocketMessageType Type, CloseWords? Unusable)> ReadSetupAsync(WebSocket client, PooledBuffer setup, CancellationToken gone)
    {
        using var late = new CancellationTokenSource(SetupTime, clock);
        int most = (int)Math.Min(LargestSetup, settings.Current.Live.MaxMessageBytes);
        while (true)
        {
            // Not by cancelling the read: that would break the connection off, and nobody would learn why.
            Task<ValueWebSocketReceiveResult> reading = client.ReceiveAsync(setup.GetMemory(512), CancellationToken.None).AsTask();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, late.Token);
            try
            {
                await reading.WaitAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                CloseWords words = gone.IsCancellationRequested ? LiveSessions.StopWords : new CloseWords(WebSocketCloseStatus.PolicyViolation, "No setup came within 30 s.");
                await words.SendAsync(client, CancellationToken.None);
                try
                {
                    await reading.WaitAsync(TimeSpan.FromSeconds(3), TimeProvider.System, CancellationToken.None); // the buffer must not go back while something may be read into it
                }
                catch (Exception fault) when (fault is TimeoutException || LivePump.IsBroken(fault))
                {
                    client.Abort();
                    await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }

                return (default, words);
            }

            ValueWebSocketReceiveResult read = await reading;
            if (read.MessageType == WebSocketMessageType.Close)
                return (read.MessageType, CloseWords.Of(client));
            setup.Advance(read.Count);
            if (setup.Length > most)
                return (read.MessageType, new CloseWords(WebSocketCloseStatus.MessageTooBig, $"The setup is larger than {most / (1024 * 1024)} MB."));
            if (read.EndOfMessage)
                return (read.MessageType, null);
        }
    }

    private static CloseWords WordsOf(LiveRefusal refusal, string model)
    {
        Fault? fault = refusal.Failure.Fault;
        if (refusal is { Closed: { } code, Failure.PoolState: null } && fault is { Owner: FaultOwner.Client or FaultOwner.Model or FaultOwner.Upstream })
            return new CloseWords(code, fault.PublicMessage);
        GatewayError error = FailureTranslation.ToError(refusal.Failure, model);
        return new CloseWords(error.Status is >= 400 and < 500 and not 429 ? WebSocketCloseStatus.PolicyViolation : WebSocketCloseStatus.InternalServerError, error.Message);
    }

    private static CloseWords Blame(RequestRecord record, FaultReason reason, CloseWords words)
    {
        if (words.Code != WebSocketCloseStatus.NormalClosure)
            (record.FaultOwner, record.FaultReason) = (nameof(FaultOwner.Client), reason.ToString());
        return words;
    }
}
