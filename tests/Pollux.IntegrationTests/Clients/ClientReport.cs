using System.Text.Json;

namespace Pollux.IntegrationTests.Clients;

/// <summary>What a client saw, in words that all clients share. What a scenario does not look at is null.</summary>
internal sealed record ClientReport
{
    public string? Text { get; init; }

    /// <summary>Pieces of text in a stream.</summary>
    public int? Pieces { get; init; }

    /// <summary>How the answer ended, in the client's own word.</summary>
    public string? Finish { get; init; }

    public string? Thoughts { get; init; }

    public ClientUsage? Usage { get; init; }

    /// <summary>The calls of each answer that had some.</summary>
    public IReadOnlyList<IReadOnlyList<ClientToolCall>> Steps { get; init; } = [];

    /// <summary>The object of a structured answer.</summary>
    public JsonElement? Object { get; init; }

    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The model that was asked for alone.</summary>
    public string? Model { get; init; }

    public int? Tokens { get; init; }

    public IReadOnlyList<double> Embedding { get; init; } = [];

    /// <summary>What the client threw.</summary>
    public ClientError? Error { get; init; }
}

/// <summary>Token counts; completion includes thoughts.</summary>
internal sealed record ClientUsage(int? Prompt, int? Completion, int? Thoughts, int? Total);

/// <summary>A function call as a program gets it from its client.</summary>
internal sealed record ClientToolCall(string Id, string Name, string Arguments, string? Finish);

/// <summary>An error of the client's own types.</summary>
internal sealed record ClientError(string Type, int? Status, string? Code, string? Param, string? RetryAfter, string Message);
