using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Pollux.FakeGemini.Live;

/// <summary>The Live API of a fake: its sessions, handles and ephemeral tokens, and how the next sessions go wrong. Thread-safe.</summary>
public sealed class FakeLive
{
    private readonly Lock _lock = new();
    private readonly List<FakeLiveSession> _sessions = [];
    private readonly List<(Func<FakeLiveSession, bool> Match, TaskCompletionSource<FakeLiveSession> Found)> _waiters = [];
    private readonly ConcurrentQueue<(int Code, string Reason)?> _refusals = [];
    private readonly ConcurrentDictionary<string, (string Project, string Said)> _handles = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FakeToken> _tokens = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    internal FakeLive(TimeProvider time) => _time = time;

    /// <summary>All sessions that began, oldest first.</summary>
    public IReadOnlyList<FakeLiveSession> Sessions
    {
        get
        {
            lock (_lock) return [.. _sessions];
        }
    }

    /// <summary>Plays a session behind its setup in place of the fake's own mind, which says <c>setupComplete</c> too; null: the mind.</summary>
    public Func<FakeLiveSession, Task>? Play { get; set; }

    /// <summary>The messages with which a client's message is answered, in place of the fake's own; null from it: the fake's own.</summary>
    public Func<FakeLiveSession, JsonObject, IEnumerable<JsonObject>?>? Answer { get; set; }

    /// <summary>Closes the next session at its setup, which was right.</summary>
    public void CloseNext(int code, string reason) => _refusals.Enqueue((code, reason));

    /// <summary>Cuts the connection of the next session at its setup.</summary>
    public void CutNext() => _refusals.Enqueue(null);

    /// <summary>The first session that matches, or the next to begin.</summary>
    public Task<FakeLiveSession> WaitForAsync(Func<FakeLiveSession, bool> match, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_sessions.FirstOrDefault(match) is { } known) return Task.FromResult(known);
            TaskCompletionSource<FakeLiveSession> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((match, found));
            return found.Task.WaitAsync(cancellation);
        }
    }

    internal void Begin(FakeLiveSession session)
    {
        lock (_lock)
        {
            _sessions.Add(session);
            foreach ((Func<FakeLiveSession, bool> match, TaskCompletionSource<FakeLiveSession> found) in _waiters)
            {
                if (match(session)) found.TrySetResult(session);
            }
        }
    }

    internal bool TryTakeRefusal(out (int Code, string Reason)? refusal) => _refusals.TryDequeue(out refusal);

    internal string NewHandle(FakeProject project, string said)
    {
        string handle = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _handles[handle] = (project.Number, said);
        return handle;
    }

    /// <summary>What was said in the session of a handle; null: this project has none of that name.</summary>
    internal string? Said(string handle, FakeProject project) =>
        _handles.TryGetValue(handle, out (string Project, string Said) session) && session.Project == project.Number ? session.Said : null;

    internal string NewToken(FakeKey key, int uses, DateTimeOffset expires, DateTimeOffset newSessions)
    {
        string name = "auth_tokens/" + RandomNumberGenerator.GetHexString(64, lowercase: true);
        _tokens[name] = new FakeToken(key, expires, newSessions, uses);
        return name;
    }

    /// <summary>Uses a token.</summary>
    internal FakeKey? Use(string name)
    {
        if (!_tokens.TryGetValue(name, out FakeToken? token) || _time.GetUtcNow() >= token.Expires || _time.GetUtcNow() >= token.NewSessions) return null;
        return token.Uses == 0 || Interlocked.Increment(ref token.Used) <= token.Uses ? token.Key : null;
    }

    private sealed class FakeToken(FakeKey key, DateTimeOffset expires, DateTimeOffset newSessions, int uses)
    {
        public readonly FakeKey Key = key;
        public readonly DateTimeOffset Expires = expires;
        public readonly DateTimeOffset NewSessions = newSessions;
        public readonly int Uses = uses;
        public int Used;
    }
}
