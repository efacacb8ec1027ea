using System.Net;
using System.Text.Json;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Vertex;

namespace Pollux.Upstream;

// How a call is addressed, authorised and shaped for Vertex AI. The Gemini API's form is the one that all else speaks.
internal sealed partial class GeminiUpstream
{
    /// <summary>So many texts of a batch are asked for at once.</summary>
    private const int VectorsAtOnce = 4;

    private const int LargestVectorAnswer = 1024 * 1024;

    private async Task<HttpResponseMessage> SendToVertexAsync(
        UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, KeyTransport transport, CancellationToken cancellation)
    {
        if (call.IsOpenAI || call.Method != HttpMethod.Post || !VertexPath.TryRead(call.Path, out VertexPath path))
            throw new NotOfferedException("Vertex AI does not have what is asked. Ask by a route that is served by the Gemini API.");
        string? token = credential.Kind == CredentialKind.VertexServiceAccount ? await _tokens.GetAsync(credential, cancellation) : null;
        HttpResponseMessage response = path.Action is "embedContent" or "batchEmbedContents"
            ? await AskForVectorsAsync(call, body, credential, path, token, transport, cancellation)
            : await SendOneAsync(call, Adapted(call, path, body), credential, path, token, transport, cancellation);
        if (token is not null && response.StatusCode == HttpStatusCode.Unauthorized)
            _tokens.Refused(credential, token);
        return response;
    }

    private static ReadOnlyMemory<byte> Adapted(UpstreamCall call, in VertexPath path, ReadOnlyMemory<byte> body)
    {
        VertexBody adapted;
        try
        {
            adapted = path.Action switch
            {
                "predict" => new VertexBody(body),
                "countTokens" => VertexRequest.ForCount(body),
                _ => VertexRequest.ForGeneration(body),
            };
        }
        catch (JsonException)
        {
            throw new NotOfferedException("Invalid JSON payload received.");
        }

        if (adapted.Refusal is { } refusal)
            throw new NotOfferedException(refusal);
        call.VertexLosses = adapted.Losses;
        return adapted.Body;
    }

    private Task<HttpResponseMessage> SendOneAsync(
        UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, VertexPath path, string? token, KeyTransport transport, CancellationToken cancellation) =>
        SendAsync(() => CreateVertexRequest(call, body, credential, path, token, transport), credential, cancellation);

    private HttpRequestMessage CreateVertexRequest(
        UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, in VertexPath path, string? token, KeyTransport transport)
    {
        if (token is not null)
            return CreateRequest(call, body, _vertex.ForProject(ServiceAccount.ProjectOf(credential.Secret), path.Model, path.Action, call.Query), "Authorization", "Bearer " + token);
        string query = call.Query;
        if (transport == KeyTransport.Query)
            query = (query.Length > 0 ? query + "&" : "") + "key=" + Uri.EscapeDataString(credential.Secret.Reveal());
        return CreateRequest(
            call, body, _vertex.ForExpress(path.Model, path.Action, query), transport == KeyTransport.Header ? "x-goog-api-key" : null, credential.Secret.Reveal());
    }

    /// <summary>One request for each text, since the older models take no more; their answers become one, in the Gemini API's form. The first that fails is the answer.</summary>
    private async Task<HttpResponseMessage> AskForVectorsAsync(
        UpstreamCall call, ReadOnlyMemory<byte> body, Credential credential, VertexPath path, string? token, KeyTransport transport, CancellationToken cancellation)
    {
        VertexEmbeddings? vectors;
        string? refusal;
        try
        {
            vectors = VertexEmbeddings.Read(path.Model, path.Action == "batchEmbedContents", body, out refusal);
        }
        catch (JsonException)
        {
            throw new NotOfferedException("Invalid JSON payload received.");
        }

        if (vectors is null)
            throw new NotOfferedException(refusal ?? "The request cannot be put to Vertex AI.");
        HttpResponseMessage? failed = null;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await Parallel.ForAsync(0, vectors.Bodies.Count, new ParallelOptions { MaxDegreeOfParallelism = VectorsAtOnce, CancellationToken = over.Token }, async (index, stop) =>
            {
                HttpResponseMessage response = await SendOneAsync(call, vectors.Bodies[index], credential, path with { Action = vectors.Action }, token, transport, stop);
                if (!response.IsSuccessStatusCode)
                {
                    if (Interlocked.CompareExchange(ref failed, response, null) is not null)
                        response.Dispose();
                    await over.CancelAsync();
                    return;
                }

                using (response)
                {
                    await response.Content.LoadIntoBufferAsync(LargestVectorAnswer, stop);
                    if (!vectors.TryTake(index, await response.Content.ReadAsByteArrayAsync(stop)))
                        throw new InvalidDataException("An answer holds no vector.");
                }
            });
        }
        catch (OperationCanceledException) when (failed is not null && !cancellation.IsCancellationRequested)
        {
            // the one that failed ended the others
        }
        catch
        {
            failed?.Dispose();
            throw;
        }

        if (failed is not null)
            return failed;
        var content = new ByteArrayContent(vectors.Join());
        content.Headers.ContentType = Json;
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }
}
