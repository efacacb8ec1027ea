using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>
/// Writes a streamed chat answer as server-sent events: at most one chunk per choice and Gemini event, the finish reasons
/// when the stream has truly ended, then usage and <c>[DONE]</c>. Not thread-safe.
/// </summary>
/// <param name="context">What the chunks have in common.</param>
public sealed class ChatChunkWriter(ChatAnswerContext context) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, ChatJson.WriterOptions);
    private readonly ChatDelta _delta = new(context);
    private readonly JsonEncodedText _id = JsonEncodedText.Encode(context.Id, ChatJson.WriterOptions.Encoder);
    private readonly JsonEncodedText _model = JsonEncodedText.Encode(context.Model, ChatJson.WriterOptions.Encoder);
    private Choice[] _choices = new Choice[1];
    private int _choiceCount;
    private GeminiUsage _usage;

    /// <summary>Writes what <paramref name="answer"/> adds.</summary>
    /// <returns>Whether a chunk was written; an event may add nothing.</returns>
    public bool Write(Answer answer, IBufferWriter<byte> output)
    {
        if (answer.HasUsage)
            _usage = _usage.Update(answer.Usage);

        bool wrote = false;
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            ref Choice choice = ref ChoiceFor(candidate.Index);
            _delta.Grounded = choice.Grounded;
            _delta.Collect(answer, candidate, choice.CallCount, choice.HasContent, ref choice.Thinking);
            choice.HasContent |= _delta.Content.HasText;
            if (candidate.Grounding.Exists)
                (choice.Grounded ??= new GroundedText()).Take(answer.Json.Slice(candidate.Grounding.Start, candidate.Grounding.Length));
            if (candidate.FinishReason != FinishReason.None)
            {
                choice.Finish = candidate.FinishReason;
                if (candidate.FinishReason.IsBlock())
                    choice.Refusal = ChatJson.RefusalText(candidate.FinishReason, answer.Text(candidate.FinishReasonToken), answer.Text(candidate.FinishMessage));
            }

            if (_delta.IsEmpty && !candidate.Logprobs.Exists)
                continue;

            WriteChunk(candidate, ref choice, answer, output);
            wrote = true;
        }

        return wrote;
    }

    /// <summary>Writes the finish chunks, the usage chunk if it was asked for, and <c>[DONE]</c>.</summary>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        if (_choiceCount == 0)
            ChoiceFor(0);

        for (int i = 0; i < _choiceCount; i++)
        {
            ref Choice choice = ref _choices[i];
            if (choice.Thinking)
            {
                _delta.CloseThought(ref choice.Thinking);
                BeginChunk(ref choice, output);
                _json.WritePropertyName(ChatJson.Content);
                _delta.Content.WriteTo(_json, output);
                EndChunk(null, output);
            }

            if (choice.Grounded is { HasSources: true } grounded)
                WriteSources(grounded, ref choice, output);

            if (choice.Refusal is { } refusal)
            {
                BeginChunk(ref choice, output);
                _json.WriteString(ChatJson.Refusal, refusal);
                EndChunk(null, output);
            }

            BeginChunk(ref choice, output);
            EndChunk(FinishWord(choice), output);
        }

        if (context.IncludeUsage)
            WriteUsageChunk(output);
        output.Write("data: [DONE]\n\n"u8);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    /// <summary>Google tells sources at the end only, and so do we.</summary>
    private void WriteSources(GroundedText grounded, ref Choice choice, IBufferWriter<byte> output)
    {
        bool isListed = context.SourcesHeading is not null && choice.HasContent;
        BeginChunk(ref choice, output);
        if (isListed)
        {
            _delta.Content.Clear();
            grounded.AppendList(_delta.Content, context.SourcesHeading!);
            _json.WritePropertyName(ChatJson.Content);
            _delta.Content.WriteTo(_json, output);
        }

        grounded.WriteAnnotations(_json);
        EndChunk(null, output);
    }

    private string FinishWord(in Choice choice)
    {
        string word = ChatFinishReasons.ToOpenAI(choice.Finish, choice.CallCount > 0) ?? "stop";
        return context.LegacyFunctions && word == "tool_calls" ? "function_call" : word;
    }

    private void WriteChunk(in AnswerCandidate candidate, ref Choice choice, Answer answer, IBufferWriter<byte> output)
    {
        bool first = !choice.RoleSent;
        BeginChunk(ref choice, output);
        if (_delta.Content.HasText)
        {
            _json.WritePropertyName(ChatJson.Content);
            _delta.Content.WriteTo(_json, output);
        }
        else if (first)
        {
            if (_delta.Calls.Count > 0)
                _json.WriteNull(ChatJson.Content);
            else
                _json.WriteString(ChatJson.Content, ReadOnlySpan<byte>.Empty);
        }

        if (_delta.Reasoning.HasText)
        {
            _json.WritePropertyName(ChatJson.ReasoningContent);
            _delta.Reasoning.WriteTo(_json, output);
            _json.WritePropertyName(ChatJson.Reasoning);
            _delta.Reasoning.WriteTo(_json, output);
        }

        ChatJson.WriteExtras(_json, output, _delta, context, choice.CallCount);
        choice.CallCount += _delta.Calls.Count;
        EndChunk(null, output, candidate.Logprobs.Exists ? answer.Json.Slice(candidate.Logprobs.Start, candidate.Logprobs.Length) : default);
    }

    private void BeginChunk(ref Choice choice, IBufferWriter<byte> output)
    {
        WriteHead(output);
        _json.WriteStartObject();
        _json.WriteNumber(ChatJson.Index, choice.Index);
        _json.WriteStartObject(ChatJson.Delta);
        if (!choice.RoleSent)
        {
            _json.WriteString(ChatJson.Role, ChatJson.Assistant);
            choice.RoleSent = true;
        }
    }

    private void EndChunk(string? finish, IBufferWriter<byte> output, ReadOnlyMemory<byte> logprobs = default)
    {
        _json.WriteEndObject();
        if (!logprobs.IsEmpty)
            ChatLogprobs.Write(_json, logprobs);
        if (finish is null)
            _json.WriteNull(ChatJson.Finish);
        else
            _json.WriteString(ChatJson.Finish, finish);
        _json.WriteEndObject();
        _json.WriteEndArray();
        if (context.IncludeUsage)
            _json.WriteNull(ChatJson.Usage);
        WriteTail(output);
    }

    private void WriteUsageChunk(IBufferWriter<byte> output)
    {
        WriteHead(output);
        _json.WriteEndArray();
        ChatJson.WriteUsage(_json, _usage);
        WriteTail(output);
    }

    private void WriteHead(IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString(ChatJson.Id, _id);
        _json.WriteString(ChatJson.Object, ChatJson.Chunk);
        _json.WriteNumber(ChatJson.Created, context.Created);
        _json.WriteString(ChatJson.Model, _model);
        _json.WriteStartArray(ChatJson.Choices);
    }

    private void WriteTail(IBufferWriter<byte> output)
    {
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n\n"u8);
    }

    private ref Choice ChoiceFor(int index)
    {
        for (int i = 0; i < _choiceCount; i++)
        {
            if (_choices[i].Index == index)
                return ref _choices[i];
        }

        if (_choiceCount == _choices.Length)
            Array.Resize(ref _choices, _choiceCount * 2);
        _choices[_choiceCount] = new Choice { Index = index, Finish = FinishReason.None, Grounded = context.MayHaveSources ? new GroundedText() : null };
        return ref _choices[_choiceCount++];
    }

    private struct Choice
    {
        public int Index;
        public bool RoleSent;
        public bool HasContent;
        public bool Thinking;
        public int CallCount;
        public FinishReason Finish;
        public string? Refusal;
        public GroundedText? Grounded;
    }
}
