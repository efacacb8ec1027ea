using System.Buffers;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>Writes a whole answer.</summary>
public static class MessagesBodyWriter
{
    /// <summary>Writes <paramref name="answer"/> as one <c>message</c> object.</summary>
    public static void Write(Answer answer, MessagesAnswerContext context, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, MessagesJson.WriterOptions);
        json.WriteStartObject();
        MessagesJson.WriteHead(json, context);
        json.WriteStartArray("content"u8);
        var blocks = new AnswerBlocks(context, new Blocks(json, output));
        FinishReason finish = FinishReason.None;
        string? refusal = null;
        if (answer.Candidates.Length > 0)
        {
            ref readonly AnswerCandidate candidate = ref answer.Candidates[0];
            (finish, refusal) = (candidate.FinishReason, StopReasons.Explain(answer, candidate));
            blocks.Learn(answer, candidate);
            blocks.Search();
            blocks.Take(answer, candidate, isWhole: true);
            blocks.Finish();
        }

        json.WriteEndArray();
        MessagesJson.WriteStop(json, StopReasons.ToAnthropic(finish, blocks.HasCalls), refusal);
        MessagesJson.WriteUsage(json, answer.Usage, context.EstimatedPromptTokens, blocks.Searches);
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes each block when it is closed.</summary>
    private sealed class Blocks(Utf8JsonWriter json, IBufferWriter<byte> output) : IBlockSink
    {
        public RawText Text { get; } = new();

        public void Open(bool isThought) => Text.Clear();

        public void Added()
        {
            // written when the block is closed
        }

        public void CloseThought(ReadOnlyMemory<byte> signature)
        {
            json.WriteStartObject();
            json.WriteString(MessagesJson.Type, MessagesJson.Thinking);
            json.WritePropertyName(MessagesJson.Thinking);
            Text.WriteTo(json, output);
            MessagesJson.WriteSignature(json, signature.Span);
            json.WriteEndObject();
        }

        public void CloseText(GroundedText? cited)
        {
            json.WriteStartObject();
            json.WriteString(MessagesJson.Type, MessagesJson.Text);
            json.WritePropertyName(MessagesJson.Text);
            Text.WriteTo(json, output);
            if (cited is null)
            {
                json.WriteNull("citations"u8);
            }
            else
            {
                json.WriteStartArray("citations"u8);
                cited.EachCitation((address, title, words) => MessagesJson.WriteCitation(json, address, title, words));
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        public void Call(in ToolCall call)
        {
            json.WriteStartObject();
            json.WriteString(MessagesJson.Type, "tool_use"u8);
            json.WriteString(MessagesJson.Id, call.Id);
            json.WriteString(MessagesJson.Name, call.Name);
            json.WritePropertyName(MessagesJson.Input);
            MessagesJson.WriteArguments(json, call.Arguments.Span, asText: false);
            json.WriteEndObject();
        }

        public void Code(string id, ReadOnlyMemory<byte> code)
        {
            json.WriteStartObject();
            MessagesJson.WriteServerUse(json, id, "code_execution"u8);
            json.WriteStartObject(MessagesJson.Input);
            json.WritePropertyName("code"u8);
            json.WriteRawValue(code.Span, skipInputValidation: true);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        public void CodeResult(string id, ReadOnlyMemory<byte> output, bool succeeded)
        {
            json.WriteStartObject();
            MessagesJson.WriteCodeResult(json, id, output.Span, succeeded);
            json.WriteEndObject();
        }

        public void Search(string id, string query, GroundedText found)
        {
            json.WriteStartObject();
            MessagesJson.WriteServerUse(json, id, "web_search"u8);
            json.WriteStartObject(MessagesJson.Input);
            json.WriteString("query"u8, query);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject();
            MessagesJson.WriteFound(json, id, found);
            json.WriteEndObject();
        }
    }
}
