using Pollux.Dispatch;
using Pollux.Generation;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Upstream;

namespace Pollux.Hosting;

/// <summary>Looks at one key by a free call: the model list, or on Vertex AI, which has none, a count of tokens. Thread-safe.</summary>
internal sealed class KeyProbe(KeyPool.KeyPool pool, GeminiUpstream upstream, TimeProvider clock)
{
    /// <summary>Keys looked at side by side.</summary>
    public const int Parallel = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly byte[] Question = """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}"""u8.ToArray();

    private readonly Attempt _attempt = new(upstream, room: null, clock);

    /// <summary>Asks. A key that is taken in its other place only travels there from now on.</summary>
    /// <returns><see langword="null"/>: it works.</returns>
    public async Task<Fault?> AskAsync(Credential key, DispatchSettings settings, CancellationToken stopping)
    {
        UpstreamCall call = key.Kind is CredentialKind.VertexServiceAccount or CredentialKind.VertexExpressKey
            ? new UpstreamCall { Method = HttpMethod.Post, Path = $"v1beta/models/{VertexModels.Probe}:countTokens", Body = Question, Model = VertexModels.Probe, Form = AnswerForm.Unary }
            : key.Kind is CredentialKind.XaiKey or CredentialKind.UpstreamKey
            ? new UpstreamCall { Method = HttpMethod.Get, Path = "models", Model = "", Form = AnswerForm.Unary, IsOpenAI = true, Service = "the upstream" }
            : new UpstreamCall { Method = HttpMethod.Get, Path = "v1beta/models", Query = "pageSize=1", Model = "", Form = AnswerForm.Unary };
        DispatchSettings bounded = settings with { SilenceTimeout = Patience };
        AttemptResult result = await _attempt.RunAsync(call, default, key, new AttemptConditions(key.Transport, false, false), bounded, stopping);
        if (result.Fault is { Retry: RetryScope.SameKeyOtherTransport })
        {
            KeyTransport other = key.Transport == KeyTransport.Header ? KeyTransport.Query : KeyTransport.Header;
            result = await _attempt.RunAsync(call, default, key, new AttemptConditions(other, true, false), bounded, stopping);
            if (result.Fault is null)
                pool.SetTransport(key.Id, other);
        }

        result.Whole?.Dispose();
        return result.Fault;
    }
}
