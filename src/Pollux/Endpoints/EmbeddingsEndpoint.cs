using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Dispatch;
using Pollux.Endpoints.Dialects;
using Pollux.Generation;
using Pollux.Protocols.OpenAI.Embeddings;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>OpenAI's embeddings, and the routes of a chat client's vector plug-in. Reads, calls and writes; decides nothing.</summary>
internal sealed class EmbeddingsEndpoint(EmbeddingGeneration generation, NamedUpstreamRelay upstreams, SettingsHolder settings)
{
    /// <summary>Serves <c>POST embeddings</c>.</summary>
    public Task InvokeAsync(HttpContext http) => ServeAsync(
        http,
        "input",
        generation.Prepare,
        static (prepared, vectors, output) => EmbeddingsBodyWriter.Write(vectors, prepared.Asked, prepared.Translation.Base64, prepared.TokensOf(vectors), output));

    /// <summary>Serves <c>POST /api/vector/query</c>.</summary>
    public Task QueryAsync(HttpContext http) => ServeAsync(
        http,
        "searchText",
        (body, record) => Prepare(EmbeddingsTranslator.ReadQuery(body), record),
        static (_, vectors, output) => EmbeddingsBodyWriter.WriteQuery(vectors, output));

    /// <summary>Serves <c>POST /api/vector/insert</c>: the plug-in keeps nothing here, it only wants to know that the texts can be embedded.</summary>
    public Task InsertAsync(HttpContext http) => ServeAsync(
        http,
        "items",
        (body, record) => Prepare(EmbeddingsTranslator.ReadInsert(body), record),
        static (_, _, output) => output.Write("{\"success\":true}"u8));

    private PreparedEmbeddings Prepare((string Model, EmbeddingsTranslation Translation) asked, RequestRecord record) =>
        generation.Prepare(asked.Model, asked.Translation, record);

    private async Task ServeAsync(
        HttpContext http, string input, Func<ReadOnlyMemory<byte>, RequestRecord, PreparedEmbeddings> prepare, Action<PreparedEmbeddings, EmbeddingVectors, IBufferWriter<byte>> write)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        (RequestBody? body, GatewayError? refusal) = await RequestBody.ReadJsonAsync(http, settings.Current.Server.MaxBodyBytes, http.RequestAborted);
        using (body)
        {
            if (body is null)
            {
                await OpenAIReplies.RefuseAsync(http, record, refusal!);
                return;
            }

            if (input == "input" && upstreams.Find(body, record) is { } named)
            {
                await upstreams.ServeAsync(http, body, named, "embeddings", record);
                return;
            }

            PreparedEmbeddings prepared;
            try
            {
                prepared = prepare(body.Bytes, record);
            }
            catch (RequestFormatException fault)
            {
                await OpenAIReplies.RefuseAsync(http, record, fault);
                return;
            }

            using (prepared)
                await AnswerAsync(http, input, prepared, record, write);
        }
    }

    private async Task AnswerAsync(
        HttpContext http, string input, PreparedEmbeddings prepared, RequestRecord record, Action<PreparedEmbeddings, EmbeddingVectors, IBufferWriter<byte>> write)
    {
        (EmbeddingVectors? vectors, DispatchFailure? failure) = await generation.SendAsync(prepared, record, http.RequestAborted);
        using (vectors)
        {
            if (vectors is null)
            {
                await OpenAIErrors.Instance.WriteAsync(http, FailureTranslation.ToError(failure!, prepared.Model).Of(input), http.RequestAborted);
                return;
            }

            http.Response.ContentType = "application/json; charset=utf-8";
            write(prepared, vectors, http.Response.BodyWriter);
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        }
    }
}
