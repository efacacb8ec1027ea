using System.Text;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>
/// What the rules found in one request. Faults of fields are listed together, one line each; a fault of the request as a
/// whole is a sentence of its own, and the first one wins. Faults of fields come first, as in Google's answers.
/// </summary>
internal sealed class Findings(string messageName)
{
    private readonly StringBuilder _fields = new();
    private string? _sentence;

    /// <summary>A field does not hold what it must.</summary>
    /// <param name="path">Path in snake_case, from the body's root.</param>
    /// <param name="text">What is wrong, in Google's words where they are known.</param>
    public void AddField(string path, string text) =>
        _fields.Append("* ").Append(messageName).Append('.').Append(path).Append(": ").Append(text).Append('\n');

    /// <summary>The request does not hold together.</summary>
    public void AddSentence(string text) => _sentence ??= text;

    /// <summary>The 400 to answer with, or null when nothing was found.</summary>
    public GoogleError? ToError() =>
        _fields.Length > 0 ? GoogleError.InvalidArgument(_fields.ToString())
        : _sentence is not null ? GoogleError.InvalidArgument(_sentence)
        : null;
}
