using System.Text;
using System.Text.Json;

namespace Pollux.Tests.Protocols.Anthropic.Reading;

/// <summary>A message as a careful client of Anthropic's understands it, with everything that is wrong about it.</summary>
internal sealed class MessagesOutcome
{
    /// <summary>Violations of the dialect, each a sentence; empty for a good answer.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The blocks by their order.</summary>
    public List<MessageBlock> Blocks { get; } = [];

    public string? StopReason { get; set; }

    public string? Refusal { get; set; }

    /// <summary>The token counts that hold at the end.</summary>
    public MessagesUsage? Usage { get; set; }

    /// <summary>Tokens of the prompt as the first event told them.</summary>
    public int FirstInput { get; set; }

    public string? Model { get; set; }

    public int Pings { get; set; }

    /// <summary>The error that came instead of the answer, or in its middle.</summary>
    public JsonElement? Error { get; set; }

    public string? ErrorType => Error?.GetProperty("type").GetString();

    public string Text => string.Concat(Blocks.Where(block => block.Type == "text").Select(block => block.Text.ToString()));

    public string Thoughts => string.Concat(Blocks.Where(block => block.Type == "thinking").Select(block => block.Text.ToString()));

    public IEnumerable<MessageBlock> Calls => Blocks.Where(block => block.Type == "tool_use");
}

/// <summary>One block, with its deltas joined.</summary>
internal sealed class MessageBlock
{
    public required string Type { get; init; }

    /// <summary>As it began, or the whole of it.</summary>
    public required JsonElement Start { get; init; }

    /// <summary>Text or thought.</summary>
    public StringBuilder Text { get; } = new();

    /// <summary>The input of a tool, in pieces.</summary>
    public StringBuilder Pieces { get; } = new();

    public string? Signature { get; set; }

    public List<JsonElement> Citations { get; } = [];

    public bool IsClosed { get; set; }

    public JsonElement Input => Pieces.Length > 0 ? JsonElement.Parse(Pieces.ToString()) : Start.GetProperty("input");
}

/// <summary>Token counts in Anthropic's terms.</summary>
internal readonly record struct MessagesUsage(int Input, int CacheRead, int Output);
