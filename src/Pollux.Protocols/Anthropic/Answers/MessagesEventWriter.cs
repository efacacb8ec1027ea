using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>
/// Writes a streamed answer as Anthropic's events: the message begins with the first event of Gemini's, its blocks follow, and how it
/// ended and what it used when the stream has truly ended. Not thread-safe.
/// </summary>
public sealed class MessagesEventWriter : IDisposable
{
    private readonly MessagesAnswerContext _context;
    private readonly Utf8JsonWriter _json = new(Stream.Null, MessagesJson.WriterOptions);
    private readonly BlockEvents _events;
    private readonly AnswerBlocks _blocks;
    private GeminiUsage _usage;
    private FinishReason _finish = FinishReason.None;
    private string? _refusal;
    private bool _started;

    /// <param name="context">What the events have in common.</param>
    public MessagesEventWriter(MessagesAnswerContext context)
    {
        _context = context;
        _events = new BlockEvents(_json);
        _blocks = new AnswerBlocks(context, _events);
    }

    /// <summary>Writes what <paramref name="answer"/> adds.</summary>
    /// <returns>Whether something was written; an event may add nothing.</returns>
    public bool Write(Answer answer, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.HasUsage)
            _usage = _usage.Update(answer.Usage);
        bool began = Start(output);
        _events.Begin(output);
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            if (candidate.Index != 0)
                continue; // one answer is all that the dialect knows
            _blocks.Learn(answer, candidate);
            _blocks.Take(answer, candidate, isWhole: false);
            if (candidate.FinishReason == FinishReason.None)
                continue;
            _finish = candidate.FinishReason;
            _refusal = StopReasons.Explain(answer, candidate) ?? _refusal;
        }

        return began | _events.End();
    }

    /// <summary>Writes a sign of life. Before the first event the message begins with it.</summary>
    public void WriteKeepAlive(IBufferWriter<byte> output)
    {
        if (!Start(output))
            output.Write(BlockEvents.Ping);
    }

    /// <summary>Closes the last block, and writes how the answer ended and what it used.</summary>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        Start(output);
        _events.Begin(output);
        _blocks.Finish();
        _events.End();
        output.Write("event: message_delta\ndata: "u8);
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString(MessagesJson.Type, "message_delta"u8);
        _json.WriteStartObject(MessagesJson.Delta);
        MessagesJson.WriteStop(_json, StopReasons.ToAnthropic(_finish, _blocks.HasCalls), _refusal);
        _json.WriteEndObject();
        MessagesJson.WriteUsage(_json, _usage, _context.EstimatedPromptTokens, _blocks.Searches);
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private bool Start(IBufferWriter<byte> output)
    {
        if (_started)
            return false;
        _started = true;
        output.Write("event: message_start\ndata: "u8);
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString(MessagesJson.Type, "message_start"u8);
        _json.WriteStartObject("message"u8);
        MessagesJson.WriteHead(_json, _context);
        _json.WriteStartArray("content"u8);
        _json.WriteEndArray();
        _json.WriteNull("stop_reason"u8);
        _json.WriteNull("stop_sequence"u8);
        GeminiUsage known = _usage with { Candidates = 0, Thoughts = 0 }; // told at the end, of the whole
        MessagesJson.WriteUsage(_json, known, _context.EstimatedPromptTokens, searches: 0);
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n\n"u8);
        output.Write(BlockEvents.Ping); // as Anthropic does
        return true;
    }
}
