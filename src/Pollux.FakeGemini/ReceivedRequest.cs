using System.Text.Json;
using Pollux.FakeGemini.Serving;

namespace Pollux.FakeGemini;

/// <summary>How the fake's work on a request ended.</summary>
public enum RequestEnd
{
    /// <summary>The answer was sent to its end, be it good or an error.</summary>
    Completed,

    /// <summary>The client went away first.</summary>
    AbortedByClient,

    /// <summary>The fake cut the connection, as its script said.</summary>
    Reset,
}

/// <summary>A request as it came in. What it asked never changes; how it ended is known later.</summary>
public sealed class ReceivedRequest
{
    private readonly TaskCompletionSource<RequestEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JsonElement? _json;

    internal ReceivedRequest(long sequence, DateTimeOffset arrivedAt, string method, GeminiPath path, IReadOnlyDictionary<string, string> query, IReadOnlyDictionary<string, string> headers, byte[] body, string? key)
    {
        Sequence = sequence;
        ArrivedAt = arrivedAt;
        Method = method;
        Path = path.Raw;
        Version = path.Version;
        Model = path.Model;
        Action = path.Action;
        IsVertex = path.IsVertex;
        Project = path.Project;
        Location = path.Location;
        Query = query;
        Headers = headers;
        Body = body;
        Key = key;
    }

    /// <summary>Position among all received requests, from 1.</summary>
    public long Sequence { get; }

    /// <summary>When its body had been read.</summary>
    public DateTimeOffset ArrivedAt { get; }

    /// <summary>HTTP method.</summary>
    public string Method { get; }

    /// <summary>Path as sent, without query.</summary>
    public string Path { get; }

    /// <summary>API version in the path, such as <c>v1beta</c>; empty when the path has none.</summary>
    public string Version { get; }

    /// <summary>Model id without <c>models/</c>; null when the path names none.</summary>
    public string? Model { get; }

    /// <summary>What is asked: the method after the colon, or <c>listModels</c>, <c>getModel</c>; null for other paths.</summary>
    public string? Action { get; }

    /// <summary>Whether Vertex AI was asked, by a service account or in express mode.</summary>
    public bool IsVertex { get; }

    /// <summary>The project in a path of Vertex AI; null elsewhere, also in express mode.</summary>
    public string? Project { get; }

    /// <summary>The place in a path of Vertex AI.</summary>
    public string? Location { get; }

    /// <summary>The mail address of the service account that asked, once its token was seen to be good; null for all others.</summary>
    public string? Account { get; internal set; }

    /// <summary>Decoded query parameters; of repeated ones the first.</summary>
    public IReadOnlyDictionary<string, string> Query { get; }

    /// <summary>Headers without regard to case; repeated ones are joined by a comma.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>The body's bytes.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The API key that came with it, from header or query; null when none did.</summary>
    public string? Key { get; }

    /// <summary>The body as JSON.</summary>
    /// <exception cref="JsonException">The body is not JSON.</exception>
    public JsonElement Json => _json ??= JsonElement.Parse(Body.Span, new JsonDocumentOptions { MaxDepth = 512 });

    /// <summary>True when events are asked for, by <c>alt=sse</c>.</summary>
    public bool WantsEvents => Query.GetValueOrDefault("alt") == "sse";

    /// <summary>HTTP status of the answer; 0 until it is known, and when the connection was cut before it.</summary>
    public int Status { get; internal set; }

    /// <summary>When it was counted against the quota of its key's project; null when it was not, for example because it was refused.</summary>
    public DateTimeOffset? CountedAt { get; internal set; }

    /// <summary>The size of its prompt as quotas count it, in tokens; 0 until it is known.</summary>
    public int InputTokens { get; internal set; }

    /// <summary>Ends when the fake is done with the request.</summary>
    public Task<RequestEnd> Ended => _ended.Task;

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>True when the client went away before the answer's end.</summary>
    public bool WasAborted => Ended is { IsCompletedSuccessfully: true, Result: RequestEnd.AbortedByClient };

    /// <summary>Method and address, without any secret.</summary>
    public override string ToString() => $"#{Sequence} {Method} {Path}";

    internal void End(RequestEnd end, DateTimeOffset at)
    {
        EndedAt = at;
        _ended.TrySetResult(end);
    }
}
