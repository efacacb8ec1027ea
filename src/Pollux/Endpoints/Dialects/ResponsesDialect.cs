using System.Buffers;
using System.Security.Cryptography;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Generation;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Responses.Answers;
using Pollux.Protocols.OpenAI.Responses.Translation;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;
using Pollux.Responses;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints.Dialects;

/// <summary>OpenAI's responses.</summary>
internal sealed partial class ResponsesDialect(
    NamedUpstreamRelay upstreams, ResponseShelf shelf, ResponseHistory history, SignatureVault vault, SettingsHolder settings, TimeProvider clock, ILogger<ResponsesDialect> logger) : IGenerationDialect
{
    private const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <inheritdoc/>
    public string Name => "responses";

    /// <inheritdoc/>
    public IDialectErrors Errors => ResponsesErrors.Instance;

    private ResponseShelf Shelf => shelf;

    private TimeProvider Clock => clock;

    private ILogger Logger => logger;

    /// <inheritdoc/>
    public async ValueTask<IDialectRequest> ReadAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        string caller = http.Caller?.Id ?? "";
        SignatureVault.CallerSignatures signatures = vault.For(caller);
        return await ResponsesAsk.ReadAsync(
            body, history, caller,
            signature => signatures.Remember(signature.Id, new SignedCall(signature.Signature is null ? default : RawJson.String(signature.Signature), signature.GeminiId)),
            settings.Current.Server.MaxBodyBytes, http.RequestAborted);
    }

    /// <inheritdoc/>
    public IDialectAnswer Open(HttpContext http, GenerationDraft draft) => new Reply(this, draft, http.Caller?.Id ?? "");

    /// <inheritdoc/>
    public async ValueTask<bool> TryServeElsewhereAsync(HttpContext http, RequestBody body, RequestRecord record)
    {
        if (upstreams.Find(body, record) is not { } named)
            return false;
        await upstreams.ServeAsync(http, body, named, "responses", record);
        return true;
    }

    [LoggerMessage(EventId = 9300, Level = LogLevel.Warning, Message = "A response of {Bytes} bytes was not kept, though its client may ask for it: RESPONSES_MAX_MB, or the database is away.")]
    private static partial void NotKept(ILogger logger, long bytes);

    private sealed class Reply : IDialectAnswer
    {
        private readonly ResponsesDialect _dialect;
        private readonly string _caller;
        private readonly string _id = StoredResponse.IdPrefix + RandomNumberGenerator.GetString(IdCharacters, StoredResponse.IdLength);
        private readonly DateTimeOffset _created;
        private readonly List<StoredSignature> _signatures = [];
        private readonly ResponsesAsk _ask;
        private readonly bool _stores;
        private ResponsesAnswerContext _context;
        private ResponsesWriter? _writer;

        public Reply(ResponsesDialect dialect, GenerationDraft draft, string caller)
        {
            _dialect = dialect;
            _caller = caller;
            _created = dialect.Clock.GetUtcNow();
            _ask = (ResponsesAsk)draft.Request;
            _stores = _ask.Asked.Store is not false && dialect.Shelf.Keeps;
            _context = ContextOf(draft);
        }

        public PictureAddresses Pictures => _context.Pictures;

        private ResponsesWriter Writer => _writer ??= new ResponsesWriter(_context);

        public void ServedBy(GenerationDraft standIn)
        {
            _context = ContextOf(standIn);
            ResponsesWriter? begun = _writer;
            _writer = new ResponsesWriter(_context, begun);
            begun?.Dispose();
        }

        public void WriteWhole(Answer answer, AnswerOutput output)
        {
            Writer.WriteWhole(answer, output);
            Keep();
        }

        public bool WriteEvent(Answer answer, AnswerOutput output) => Writer.WriteEvent(answer, output);

        public void WriteEnd(AnswerOutput output)
        {
            Writer.WriteEnd(output);
            Keep(); // before its client can know that it ended, and go on from it
        }

        public void WriteKeepAlive(IBufferWriter<byte> output) => Writer.WriteKeepAlive(output);

        public bool WriteFailure(GatewayError error, AnswerOutput output)
        {
            GatewayError told = ResponsesErrors.InOwnWords(error);
            Writer.WriteFailure(ResponsesErrors.StreamCodeOf(told), told.Message, output);
            return true;
        }

        public void Dispose() => _writer?.Dispose();

        private ResponsesAnswerContext ContextOf(GenerationDraft draft)
        {
            var translation = (ResponsesTranslation)draft.Translation;
            bool searches = translation.Request.HasBuiltInTools;
            TimeProvider clock = _dialect.Clock;
            return new ResponsesAnswerContext
            {
                Id = _id,
                Created = _created.ToUnixTimeSeconds(),
                Model = draft.Named,
                Calls = new CallNotes(draft.Signatures, _signatures),
                Echo = ResponseEcho.Of(_ask.Asked, _ask.Body, _stores),
                Tools = translation.Tools,
                RestoreName = translation.Names.IsEmpty ? null : translation.Names.ToClient,
                RememberText = (id, signature) =>
                {
                    draft.Signatures.Remember(id, signature);
                    _signatures.Add(new StoredSignature(id, null, signature));
                },
                Now = () => clock.GetUtcNow().ToUnixTimeSeconds(),
                ShowsThoughts = draft.ShowThoughts,
                CarriesSignatures = translation.CarriesSignatures,
                ShowsCodeOutputs = translation.ShowsCodeOutputs,
                ReturnsPictures = translation.ReturnsPictures,
                SingleCall = translation.SingleCall,
                MayHaveSources = searches,
                SourcesHeading = draft.Settings.Tools.ShowSources && searches && !translation.JsonMode ? SourcesHeading.For(translation.Request) : null,
            };
        }

        private void Keep()
        {
            if (!_stores)
                return;
            var body = new ArrayBufferWriter<byte>();
            Writer.WriteObject(body);
            var response = new StoredResponse
            {
                Id = _id,
                Caller = _caller,
                PreviousId = _ask.Asked.PreviousResponseId,
                CreatedAt = _created,
                Body = body.WrittenMemory,
                Input = ResponseItemJson.Normalize(_ask.Input, _ask.Recalled, _id),
                Signatures = [.. _signatures],
            };
            if (!_dialect.Shelf.Keep(response))
                NotKept(_dialect.Logger, response.Bytes);
        }
    }

    /// <summary>Notes what is remembered of calls, so that it can be kept with their answer.</summary>
    private sealed class CallNotes(ICallRegister calls, List<StoredSignature> notes) : ICallRegister
    {
        public string Register(string? geminiId, string? signature)
        {
            string id = calls.Register(geminiId, signature);
            if (geminiId is not null || signature is not null)
                notes.Add(new StoredSignature(id, geminiId, signature));
            return id;
        }
    }
}
