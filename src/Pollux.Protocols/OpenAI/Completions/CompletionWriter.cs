using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;

namespace Pollux.Protocols.OpenAI.Completions;

/// <summary>Writes completions, streamed or whole: the texts of a chat, and nothing else of it. Not thread-safe.</summary>
/// <param name="context">What the chunks have in common.</param>
/// <param name="echo">The prompt, a JSON string token, if it is to stand before the text; else empty.</param>
public sealed class CompletionWriter(ChatAnswerContext context, ReadOnlyMemory<byte> echo) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, ChatJson.WriterOptions);
    private readonly ChatDelta _delta = new(context);
    private readonly List<Choice> _choices = [];
    private GeminiUsage _usage;

    /// <summary>Writes what an event adds.</summary>
    /// <returns>Whether something was written.</returns>
    public bool Write(Answer answer, IBufferWriter<byte> output)
    {
        if (answer.HasUsage)
            _usage = _usage.Update(answer.Usage);
        bool wrote = false;
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            Choice choice = Take(answer, candidate, candidate.Index);
            if (!_delta.Content.HasText)
                continue;
            BeginChunk(output);
            WriteChoice(choice, finish: null, output);
            EndChunk(output);
            wrote = true;
        }

        return wrote;
    }

    /// <summary>Writes why each text ended, the usage if it was asked for, and <c>[DONE]</c>.</summary>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        if (_choices.Count == 0)
            _choices.Add(new Choice { Index = 0 });
        foreach (Choice choice in _choices)
        {
            _delta.Content.Clear();
            BeginChunk(output);
            WriteChoice(choice, FinishWord(choice), output);
            EndChunk(output);
        }

        if (context.IncludeUsage)
        {
            BeginChunk(output);
            _json.WriteEndArray();
            ChatJson.WriteUsage(_json, _usage);
            _json.WriteEndObject();
            _json.Flush();
            output.Write("\n\n"u8);
        }

        output.Write("data: [DONE]\n\n"u8);
    }

    /// <summary>Writes a whole answer.</summary>
    public void WriteWhole(Answer answer, IBufferWriter<byte> output)
    {
        BeginBody(output);
        int position = 0;
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            Choice choice = Take(answer, candidate, answer.Candidates.Length > 1 ? candidate.Index : position++);
            WriteChoice(choice, FinishWord(choice), output);
        }

        _json.WriteEndArray();
        ChatJson.WriteUsage(_json, answer.Usage);
        _json.WriteEndObject();
        _json.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private static string FinishWord(Choice choice) => ChatFinishReasons.ToOpenAI(choice.Finish, calledTool: false) ?? "stop";

    private Choice Take(Answer answer, in AnswerCandidate candidate, int index)
    {
        Choice? choice = null;
        foreach (Choice known in _choices)
            choice = known.Index == index ? known : choice;
        if (choice is null)
            _choices.Add(choice = new Choice { Index = index });
        bool thinking = false;
        _delta.Collect(answer, candidate, callsBefore: 0, goesOn: choice.HasBegun, ref thinking);
        if (candidate.FinishReason != FinishReason.None)
            choice.Finish = candidate.FinishReason;
        return choice;
    }

    private void BeginChunk(IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        BeginBody(output);
    }

    private void BeginBody(IBufferWriter<byte> output)
    {
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString(ChatJson.Id, context.Id);
        _json.WriteString(ChatJson.Object, "text_completion"u8);
        _json.WriteNumber(ChatJson.Created, context.Created);
        _json.WriteString(ChatJson.Model, context.Model);
        _json.WriteStartArray(ChatJson.Choices);
    }

    private void WriteChoice(Choice choice, string? finish, IBufferWriter<byte> output)
    {
        _json.WriteStartObject();
        _json.WritePropertyName("text"u8);
        if (!echo.IsEmpty && !choice.HasBegun)
            WriteEchoed(output);
        else
            _delta.Content.WriteTo(_json, output);
        choice.HasBegun = true;
        _json.WriteNumber(ChatJson.Index, choice.Index);
        _json.WriteNull(ChatJson.Logprobs);
        if (finish is null)
            _json.WriteNull(ChatJson.Finish);
        else
            _json.WriteString(ChatJson.Finish, finish);
        _json.WriteEndObject();
    }

    /// <summary>The prompt and the text behind it, as one string.</summary>
    private void WriteEchoed(IBufferWriter<byte> output)
    {
        var joined = new Shaping.RawText();
        joined.AddToken(echo);
        byte[] text = _delta.Content.HasText ? _delta.Content.ToToken() : [.. "\"\""u8];
        joined.AddEscaped(text.AsSpan(1..^1));
        joined.WriteTo(_json, output);
    }

    private void EndChunk(IBufferWriter<byte> output)
    {
        _json.WriteEndArray();
        if (context.IncludeUsage)
            _json.WriteNull(ChatJson.Usage);
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n\n"u8);
    }

    private sealed class Choice
    {
        public required int Index { get; init; }

        public bool HasBegun { get; set; }

        public FinishReason Finish { get; set; } = FinishReason.Stop;
    }
}
