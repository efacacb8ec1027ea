namespace Pollux.Telemetry;

/// <summary>
/// Ends an answer that had begun without the mark of its end, after all that was written has been sent. A client that does
/// not know the error inside the stream, as OpenAI's for .NET and the AI SDK for Gemini, then sees a broken body instead of
/// an answer that seems whole. Kestrel does so when a handler throws, and so this leaves every handler;
/// <see cref="HttpContext.Abort"/> would take back the error that was just written. It is no fault, and is not logged as one.
/// </summary>
internal sealed class CutAnswerException() : Exception("The answer was cut after it had begun; the error stands at its end.");
