using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Serving;

/// <summary>What a reply sends.</summary>
internal abstract record ReplyBody;

/// <summary>The fake's own answer, changed at will.</summary>
internal sealed record MindBody : ReplyBody
{
    public Func<Answer, Answer> Change { get; init; } = static answer => answer;
}

/// <summary>A scripted answer of the model.</summary>
internal sealed record AnswerBody(Answer Answer) : ReplyBody;

/// <summary>Exact bytes. Several pieces are the events of a stream.</summary>
internal sealed record RawBody(int Status, string ContentType, IReadOnlyList<ReadOnlyMemory<byte>> Pieces) : ReplyBody
{
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>An error; some name the key, its project, or the model.</summary>
internal sealed record ErrorBody(Func<ErrorSubject, GoogleError> Make) : ReplyBody
{
    public bool InArray { get; init; }
}

/// <summary>The connection is cut before any byte.</summary>
internal sealed record ResetBody : ReplyBody;

/// <summary>Whom an error is about.</summary>
internal readonly record struct ErrorSubject(string Key, FakeProject Project, string Model);

/// <summary>How a stream goes wrong.</summary>
internal enum EndingKind
{
    /// <summary>The connection is cut.</summary>
    Reset,

    /// <summary>An error without framing.</summary>
    BareError,

    /// <summary>An error framed like an event.</summary>
    DataError,

    /// <summary>The end, too early.</summary>
    Stop,
}

/// <summary>Breaks a stream off after so many events.</summary>
internal sealed record ReplyEnding(int AfterEvents, EndingKind Kind, ErrorBody? Error);
