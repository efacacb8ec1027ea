using System.Text;
using System.Text.Json;
using OpenAI.Chat;

namespace Pollux.IntegrationTests.Clients;

/// <summary>
/// A conversation with tools as OpenAI's documentation writes it: messages are built from the properties that the library
/// has, so what else came with an answer is dropped. Results go back in the reverse order, which OpenAI allows.
/// </summary>
internal static class OpenAIDotNetConversation
{
    private static readonly string[] Questions = ["How is the weather in Paris and in Rome, and how late is it?", "Thank you"];

    private static readonly ChatTool[] Tools =
    [
        ChatTool.CreateFunctionTool("get_weather", "The weather in a city", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""")),
        ChatTool.CreateFunctionTool("get_time", "The time in a zone", BinaryData.FromString("""{"type":"object","properties":{"zone":{"type":"string"}},"required":["zone"]}""")),
    ];

    /// <summary>One answer, however it came.</summary>
    public sealed record Turn(string Text, string Finish, IReadOnlyList<ChatToolCall> Calls);

    /// <summary>Holds the conversation.</summary>
    public static async Task HoldAsync(OpenAIDotNetClient.ReportBuilder report, Func<List<ChatMessage>, ChatCompletionOptions, Task<Turn>> ask)
    {
        var options = new ChatCompletionOptions();
        foreach (ChatTool tool in Tools)
            options.Tools.Add(tool);

        List<ChatMessage> messages = [];
        foreach (string question in Questions)
        {
            messages.Add(new UserChatMessage(question));
            Turn turn = await ask(messages, options);
            while (turn.Calls.Count > 0)
            {
                report.Steps.Add([.. turn.Calls.Select(call => new ClientToolCall(call.Id, call.FunctionName, call.FunctionArguments.ToString(), turn.Finish))]);
                messages.Add(new AssistantChatMessage(turn.Calls));
                messages.AddRange(turn.Calls.Reverse().Select(static call => new ToolChatMessage(call.Id, Execute(call))));
                turn = await ask(messages, options);
            }

            messages.Add(new AssistantChatMessage(turn.Text));
            report.Text.Clear().Append(turn.Text);
            report.Finish = turn.Finish;
        }
    }

    /// <summary>Asks for a whole answer.</summary>
    public static async Task<Turn> CompleteAsync(ChatClient chat, List<ChatMessage> messages, ChatCompletionOptions options, CancellationToken cancellation)
    {
        ChatCompletion completion = await chat.CompleteChatAsync(messages, options, cancellation);
        return new Turn(
            string.Concat(completion.Content.Select(static part => part.Text)),
            completion.FinishReason.ToString(),
            [.. completion.ToolCalls.Select(static call => ChatToolCall.CreateFunctionToolCall(call.Id, call.FunctionName, call.FunctionArguments))]);
    }

    /// <summary>Asks for a stream and puts the calls together by their index.</summary>
    public static async Task<Turn> StreamAsync(ChatClient chat, List<ChatMessage> messages, ChatCompletionOptions options, CancellationToken cancellation)
    {
        StringBuilder text = new();
        string finish = "";
        SortedDictionary<int, (string Id, string Name, StringBuilder Arguments)> calls = [];
        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync(messages, options, cancellation))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
                text.Append(part.Text);
            foreach (StreamingChatToolCallUpdate piece in update.ToolCallUpdates)
            {
                if (!calls.TryGetValue(piece.Index, out var call))
                    calls[piece.Index] = call = (piece.ToolCallId, piece.FunctionName, new StringBuilder());
                call.Arguments.Append(piece.FunctionArgumentsUpdate);
            }

            finish = update.FinishReason?.ToString() ?? finish;
        }

        return new Turn(text.ToString(), finish, [.. calls.Values.Select(static call => ChatToolCall.CreateFunctionToolCall(call.Id, call.Name, BinaryData.FromString(call.Arguments.ToString())))]);
    }

    private static string Execute(ChatToolCall call)
    {
        JsonElement arguments = JsonElement.Parse(call.FunctionArguments);
        return call.FunctionName == "get_weather"
            ? $$"""{"sky":"{{(arguments.GetProperty("city").GetString() == "Paris" ? "sunny" : "cloudy")}}"}"""
            : """{"time":"12:00"}""";
    }
}
