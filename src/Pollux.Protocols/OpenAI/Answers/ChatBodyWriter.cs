using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>Writes a whole chat answer.</summary>
public static class ChatBodyWriter
{
    /// <summary>Writes <paramref name="answer"/> as one <c>chat.completion</c> object.</summary>
    public static void Write(Answer answer, ChatAnswerContext context, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, ChatJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString(ChatJson.Id, context.Id);
        json.WriteString(ChatJson.Object, ChatJson.Completion);
        json.WriteNumber(ChatJson.Created, context.Created);
        json.WriteString(ChatJson.Model, context.Model);
        json.WriteStartArray(ChatJson.Choices);
        var delta = new ChatDelta(context);
        int position = 0;
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
            WriteChoice(json, output, answer, candidate, delta, context, answer.Candidates.Length > 1 ? candidate.Index : position++);
        json.WriteEndArray();
        ChatJson.WriteUsage(json, answer.Usage);
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteChoice(
        Utf8JsonWriter json, IBufferWriter<byte> output, Answer answer, in AnswerCandidate candidate, ChatDelta delta, ChatAnswerContext context, int index)
    {
        bool thinking = false;
        GroundedText? grounded = delta.Grounded = candidate.Grounding.Exists ? new GroundedText() : null;
        delta.Collect(answer, candidate, callsBefore: 0, goesOn: false, ref thinking);
        if (thinking)
            delta.Content.AddEscaped("\\n</think>"u8);
        grounded?.Take(answer.Json.Slice(candidate.Grounding.Start, candidate.Grounding.Length));
        if (grounded is { HasSources: true } && context.SourcesHeading is { } heading && delta.Content.HasText)
            grounded.AppendList(delta.Content, heading);

        bool blocked = candidate.FinishReason.IsBlock();
        json.WriteStartObject();
        json.WriteNumber(ChatJson.Index, index);
        json.WriteStartObject(ChatJson.Message);
        json.WriteString(ChatJson.Role, ChatJson.Assistant);
        if (!delta.Content.HasText && (delta.Calls.Count > 0 || blocked || !delta.Audio.Data.IsEmpty))
        {
            json.WriteNull(ChatJson.Content);
        }
        else
        {
            json.WritePropertyName(ChatJson.Content);
            delta.Content.WriteTo(json, output);
        }

        if (blocked)
            json.WriteString(ChatJson.Refusal, ChatJson.RefusalText(candidate.FinishReason, answer.Text(candidate.FinishReasonToken), answer.Text(candidate.FinishMessage)));
        else
            json.WriteNull(ChatJson.Refusal);

        if (grounded is { HasSources: true })
            grounded.WriteAnnotations(json);

        if (delta.Reasoning.HasText)
        {
            json.WritePropertyName(ChatJson.ReasoningContent);
            delta.Reasoning.WriteTo(json, output);
            json.WritePropertyName(ChatJson.Reasoning);
            delta.Reasoning.WriteTo(json, output);
        }

        ChatJson.WriteExtras(json, output, delta, context, firstIndex: -1);
        json.WriteEndObject();
        if (candidate.Logprobs.Exists)
            ChatLogprobs.Write(json, answer.Json.Slice(candidate.Logprobs.Start, candidate.Logprobs.Length));
        else
            json.WriteNull(ChatJson.Logprobs);

        string finish = ChatFinishReasons.ToOpenAI(candidate.FinishReason, delta.Calls.Count > 0) ?? "stop";
        json.WriteString(ChatJson.Finish, context.LegacyFunctions && finish == "tool_calls" ? "function_call" : finish);
        json.WriteEndObject();
    }
}
