using System.Text.Json;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Files;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Resources;

/// <summary>What a client asks about resources.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Version">The API version.</param>
/// <param name="Path">The path behind it.</param>
/// <param name="Query">The query without credentials.</param>
/// <param name="Headers">Headers that are handed on.</param>
/// <param name="Body">The body; may be empty.</param>
/// <param name="Request">What the body says.</param>
/// <param name="Paid">When a reserved key serves it.</param>
/// <param name="Ask">Who asks.</param>
internal sealed record ResourceAsk(
    HttpMethod Method, string Version, ResourcePath Path, string Query, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body, ResourceRequest Request, PaidKeyUse Paid, FileAsk Ask)
{
    /// <summary>The model whose quota it uses; empty: none.</summary>
    public string Model => Path.Model ?? Request.Model ?? "";
}

/// <summary>An answer that is open; who disposes of <paramref name="Transfer"/> settles its lease.</summary>
/// <param name="Transfer">The answer.</param>
/// <param name="Answer">Learns from it; <see langword="null"/>: there is nothing to learn.</param>
internal sealed record OpenResource(FileTransfer Transfer, ResourceAnswer? Answer);

/// <summary>
/// Sends what is about Google's resources to the key that owns them, and learns whose is what is made. A name that the ledger does not
/// know was made elsewhere or is forgotten: up to eight keys are asked for it one after another, and the first that knows it owns it
/// from then on, for the caller who asked. A public gateway does not ask. What is another caller's does not exist.
/// </summary>
internal sealed class ResourceCalls(FileTransfers transfers, AffinityLedger ledger, ResourceOwners owners, SettingsHolder settings, TimeProvider clock)
{
    /// <summary>The key that has to be asked.</summary>
    /// <returns>The owner, or why nobody may be asked; both <see langword="null"/>: any key.</returns>
    public (RemoteResource? Owner, GatewayError? Refusal) OwnerOf(ResourcePath path, string query, IReadOnlyList<string> named, string caller)
    {
        RemoteResource? owner = null;
        foreach (string name in path.Names())
        {
            if (owners.Add(ref owner, name, caller) is { } refusal)
                return (null, refusal);
            if (owner is not null)
                break;
        }

        foreach (string name in named)
        {
            if (owners.Add(ref owner, name, caller) is { } refusal)
                return (null, refusal);
        }

        foreach (string pair in query.Length > 0 ? query.Split('&') : [])
        {
            string value = Uri.UnescapeDataString(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            if (value.Contains('/', StringComparison.Ordinal) && owners.Add(ref owner, value, caller) is { } refusal)
                return (null, refusal);
        }

        return (owner, null);
    }

    /// <summary>Asks the upstream.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task<(OpenResource? Open, FileReply? Refusal)> OpenAsync(ResourceAsk asked)
    {
        ResourcePath path = asked.Path;
        (RemoteResource? owner, GatewayError? refused) = OwnerOf(path, asked.Query, asked.Request.Names, asked.Ask.Caller);
        if (refused is not null)
            return (null, refused);
        bool seeks = owner is null && path.NamesResource;
        if (seeks && settings.Current.Server.PublicMode)
            return (null, ResourceOwners.NotThere(path.Name));

        string action = path.Action is { } word ? ":" + word : "";
        var transfer = new UpstreamTransfer
        {
            Method = asked.Method,
            Path = $"{asked.Version}/{path.Name}{action}{(asked.Query.Length > 0 ? "?" + asked.Query : "")}",
            Headers = asked.Headers,
            Content = asked.Body.IsEmpty ? null : new ReadOnlyMemoryContent(asked.Body) { Headers = { ContentType = new("application/json") } },
        };
        var terms = new TransferTerms
        {
            Model = asked.Model,
            EstimatedPromptTokens = UsesQuota(asked) && path.Segments is ["interactions"] ? InteractionEstimate.Of(asked.Body.Span) : 0,
            IsFree = !UsesQuota(asked),
            Paid = asked.Paid,
            IsIdempotent = asked.Method != HttpMethod.Post || path.Action == "cancel" || path.Segments[^1] == "cancel",
            SeeksOwner = seeks,
            NeedsCallersToken = path.IsRegistration,
        };
        (FileTransfer? open, FileReply? refusal) = await transfers.OpenAsync(transfer, null, owner is null ? null : new ResourceOwner(owner.Credential, owner.Name), asked.Ask, terms);
        if (open is null)
            return (null, Told(refusal!, path, owner, seeks));
        if ((int)open.Response.StatusCode >= 300)
        {
            open.Dispose();
            return (null, new GatewayError(502, GatewayErrorKind.UpstreamFailed, "Google sent this request to a place that this gateway does not follow.", Code: "upstream_error"));
        }

        if (asked.Method != HttpMethod.Delete)
            return (new OpenResource(open, new ResourceAnswer(ledger, clock, open.Key!.Value, owner?.Owner ?? asked.Ask.Caller, path)), null);
        if (path.Action is null)
            ledger.Forget(path.Name);
        return (new OpenResource(open, null), null);
    }

    /// <summary>Asks for one thing and reads the small answer.</summary>
    public async Task<FileReply> ReadAsync(ResourceAsk asked, int most)
    {
        (OpenResource? open, FileReply? refusal) = await OpenAsync(asked);
        if (open is null)
            return refusal!;
        using (open.Transfer)
        {
            byte[] body = await open.Transfer.ReadAsync(most);
            open.Answer?.Feed(body);
            open.Answer?.End();
            return new FileReply { Status = (int)open.Transfer.Response.StatusCode, ContentType = AnswerHeaders.ContentType(open.Transfer.Response.Content.Headers), Body = body };
        }
    }

    /// <summary>Why a body cannot be understood; <see langword="null"/>: it can.</summary>
    public static GatewayError? Read(ReadOnlyMemory<byte> body, out ResourceRequest request)
    {
        request = ResourceRequest.Empty;
        if (body.IsEmpty)
            return null;
        try
        {
            request = ResourceRequest.Read(body.Span);
            return null;
        }
        catch (JsonException json)
        {
            return new GatewayError(400, GatewayErrorKind.InvalidRequest, $"Invalid JSON payload received: line {json.LineNumber + 1 ?? 1}, byte {json.BytePositionInLine + 1 ?? 1}.");
        }
    }

    /// <summary>An interaction and what a model is asked for itself use its quota; a description of something does not.</summary>
    private static bool UsesQuota(ResourceAsk asked) =>
        asked.Method == HttpMethod.Post && asked.Model.Length > 0
        && (asked.Path.Segments is ["interactions"] || (asked.Path.Model is not null && asked.Path.Action is not (null or "batchGenerateContent" or "asyncBatchEmbedContent")));

    /// <summary>What is not there is told in the same words, whoever knows it.</summary>
    private FileReply Told(FileReply refusal, ResourcePath path, RemoteResource? owner, bool seeks)
    {
        if (refusal.Failure is not { Fault: { } fault })
            return refusal;
        if (fault is { HttpStatus: 404, Reason: FaultReason.NotTheApi })
            return new GatewayError(404, GatewayErrorKind.NotFound, $"Google does not know /{path.Name}{(path.Action is { } action ? ":" + action : "")}.");
        if (!FileTransfers.IsUnknownThere(fault))
            return refusal;
        if (owner is not null && owner.Name == path.Name)
        {
            ledger.Forget(owner.Name); // it was deleted elsewhere, or is over
            return ResourceOwners.NotThere(path.Name);
        }

        return seeks ? ResourceOwners.NotThere(path.Name) : refusal;
    }
}
