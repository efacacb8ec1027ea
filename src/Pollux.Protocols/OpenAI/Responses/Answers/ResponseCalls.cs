using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Responses.Translation;
using Pollux.Protocols.Shaping;

namespace Pollux.Protocols.OpenAI.Responses.Answers;

/// <summary>What the client's tools are asked, as items. Gemini sends a call whole, so each has one delta. Not thread-safe.</summary>
internal sealed class ResponseCalls(ResponsesAnswerContext context, ResponseItems items, ResponseEvents events)
{
    private static readonly byte[] NoArguments = [.. "{}"u8];

    /// <summary>Tells a call.</summary>
    public void Tell(in ToolCall call)
    {
        ClientTool tool = context.Tools.Find(call.Name);
        ReadOnlySpan<byte> arguments = Compact(call.Arguments);
        switch (tool.Kind)
        {
            case ClientToolKind.Custom:
                TellCustom(call.Id, tool, InputOf(arguments));
                break;
            case ClientToolKind.ToolSearch:
                TellSearch(call.Id, arguments);
                break;
            default:
                TellFunction(call.Id, tool, arguments);
                break;
        }
    }

    private static byte[] Compact(ReadOnlyMemory<byte> arguments)
    {
        if (arguments.IsEmpty)
            return NoArguments;
        var compact = new byte[arguments.Length];
        return compact[..CompactJson.Write(arguments.Span, compact)];
    }

    private void TellFunction(string callId, ClientTool tool, ReadOnlySpan<byte> arguments)
    {
        JsonEncodedText id = JsonEncodedText.Encode(items.IdOf("fc"));
        if (events.Streams)
        {
            Begin("function_call"u8, id, callId, tool, "in_progress"u8);
            items.Json.WriteString("arguments"u8, ReadOnlySpan<byte>.Empty);
            items.Add();
            events.Begin(ResponseEventNames.ArgumentsDelta, id, items.Index);
            events.Json.WriteString("delta"u8, arguments);
            events.End();
            events.Begin(ResponseEventNames.ArgumentsDone, id, items.Index);
            events.Json.WriteString("name"u8, tool.Name);
            events.Json.WriteString("arguments"u8, arguments);
            events.End();
        }

        Begin("function_call"u8, id, callId, tool, "completed"u8);
        items.Json.WriteString("arguments"u8, arguments);
        items.Finish();
    }

    private void TellCustom(string callId, ClientTool tool, ReadOnlySpan<byte> input)
    {
        JsonEncodedText id = JsonEncodedText.Encode(items.IdOf("ctc"));
        if (events.Streams)
        {
            Begin("custom_tool_call"u8, id, callId, tool, "in_progress"u8);
            items.Json.WriteString("input"u8, ReadOnlySpan<byte>.Empty);
            items.Add();
            events.Begin(ResponseEventNames.InputDelta, id, items.Index);
            events.Json.WritePropertyName("delta"u8);
            events.Json.WriteRawValue(input, skipInputValidation: true);
            events.End();
            events.Begin(ResponseEventNames.InputDone, id, items.Index);
            events.Json.WritePropertyName("input"u8);
            events.Json.WriteRawValue(input, skipInputValidation: true);
            events.End();
        }

        Begin("custom_tool_call"u8, id, callId, tool, "completed"u8);
        items.Json.WritePropertyName("input"u8);
        items.Json.WriteRawValue(input, skipInputValidation: true);
        items.Finish();
    }

    private void TellSearch(string callId, ReadOnlySpan<byte> arguments)
    {
        JsonEncodedText id = JsonEncodedText.Encode(items.IdOf("tsc"));
        if (events.Streams)
        {
            BeginSearch(id, callId, "in_progress"u8);
            items.Json.WriteRawValue("{}"u8, skipInputValidation: true);
            items.Add();
        }

        BeginSearch(id, callId, "completed"u8);
        items.Json.WriteRawValue(arguments, skipInputValidation: true);
        items.Finish();
    }

    private void BeginSearch(JsonEncodedText id, string callId, ReadOnlySpan<byte> status)
    {
        items.BeginItem("tool_search_call"u8, id);
        items.Json.WriteString("call_id"u8, callId);
        items.Json.WriteString("execution"u8, "client"u8);
        items.Json.WriteString("status"u8, status);
        items.Json.WritePropertyName("arguments"u8);
    }

    private void Begin(ReadOnlySpan<byte> type, JsonEncodedText id, string callId, ClientTool tool, ReadOnlySpan<byte> status)
    {
        items.BeginItem(type, id);
        items.Json.WriteString("call_id"u8, callId);
        if (tool.Namespace is { } space)
            items.Json.WriteString("namespace"u8, space);
        items.Json.WriteString("name"u8, tool.Name);
        if (type.SequenceEqual("function_call"u8) || status.SequenceEqual("completed"u8))
            items.Json.WriteString("status"u8, status);
    }

    /// <summary>The text of a custom tool, out of the one argument that it was declared with; all arguments if the model kept to nothing.</summary>
    /// <returns>A JSON string token.</returns>
    private static ReadOnlySpan<byte> InputOf(ReadOnlySpan<byte> arguments)
    {
        var reader = new Utf8JsonReader(arguments);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            bool isInput = reader.ValueTextEquals(ResponsesTools.CustomInput);
            reader.Read();
            if (isInput && reader.TokenType is JsonTokenType.String)
                return arguments[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
            reader.Skip();
        }

        return Gemini.RawJson.String(arguments).Utf8.Span;
    }
}
