using System.Text.Json;
using Pollux.Affinity;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Live;

/// <summary>
/// Looks at what the upstream says for two things: new handles of the session, and token counts. A message is only searched for two
/// names, which costs sound next to nothing, and read when it holds one of them.
/// </summary>
internal sealed class LivePeek(AffinityLedger ledger, TimeProvider clock, CredentialId key, string owner)
{
    /// <summary>How long after a session's end its handle can be used (Google's guide to sessions: two hours).</summary>
    private static readonly TimeSpan HandleLife = TimeSpan.FromHours(2);

    private string? _lastHandle;

    /// <summary>The counts of all turns together: each turn is charged for its whole prompt.</summary>
    public GeminiUsage Usage { get; private set; }

    /// <summary>Looks at a whole message.</summary>
    public void Whole(ReadOnlySpan<byte> message)
    {
        if (message.IndexOf("\"usageMetadata\""u8) < 0 && message.IndexOf("\"sessionResumptionUpdate\""u8) < 0)
            return;
        try
        {
            Read(message);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // the client will see what it is; we only looked
        }
    }

    /// <summary>
    /// Looks at the last piece of a message whose beginning is gone. Counts are its last member if they stand in it: behind
    /// them nothing follows but the message's own closing brace.
    /// </summary>
    public void Tail(ReadOnlySpan<byte> piece)
    {
        int at = piece.LastIndexOf("\"usageMetadata\""u8);
        if (at < 0)
            return;
        ReadOnlySpan<byte> member = piece[at..].TrimEnd(" \r\n\t"u8);
        if (member is not [.., (byte)'}'])
            return;
        try
        {
            byte[] alone = [(byte)'{', .. member]; // read as a message of its own it is JSON only if it was the last member of the outermost object
            Read(alone);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // it was something deeper
        }
    }

    /// <summary>The session is over: its last handle lives on from now.</summary>
    public void Ended()
    {
        if (_lastHandle is { } handle)
            ledger.Extend(handle, clock.GetUtcNow() + HandleLife);
    }

    private void Read(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 256 });
        GeminiUsage? usage = null;
        string? handle = null;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool counts = reader.ValueTextEquals("usageMetadata"u8);
            bool resumption = reader.ValueTextEquals("sessionResumptionUpdate"u8);
            reader.Read();
            if (counts && reader.TokenType == JsonTokenType.StartObject)
                usage = ReadUsage(ref reader);
            else if (resumption && reader.TokenType == JsonTokenType.StartObject)
                handle = ReadHandle(ref reader);
            else
                reader.Skip();
        }

        while (reader.Read())
        {
        }

        if (usage is { } more)
            Usage = Sum(Usage, more);
        if (handle is { Length: > 0 } && ledger.Remember(new RemoteResource(handle, ResourceKind.LiveHandle, key, owner, clock.GetUtcNow() + HandleLife)))
            _lastHandle = handle;
    }

    private static string? ReadHandle(ref Utf8JsonReader reader)
    {
        string? handle = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isHandle = reader.ValueTextEquals("newHandle"u8);
            reader.Read();
            if (isHandle && reader.TokenType == JsonTokenType.String)
                handle = reader.GetString();
            else
                reader.Skip();
        }

        return handle;
    }

    private static GeminiUsage ReadUsage(ref Utf8JsonReader reader)
    {
        int prompt = 0, cached = 0, answer = 0, thoughts = 0, tools = 0, total = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ref int count = ref total;
            bool isKnown = true;
            if (reader.ValueTextEquals("promptTokenCount"u8))
                count = ref prompt;
            else if (reader.ValueTextEquals("cachedContentTokenCount"u8))
                count = ref cached;
            else if (reader.ValueTextEquals("responseTokenCount"u8) || reader.ValueTextEquals("candidatesTokenCount"u8)) // the Developer API's word, Vertex's word
                count = ref answer;
            else if (reader.ValueTextEquals("thoughtsTokenCount"u8))
                count = ref thoughts;
            else if (reader.ValueTextEquals("toolUsePromptTokenCount"u8))
                count = ref tools;
            else
                isKnown = reader.ValueTextEquals("totalTokenCount"u8);
            reader.Read();
            if (isKnown && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int value) && value > 0)
                count = value;
            else
                reader.Skip();
        }

        return new GeminiUsage(prompt, cached, answer, thoughts, tools, total, 0, 0);
    }

    private static GeminiUsage Sum(in GeminiUsage a, in GeminiUsage b) => new(
        Add(a.Prompt, b.Prompt), Add(a.Cached, b.Cached), Add(a.Candidates, b.Candidates), Add(a.Thoughts, b.Thoughts), Add(a.ToolUsePrompt, b.ToolUsePrompt), Add(a.Total, b.Total), 0, 0);

    private static int Add(int a, int b) => (int)Math.Min((long)a + b, int.MaxValue);
}
