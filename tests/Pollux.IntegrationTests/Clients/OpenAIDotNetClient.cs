using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;

namespace Pollux.IntegrationTests.Clients;

/// <summary>OpenAI's library for .NET, used as an application uses it: changed in address and key, its own retries off.</summary>
internal sealed class OpenAIDotNetClient : IClient
{
    private const string CitySchema =
        """
        {"type":"object","additionalProperties":false,"required":["name","population","continent","nickname","districts"],"properties":{
          "name":{"type":"string","description":"The usual name"},
          "population":{"type":"integer"},
          "continent":{"type":"string","enum":["Europe","Asia","Africa"]},
          "nickname":{"type":["string","null"]},
          "districts":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["name","old"],"properties":{"name":{"type":"string"},"old":{"type":"boolean"}}}}}}
        """;

    private static readonly ChatMessage[] Greeting = [new UserChatMessage("Hello, gateway")];

    public async Task<ClientReport> RunAsync(ClientCall call, CancellationToken cancellation)
    {
        ChatClient chat = new(call.Model, new ApiKeyCredential(call.Credential), Options(call));
        var report = new ReportBuilder();
        try
        {
            await (call.Scenario switch
            {
                "plain" => CompleteAsync(chat, Greeting, new ChatCompletionOptions(), report, cancellation),
                "stream" => ReadAsync(chat, new ChatCompletionOptions(), report, null, cancellation),
                "tools" => OpenAIDotNetConversation.HoldAsync(report, (messages, options) => OpenAIDotNetConversation.CompleteAsync(chat, messages, options, cancellation)),
                "tools-stream" => OpenAIDotNetConversation.HoldAsync(report, (messages, options) => OpenAIDotNetConversation.StreamAsync(chat, messages, options, cancellation)),
                "schema" => SchemaAsync(chat, report, cancellation),
                "picture" => PictureAsync(chat, report, cancellation),
                "thinking" => CompleteAsync(chat, Greeting, LittleThinking(), report, cancellation),
                "thinking-stream" => ReadAsync(chat, LittleThinking(), report, null, cancellation),
                "models" => ListAsync(call, report, cancellation),
                _ => throw new ArgumentOutOfRangeException(nameof(call), call.Scenario, "There is no such scenario."),
            });
        }
        catch (Exception fault) when (fault is ClientResultException or HttpIOException or OperationCanceledException)
        {
            report.Error = Describe(fault);
        }

        return report.Build();
    }

    public Task<IAbortableRun> StartAsync(ClientCall call, CancellationToken cancellation)
    {
        ChatClient chat = new(call.Model, new ApiKeyCredential(call.Credential), Options(call));
        return Task.FromResult<IAbortableRun>(new Run(chat, call.Scenario == "abort-stream", cancellation));
    }

    private static OpenAIClientOptions Options(ClientCall call) => new()
    {
        Endpoint = new Uri(call.Gateway, "/v1"),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    };

#pragma warning disable OPENAI001 // applications use it all the same
    private static ChatCompletionOptions LittleThinking() => new() { ReasoningEffortLevel = ChatReasoningEffortLevel.Low };
#pragma warning restore OPENAI001

    private static async Task CompleteAsync(ChatClient chat, IEnumerable<ChatMessage> messages, ChatCompletionOptions options, ReportBuilder report, CancellationToken cancellation)
    {
        ClientResult<ChatCompletion> result = await chat.CompleteChatAsync(messages, options, cancellation);
        report.Text.Append(result.Value.Content[0].Text);
        report.Finish = result.Value.FinishReason.ToString();
        report.Usage = UsageOf(result.Value.Usage);

        // The library has no property for thoughts; applications read them from the raw answer.
        JsonElement message = JsonElement.Parse(result.GetRawResponse().Content).GetProperty("choices")[0].GetProperty("message");
        report.AddThoughts(message);
    }

    private static async Task ReadAsync(ChatClient chat, ChatCompletionOptions options, ReportBuilder report, Action? began, CancellationToken cancellation)
    {
        report.Pieces = 0;
        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync(Greeting, options, cancellation))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
            {
                report.Text.Append(part.Text);
                if (report.Pieces++ == 0)
                    began?.Invoke();
            }

