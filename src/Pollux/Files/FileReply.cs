using Pollux.Access;
using Pollux.Dispatch;

namespace Pollux.Files;

/// <summary>What a client is answered about files: an answer of the upstream, an error of ours, or a failed call.</summary>
internal sealed record FileReply
{
    /// <summary>The upstream's status.</summary>
    public int Status { get; init; } = 200;

    /// <summary>The content type; <see langword="null"/>: there is no body.</summary>
    public string? ContentType { get; init; }

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Headers that belong to it.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The id of the upload that was begun.</summary>
    public string? UploadId { get; init; }

    /// <summary>Why the gateway refuses.</summary>
    public GatewayError? Error { get; init; }

    /// <summary>Why the upstream could not be asked, or refused.</summary>
    public DispatchFailure? Failure { get; init; }

    /// <summary>An error of ours.</summary>
    public static implicit operator FileReply(GatewayError error) => new() { Error = error };

    /// <summary>A failed call.</summary>
    public static implicit operator FileReply(DispatchFailure failure) => new() { Failure = failure };

    /// <summary>What Google says of a file that is not there, or not the caller's: the two must look alike.</summary>
    public static FileReply NotThere(string name) => new GatewayError(404, GatewayErrorKind.NotFound, FileNames.NotThere(name));
}

/// <summary>Who asks for something about files.</summary>
/// <param name="Caller">The caller's id.</param>
/// <param name="Record">The request's record.</param>
/// <param name="Lifetime">How long somebody waits.</param>
internal sealed record FileAsk(string Caller, Telemetry.RequestRecord Record, RequestLifetime Lifetime);
