namespace Pollux.Protocols.Shaping;

/// <summary>Keeps what a client's tool call must bring back to Gemini, and names the call.</summary>
public interface ICallRegister
{
    /// <summary>Registers a function call that goes to the client.</summary>
    /// <param name="geminiId">The id Gemini gave, or <see langword="null"/>.</param>
    /// <param name="signature">The thought signature (base64 text), or <see langword="null"/> when the call has none.</param>
    /// <returns>The id the client sees: unique, since clients break on empty and on repeated ids.</returns>
    string Register(string? geminiId, string? signature);
}
