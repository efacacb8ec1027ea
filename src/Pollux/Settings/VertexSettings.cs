using Pollux.KeyPool;

namespace Pollux.Settings;

/// <summary>Who serves a model that is asked for by its plain name, on a route that forces nothing.</summary>
internal enum VertexMode
{
    /// <summary>Keys of the Gemini API; Vertex AI by its own routes and names.</summary>
    Off,

    /// <summary>Keys of the Gemini API first, then Vertex AI.</summary>
    Mixed,

    /// <summary>Service accounts of Vertex AI.</summary>
    Only,
}

/// <summary>Vertex AI, by service accounts and in express mode.</summary>
internal sealed record VertexSettings
{
    /// <summary>Google's address of express mode, with version.</summary>
    public const string GoogleExpressAddress = "https://aiplatform.googleapis.com/v1beta1/publishers/google";

    /// <summary><c>VERTEX_MODE</c>; without it <c>ENABLE_VERTEX</c> with a service account means <see cref="VertexMode.Only"/>. Default off.</summary>
    public required VertexMode Mode { get; init; }

    /// <summary>Service accounts were wanted for plain names, and the settings hold none: one that was imported has the same effect.</summary>
    public bool OnlyOnceThere { get; init; }

    /// <summary><c>ENABLE_VERTEX_EXPRESS</c>: keys of express mode stand in a mixed pool too, before the service accounts. Default no.</summary>
    public required bool ExpressInMixed { get; init; }

    /// <summary>
    /// <c>GOOGLE_CREDENTIALS_JSON</c> and the files of <c>DATA_DIR/credentials</c>: service accounts, each as one JSON object of
    /// what is needed of it.
    /// </summary>
    public required IReadOnlyList<KeyEntry> ServiceAccounts { get; init; }

    /// <summary><c>VERTEX_EXPRESS_API_KEY</c> and <c>VERTEX_API_KEYS</c>.</summary>
    public required IReadOnlyList<string> ExpressKeys { get; init; }

    /// <summary><c>VERTEX_LOCATION</c>: a region such as <c>europe-west4</c>, <c>us</c>, <c>eu</c> or <c>global</c> (default).</summary>
    public required string Location { get; init; }

    /// <summary><c>VERTEX_BASE_URL</c>: where service accounts are sent, without version; <see langword="null"/>: Google's host of the location.</summary>
    public required Uri? BaseAddress { get; init; }

    /// <summary><c>VERTEX_EXPRESS_BASE_URL</c>: where keys of express mode are sent, with version and publisher, without a slash at the end.</summary>
    public required string ExpressAddress { get; init; }

    /// <summary><c>VERTEX_TOKEN_URL</c>: where access tokens are had instead of the address in the credential, which must be https.</summary>
    public required Uri? TokenAddress { get; init; }

    /// <summary>The kinds that serve a plain name.</summary>
    /// <param name="hasAccounts">Whether there is a service account, wherever it came from.</param>
    public CredentialKinds PlainKinds(bool hasAccounts) => Mode switch
    {
        VertexMode.Off when OnlyOnceThere && hasAccounts => CredentialKinds.VertexServiceAccount,
        VertexMode.Only => CredentialKinds.VertexServiceAccount,
        VertexMode.Mixed => CredentialKinds.GeminiApiKey | CredentialKinds.VertexServiceAccount | (ExpressInMixed ? CredentialKinds.VertexExpressKey : CredentialKinds.None),
        _ => CredentialKinds.None,
    };
}
