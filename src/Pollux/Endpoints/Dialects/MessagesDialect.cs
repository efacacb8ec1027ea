using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Generation;
using Pollux.Protocols.Anthropic.Answers;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Anthropic.Translation;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;
using Pollux.Telemetry;

namespace Pollux.Endpoints.Dialects;

/// <summary>Anthropic's messages.</summary>
internal sealed class MessagesDialect : IGenerationDialect
{
    /// <summary>Requests for an answer.</summary>
    public static readonly MessagesDialect Answering = new(counts: false);

    /// <summary>Requests whose tokens are only to be counted: they need not say how long an answer may be.</summary>
    public static readonly MessagesDialect Counting = new(counts: true);

    private const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly bool _counts;

    private MessagesDialect(bool counts) => _counts = counts;

    /// <inheritdoc/>
    public string Name => "messages";

    /// <inheritdoc/>
    public IDialectErrors Errors => AnthropicErrors.Instance;

    /// <inheritdoc/>
    public ValueTask<IDialectRequest> ReadAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        AnthropicErrors.NameRequest(http);
        return new(new Request(MessagesRequestReader.Read(body), body, _counts));
    }

    /// <inheritdoc/>
    public IDialectAnswer Open(HttpContext http, GenerationDraft draft) => new Reply(draft, http.Features.GetRequiredFeature<RequestRecord>().Id);

    private static string NewId(string prefix) => prefix + RandomNumberGenerator.GetString(IdCharacters, 24);

    private static MessagesAnswerContext ContextOf(GenerationDraft draft)
    {
        var translation = (MessagesTranslation)draft.Translation;
        bool lists = draft.Settings.Tools.ShowSources && draft.Model.Search && !translation.JsonMode; // who declares the tool gets blocks and citations, and knows them
        return new MessagesAnswerContext
        {
            Id = NewId("msg_"),
            Model = draft.Named,
            Calls = draft.Signatures,
            NewId = NewId,
            RestoreName = translation.Names.IsEmpty ? null : translation.Names.ToClient,
            Thinking = !translation.TakesThinking ? ThinkingForm.Hidden : draft.ShowThoughts ? ThinkingForm.Shown : ThinkingForm.Omitted,
            SingleCall = translation.SingleCall,
            EstimatedPromptTokens = draft.EstimatedPromptTokens,
            SourcesHeading = lists ? SourcesHeading.For(translation.Request) : null,
        };
    }

    private sealed class Request(MessagesRequest messages, ReadOnlyMemory<byte> body, bool counts) : IDialectRequest
    {
        public ReadOnlyMemory<byte> Body => body;

        public string? Model => messages.Model;

        public ReadOnlySpan<byte> EndUser => messages.Metadata is { UserId.IsEmpty: false } metadata ? metadata.UserId.In(body).Utf8.Span : default;

        public RequestTranslation Translate(in TranslationContext context) => MessagesTranslator.ToGemini(messages, body, context, counts);
    }

    private sealed class Reply(GenerationDraft draft, string requestId) : IDialectAnswer
    {
        private MessagesAnswerContext _context = ContextOf(draft);
        private MessagesEventWriter? _events;

        public PictureAddresses Pictures => _context.Pictures;

        private MessagesEventWriter Events => _events ??= new MessagesEventWriter(_context);

        /// <summary>A message that a sign of life began keeps its name: it was told already.</summary>
        public void ServedBy(GenerationDraft standIn)
        {
            if (_events is null)
                _context = ContextOf(standIn);
        }

        public void WriteWhole(Answer answer, AnswerOutput output) => MessagesBodyWriter.Write(answer, _context, output);

        public bool WriteEvent(Answer answer, AnswerOutput output) => Events.Write(answer, output);

        public void WriteEnd(AnswerOutput output) => Events.WriteEnd(output);

        public void WriteKeepAlive(IBufferWriter<byte> output) => Events.WriteKeepAlive(output);

        /// <summary>The event ends the stream: clients act on it by themselves.</summary>
        public bool WriteFailure(GatewayError error, AnswerOutput output)
        {
            AnthropicErrors.InStream(error, requestId).WriteEvent(output);
            return true;
        }

        public void Dispose() => _events?.Dispose();
    }
}
