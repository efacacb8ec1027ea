using System.Text;
using System.Text.Json;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>A chat answer as a careful client understands it, with everything that is wrong about it.</summary>
internal sealed class ChatOutcome
{
    /// <summary>Violations of OpenAI's form, each a sentence; empty for a good answer.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The choices by index.</summary>
    public SortedDictionary<int, ChatChoice> Choices { get; } = [];

    /// <summary>The token counts, if any came.</summary>
    public ChatUsage? Usage { get; set; }

    /// <summary>The error that came instead of the answer, or in its middle.</summary>
    public JsonElement? Error { get; set; }

    /// <summary>Whether the stream said <c>[DONE]</c>.</summary>
    public bool Done { get; set; }

    /// <summary>Number of chunks; 1 for a whole answer.</summary>
    public int Chunks { get; set; }

    /// <summary>Reads a string; one that no strict parser can read is a problem.</summary>
    public string Text(JsonElement value, string place)
    {
        if (value.ValueKind != JsonValueKind.String)
            return ""; // told where it was looked for
        try
        {
            return value.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            Problems.Add($"{place} is no valid text: {value.GetRawText()}");
            return "";
        }
    }
}

/// <summary>One choice.</summary>
internal sealed class ChatChoice
{
    public StringBuilder Content { get; } = new();

    public StringBuilder Reasoning { get; } = new();

    public List<ChatToolCall> Calls { get; } = [];

    public List<string> TextSignatures { get; } = [];

    public List<string> Audio { get; } = [];

    public List<string> LogprobTokens { get; } = [];

    /// <summary>What each citation stands behind, and its address.</summary>
    public List<(string Text, string Address)> Citations { get; } = [];

    public string? Refusal { get; set; }

    public string? Finish { get; set; }
}

/// <summary>One tool call; <see cref="Id"/> is empty for the legacy form.</summary>
internal sealed record ChatToolCall(string Id, string Name, StringBuilder Arguments, string? Signature)
{
    /// <summary>The arguments as JSON.</summary>
    public JsonElement Json => JsonElement.Parse(Arguments.ToString());
}

/// <summary>Token counts in OpenAI's terms.</summary>
internal readonly record struct ChatUsage(int Prompt, int Completion, int Total, int Cached, int Reasoning);
