using Pollux.KeyPool;

namespace Pollux.Settings;

/// <summary>Upstreams with OpenAI's API that are not Google.</summary>
internal sealed record OtherUpstreamSettings
{
    /// <summary>xAI.</summary>
    public required XaiSettings Xai { get; init; }

    /// <summary><c>UPSTREAMS</c>: further ones, in the order in which they are asked for plain names. Their numbers count from 1. Default none.</summary>
    public required IReadOnlyList<FurtherUpstream> Further { get; init; }

    /// <summary>None of them.</summary>
    public OtherUpstreamSettings WithoutKeys() => this with { Xai = Xai with { Keys = [] }, Further = [] };
}

/// <summary>xAI.</summary>
internal sealed record XaiSettings
{
    /// <summary><c>XAI_API_KEYS</c>.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary><c>XAI_BASE_URL</c>, with version and a slash at its end. Default <c>https://api.x.ai/v1/</c>.</summary>
    public required Uri BaseAddress { get; init; }

    /// <summary><c>XAI_RESPONSE_FORMAT</c>: pictures of a chat are had as bytes and stored here (<c>b64_json</c>); else as xAI's addresses (<c>url</c>, the default).</summary>
    public required bool PicturesAsBytes { get; init; }
}

/// <summary>One further upstream.</summary>
/// <param name="Name">What stands before its models, and a slash.</param>
/// <param name="BaseAddress">With version and a slash at its end.</param>
/// <param name="Keys">Its keys, at least one.</param>
/// <param name="Models">Its models, at least one.</param>
internal sealed record FurtherUpstream(string Name, Uri BaseAddress, IReadOnlyList<KeyEntry> Keys, IReadOnlyList<string> Models)
{
    /// <summary>The model's name here: the upstream's name, a slash, the model's own name.</summary>
    public string NameOf(string model) => $"{Name}/{model}";
}
