using System.Buffers;
using System.Security.Cryptography;
using Pollux.Access;
using Pollux.Generation;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.OpenAI.Completions;
using Pollux.Protocols.OpenAI.Translation;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;
using Pollux.Telemetry;

namespace Pollux.Endpoints.Dialects;

/// <summary>OpenAI's completions, the API before chats.</summary>
internal sealed class CompletionsDialect(NamedUpstreamRelay upstreams, TimeProvider clock) : IGenerationDialect
{
    private const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <inheritdoc/>
    public string Name => "completions";

    /// <inheritdoc/>
    public IDialectErrors Errors => OpenAIErrors.Instance;

    /// <inheritdoc/>
    public ValueTask<IDialectRequest> ReadAsync(HttpContext http, ReadOnlyMemory<byte> body) => new(new Request(CompletionTranslator.Read(body), body));

    /// <inheritdoc/>
    public IDialectAnswer Open(HttpContext http, GenerationDraft draft) => new Reply(clock.GetUtcNow().ToUnixTimeSeconds(), draft);

    /// <inheritdoc/>
    public async ValueTask<bool> TryServeElsewhereAsync(HttpContext http, RequestBody body, RequestRecord record)
    {
        if (upstreams.Find(body, record) is not { } named)
            return false;
        await upstreams.ServeAsync(http, body, named, "completions", record);
        return true;
    }

    private sealed class Request(CompletionRequest asked, ReadOnlyMemory<byte> body) : IDialectRequest
    {
        public ReadOnlyMemory<byte> Body => body;

        public string? Model => asked.Model;

        public ReadOnlySpan<byte> EndUser => asked.User.IsEmpty ? default : asked.User.In(body).Utf8.Span;

        public ReadOnlyMemory<byte> Echo => asked.Echo is true ? CompletionTranslator.PromptOf(asked, body).In(body).Utf8 : default;

        public RequestTranslation Translate(in TranslationContext context) => CompletionTranslator.ToGemini(asked, body, context);
    }

    private sealed class Reply(long created, GenerationDraft draft) : IDialectAnswer
    {
        private readonly string _id = "cmpl-" + RandomNumberGenerator.GetString(IdCharacters, 24);
        private GenerationDraft _draft = draft;
        private CompletionWriter? _writer;

        public PictureAddresses Pictures { get; } = new(); // a completion is text

        private CompletionWriter Writer => _writer ??= new CompletionWriter(
            new ChatAnswerContext
            {
                Id = _id,
                Created = created,
                Model = _draft.Named,
                Calls = _draft.Signatures,
                IncludeUsage = ((ChatTranslation)_draft.Translation).IncludeUsage,
                Reasoning = ReasoningFormat.Hidden,
            },
            ((Request)_draft.Request).Echo);

        public void ServedBy(GenerationDraft standIn) => _draft = standIn;

        public void WriteWhole(Answer answer, AnswerOutput output) => Writer.WriteWhole(answer, output);

        public bool WriteEvent(Answer answer, AnswerOutput output) => Writer.Write(answer, output);

        public void WriteEnd(AnswerOutput output) => Writer.WriteEnd(output);

        public void WriteKeepAlive(IBufferWriter<byte> output) => output.Write("\n"u8);

        public bool WriteFailure(GatewayError error, AnswerOutput output)
        {
            OpenAIErrors.Translate(error).WriteEvent(output);
            return false;
        }

        public void Dispose() => _writer?.Dispose();
    }
}
