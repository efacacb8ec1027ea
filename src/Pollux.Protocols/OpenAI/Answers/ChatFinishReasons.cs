using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>Tells an OpenAI client how a Gemini candidate ended.</summary>
public static class ChatFinishReasons
{
    /// <param name="reason">Gemini's reason. Google adds values; an unknown one is no reason to fail.</param>
    /// <param name="calledTool">A function call was passed on; Gemini ends such a turn with plain <c>STOP</c>.</param>
    /// <returns>OpenAI's <c>finish_reason</c>, or <see langword="null"/> when the turn failed and must be told as an error.</returns>
    public static string? ToOpenAI(FinishReason reason, bool calledTool)
    {
        if (reason.IsFailure())
            return null;
        if (reason.IsBlock())
            return "content_filter";

        return reason switch
        {
            FinishReason.MaxTokens => "length", // also for a cut call: its arguments are incomplete, the client must not run it
            _ => calledTool ? "tool_calls" : "stop",
        };
    }
}
