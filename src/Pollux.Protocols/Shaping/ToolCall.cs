using System.Runtime.InteropServices;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.Shaping;

/// <summary>A tool call on its way to the client.</summary>
/// <param name="Id">The id the client sees.</param>
/// <param name="Name">The function's name as the client declared it.</param>
/// <param name="Arguments">The JSON object of the arguments; empty for a call without arguments.</param>
/// <param name="Signature">The thought signature, for clients that carry it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ToolCall(string Id, string Name, ReadOnlyMemory<byte> Arguments, string? Signature)
{
    /// <summary>Reads a call of Gemini's and registers it.</summary>
    /// <param name="answer">The event.</param>
    /// <param name="part">The part with the call.</param>
    /// <param name="register">Names the call and keeps what must come back with it.</param>
    /// <param name="restoreName">Gives a function the client's name; <see langword="null"/> when no name was changed.</param>
    public static ToolCall Read(Answer answer, in AnswerPart part, ICallRegister register, Func<string, string>? restoreName)
    {
        string name = FunctionCallNames.Clean(answer.Text(part.Name) ?? "");
        string? geminiId = answer.Text(part.Id);
        string? signature = answer.Text(part.Signature);
        string id = register.Register(string.IsNullOrEmpty(geminiId) ? null : geminiId, signature);
        ReadOnlyMemory<byte> arguments = part.Content.Exists ? answer.Json.Slice(part.Content.Start, part.Content.Length) : default;
        return new ToolCall(id, restoreName?.Invoke(name) ?? name, arguments, signature);
    }
}
