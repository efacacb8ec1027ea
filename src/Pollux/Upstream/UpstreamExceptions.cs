using Pollux.KeyPool;

namespace Pollux.Upstream;

/// <summary>No access token could be had. Nothing was sent to the API.</summary>
/// <param name="fault">How that failed.</param>
/// <param name="words">The token service's words, without any secret.</param>
internal sealed class AccessTokenException(TokenFault fault, string? words) : Exception("No access token could be had.")
{
    /// <summary>How it failed.</summary>
    public TokenFault Fault => fault;

    /// <summary>The token service's words, if it gave any.</summary>
    public string? Words => words;
}

/// <summary>The upstream that a credential leads to has no counterpart for what is asked: Vertex AI, or one with OpenAI's API alone. Nothing was sent.</summary>
/// <param name="message">Why, in words for the client.</param>
internal sealed class NotOfferedException(string message) : Exception(message);