            report.Finish = update.FinishReason?.ToString() ?? report.Finish;
            report.Usage = update.Usage is { } usage ? UsageOf(usage) : report.Usage;
            JsonElement json = JsonElement.Parse(ModelReaderWriter.Write(update));
            if (json.TryGetProperty("choices", out JsonElement choices) && choices.GetArrayLength() > 0)
                report.AddThoughts(choices[0].GetProperty("delta"));
        }
    }

    private static async Task SchemaAsync(ChatClient chat, ReportBuilder report, CancellationToken cancellation)
    {
        var options = new ChatCompletionOptions
        {
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("city", BinaryData.FromString(CitySchema), jsonSchemaIsStrict: true),
        };
        ChatCompletion completion = await chat.CompleteChatAsync([new UserChatMessage("Describe a city")], options, cancellation);
        report.Object = JsonElement.Parse(completion.Content[0].Text);
    }

    private static Task PictureAsync(ChatClient chat, ReportBuilder report, CancellationToken cancellation)
    {
        BinaryData picture = BinaryData.FromBytes(Convert.FromBase64String(WireAnswers.Pixel));
        var message = new UserChatMessage(ChatMessageContentPart.CreateTextPart("What is this?"), ChatMessageContentPart.CreateImagePart(picture, "image/png"));
        return CompleteAsync(chat, [message], new ChatCompletionOptions(), report, cancellation);
    }

    private static async Task ListAsync(ClientCall call, ReportBuilder report, CancellationToken cancellation)
    {
        var models = new OpenAIModelClient(new ApiKeyCredential(call.Credential), Options(call));
        OpenAIModelCollection list = await models.GetModelsAsync(cancellation);
        report.Models.AddRange(list.Select(static model => model.Id));
        OpenAIModel one = await models.GetModelAsync(call.Model, cancellation);
        report.Model = one.Id;
    }

    private static ClientUsage UsageOf(ChatTokenUsage usage) =>
        new(usage.InputTokenCount, usage.OutputTokenCount, usage.OutputTokenDetails?.ReasoningTokenCount, usage.TotalTokenCount);

    private static ClientError Describe(Exception fault)
    {
        PipelineResponse? response = (fault as ClientResultException)?.GetRawResponse();
        string? retryAfter = null;
        response?.Headers.TryGetValue("retry-after", out retryAfter);
        return new ClientError(fault.GetType().Name, response?.Status, null, null, retryAfter, fault.Message);
    }

    /// <summary>Gathers what a scenario learns.</summary>
    internal sealed class ReportBuilder
    {
        private readonly StringBuilder _thoughts = new();

        public StringBuilder Text { get; } = new();

        public int? Pieces { get; set; }

        public string? Finish { get; set; }

        public ClientUsage? Usage { get; set; }

        public List<IReadOnlyList<ClientToolCall>> Steps { get; } = [];

        public JsonElement? Object { get; set; }

        public List<string> Models { get; } = [];

        public string? Model { get; set; }

        public ClientError? Error { get; set; }

        public void AddThoughts(JsonElement message)
        {
            if (message.TryGetProperty("reasoning_content", out JsonElement thoughts))
                _thoughts.Append(thoughts.GetString());
        }

        public ClientReport Build() => new()
        {
            Text = Text.ToString(),
            Thoughts = _thoughts.ToString(),
            Pieces = Pieces,
            Finish = Finish,
            Usage = Usage,
            Steps = Steps,
            Object = Object,
            Models = Models,
            Model = Model,
            Error = Error,
        };
    }

    private sealed class Run : IAbortableRun
    {
        private readonly CancellationTokenSource _abort;
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ReportBuilder _report = new();
        private readonly Task _running;

        public Run(ChatClient chat, bool stream, CancellationToken cancellation)
        {
            _abort = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            _running = stream
                ? ReadAsync(chat, new ChatCompletionOptions(), _report, () => _began.TrySetResult(), _abort.Token)
                : CompleteAsync(chat, Greeting, new ChatCompletionOptions(), _report, _abort.Token);
        }

        public Task BeganAsync() => _began.Task.WaitAsync(_abort.Token);

        public async Task<ClientReport> AbortAsync()
        {
            await _abort.CancelAsync();
            try
            {
                await _running;
            }
            catch (OperationCanceledException fault)
            {
                _report.Error = Describe(fault);
            }

            return _report.Build();
        }

        public ValueTask DisposeAsync()
        {
            _abort.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
