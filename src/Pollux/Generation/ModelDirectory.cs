using System.Text.Json;
using Pollux.Dispatch;
using Pollux.KeyPool;
using Pollux.Telemetry;
using Pollux.Upstream;

namespace Pollux.Generation;

/// <summary>
/// Knows the upstream's models. Reads never wait: they see the last list, or none before the first is there.
/// </summary>
internal sealed partial class ModelDirectory(Dispatcher dispatcher, KeyPool.KeyPool pool, RequestIds ids, TimeProvider clock, ILogger<ModelDirectory> logger) : IDisposable
{
    private const int MaxPages = 20;

    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private volatile ModelList? _current;

    /// <summary>The last list, or with credentials of Vertex AI alone the one that is shipped; <see langword="null"/> until the first was fetched.</summary>
    public ModelList? Current => _current ?? (HasList ? null : VertexModels.Shipped);

    /// <summary>Whether a list can be fetched: Vertex AI gives none.</summary>
    public bool HasList => pool.CountOf(CredentialKinds.GeminiApiKey) > 0 || pool.CountOf(CredentialKinds.VertexServiceAccount | CredentialKinds.VertexExpressKey) == 0;

    /// <summary>The list, fetched now if none is there.</summary>
    /// <returns>The list, or why it cannot be had.</returns>
    public async Task<(ModelList? List, DispatchFailure? Failure)> GetAsync(RequestRecord record, RequestLifetime lifetime)
    {
        if (Current is { } list)
            return (list, null);

        await _refreshing.WaitAsync(lifetime.Token);
        try
        {
            return _current is { } fetched ? (fetched, null) : await FetchAsync(record, lifetime);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Fetches the list anew. On failure the old one stays.</summary>
    /// <returns>Whether it was fetched.</returns>
    public async Task<bool> RefreshAsync(CancellationToken stopping)
    {
        var record = new RequestRecord { Id = ids.Next(), StartedAt = clock.GetTimestamp(), Caller = "gateway", Dialect = "gemini" };
        using var lifetime = new RequestLifetime(TimeSpan.FromMinutes(1), clock, stopping);
        await _refreshing.WaitAsync(stopping);
        try
        {
            (ModelList? list, DispatchFailure? failure) = await FetchAsync(record, lifetime);
            if (failure is not null)
                Unavailable(logger, record.FaultOwner, record.FaultReason);
            return list is not null;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _refreshing.Dispose();

    private async Task<(ModelList? List, DispatchFailure? Failure)> FetchAsync(RequestRecord record, RequestLifetime lifetime)
    {
        var entries = new List<ModelEntry>();
        string? next = null;
        for (int page = 0; page < MaxPages; page++)
        {
            Dispatched result = await dispatcher.SendAsync(
                new UpstreamCall
                {
                    Method = HttpMethod.Get,
                    Path = "v1beta/models",
                    Query = next is null ? "pageSize=1000" : "pageSize=1000&pageToken=" + Uri.EscapeDataString(next),
                    Model = "",
                    IsFree = true,
                    Form = AnswerForm.Unary,
                },
                record,
                lifetime);
            if (result.Failure is { } failure)
                return (null, failure);

            using WholeAnswer answer = result.Whole!;
            try
            {
                next = ModelList.ReadPage(answer.Body, entries);
            }
            catch (JsonException)
            {
                return (null, new DispatchFailure(FaultAttribution.FromTransport(TransportFault.MalformedAnswer), null, default, null));
            }

            if (next is null)
                break;
        }

        bool first = _current is null;
        _current = new ModelList(entries);
        if (first)
            Known(logger, entries.Count, string.Join(", ", entries.Select(entry => entry.Name)));
        return (_current, null);
    }

    [LoggerMessage(EventId = 4000, Level = LogLevel.Information, Message = "The upstream lists {Count} models: {Models}")]
    private static partial void Known(ILogger logger, int count, string models);

    [LoggerMessage(EventId = 4001, Level = LogLevel.Warning, Message = "The upstream's list of models cannot be had ({Owner}, {Reason}); names are not checked until it can.")]
    private static partial void Unavailable(ILogger logger, string owner, string reason);
}
