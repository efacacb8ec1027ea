using System.Buffers;
using System.Security.Cryptography;
using Pollux.Access;
using Pollux.Generation;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.OpenAI.Translation;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints.Dialects;

/// <summary>OpenAI's chat completions.</summary>
internal sealed class ChatDialect(NamedUpstreamRelay upstreams, PictureChatEndpoint pictureChat, SettingsHolder settings, TimeProvider clock) : IGenerationDialect
{
    private const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <inheritdoc/>
    public string Name => "chat";

    /// <inheritdoc/>
    public IDialectErrors Errors => OpenAIErrors.Instance;

    /// <inheritdoc/>
    public ValueTask<IDialectRequest> ReadAsync(HttpContext http, ReadOnlyMemory<byte> body) => new(new Request(ChatRequestReader.Read(body), body));

    /// <inheritdoc/>
    public IDialectAnswer Open(HttpContext http, GenerationDraft draft) => new Reply(this, draft);

    /// <inheritdoc/>
    public async ValueTask<bool> TryServeElsewhereAsync(HttpContext http, RequestBody body, RequestRecord record)
    {
        if (upstreams.Find(body, record) is not { } named)
            return false;
        await upstreams.ServeAsync(http, body, named, "chat/completions", record);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryServeUnknownModelAsync(HttpContext http, RequestBody body, RequestRecord record)
    {
        if (!pictureChat.Serves(record.Model))
            return false;
        await pictureChat.ServeAsync(http, body.Bytes, record);
        return true;
    }

    private ChatAnswerContext ContextOf(GenerationDraft draft)
    {
        var translation = (ChatTranslation)draft.Translation;
        bool searches = translation.Request.HasBuiltInTools;
        return new ChatAnswerContext
        {
            Id = "chatcmpl-" + RandomNumberGenerator.GetString(IdCharacters, 24),
            Created = clock.GetUtcNow().ToUnixTimeSeconds(),
            Model = draft.Named,
            Calls = draft.Signatures,
            RestoreName = translation.Names.IsEmpty ? null : translation.Names.ToClient,
            IncludeUsage = translation.IncludeUsage,
            LegacyFunctions = translation.LegacyFunctions,
            MayHaveSources = searches,
            SourcesHeading = draft.Settings.Tools.ShowSources && searches && !translation.JsonMode ? SourcesHeading.For(translation.Request) : null,
            SingleCall = translation.SingleCall,
            ListsPictures = settings.Current.Pictures.Store == PictureStoreKind.None,
            Reasoning = !draft.ShowThoughts ? ReasoningFormat.Hidden : draft.Settings.ThinkingInTags ? ReasoningFormat.Tags : ReasoningFormat.Fields,
        };
    }

    private sealed class Request(ChatRequest chat, ReadOnlyMemory<byte> body) : IDialectRequest
    {
        public ReadOnlyMemory<byte> Body => body;

        public string? Model => chat.Model;

        public ReadOnlySpan<byte> EndUser =>
            !chat.SafetyIdentifier.IsEmpty ? chat.SafetyIdentifier.In(body).Utf8.Span : !chat.User.IsEmpty ? chat.User.In(body).Utf8.Span : default;

        public RequestTranslation Translate(in TranslationContext context) => ChatTranslator.ToGemini(chat, body, context);
    }

    private sealed class Reply(ChatDialect dialect, GenerationDraft draft) : IDialectAnswer
    {
        private ChatAnswerContext _context = dialect.ContextOf(draft);
        private ChatChunkWriter? _chunks;

        public PictureAddresses Pictures => _context.Pictures;

        private ChatChunkWriter Chunks => _chunks ??= new ChatChunkWriter(_context);

        public void ServedBy(GenerationDraft standIn) => _context = dialect.ContextOf(standIn);

        public void WriteWhole(Answer answer, AnswerOutput output) => ChatBodyWriter.Write(answer, _context, output);

        public bool WriteEvent(Answer answer, AnswerOutput output) => Chunks.Write(answer, output);

        public void WriteEnd(AnswerOutput output) => Chunks.WriteEnd(output);

        /// <summary>A blank line: comments break some parsers.</summary>
        public void WriteKeepAlive(IBufferWriter<byte> output) => output.Write("\n"u8);

        /// <summary>Two official clients pass over the error, so the connection is cut behind it.</summary>
        public bool WriteFailure(GatewayError error, AnswerOutput output)
        {
            OpenAIErrors.Translate(error).WriteEvent(output);
            return false;
        }

        public void Dispose() => _chunks?.Dispose();
    }
}
