namespace Pollux.Endpoints;

/// <summary>
/// Ends an answer that had begun without the mark of its end, after all that was written has been sent. A client that does
/// not know the error inside the stream, as OpenAI's for .NET and the AI SDK for Gemini, then sees a broken body instead of
/// an answer that seems whole. It is of the one type for which Kestrel does that without calling it a fault of the
/// application; <see cref="HttpContext.Abort"/> would also take back the error that was just written.
/// </summary>
internal sealed class CutAnswerException() : BadHttpRequestException("The answer was cut after it had begun; the error stands at its end.");
