namespace Pollux.KeyPool;

/// <summary>Names a credential in logs, metrics and calls. Small and dense, so that it can index arrays; never reused while the process lives.</summary>
/// <param name="Value">1 or more; 0 names nobody.</param>
public readonly record struct CredentialId(int Value)
{
    /// <summary>The number alone: safe to log.</summary>
    public override string ToString() => Value.ToString();
}

/// <summary>What kind of secret a credential holds, and with it how a request is authorised.</summary>
public enum CredentialKind
{
    /// <summary>A key of Google AI Studio, whatever its shape (<c>AIza…</c>, <c>AQ.…</c>).</summary>
    GeminiApiKey,

    /// <summary>The JSON of a Google Cloud service account: exchanged for a bearer token.</summary>
    VertexServiceAccount,

    /// <summary>A key of Vertex AI's express mode: a query or header key, like a Gemini API key.</summary>
    VertexExpressKey,

    /// <summary>A key of xAI: a bearer token.</summary>
    XaiKey,

    /// <summary>A key of a further upstream that speaks OpenAI's API: a bearer token.</summary>
    UpstreamKey,
}

/// <summary>Where an API key travels. Reports disagree which one new keys accept, so each credential has its own and the other is tried once.</summary>
public enum KeyTransport
{
    /// <summary>The header <c>x-goog-api-key</c>.</summary>
    Header,

    /// <summary>The query parameter <c>key</c>.</summary>
    Query,
}
