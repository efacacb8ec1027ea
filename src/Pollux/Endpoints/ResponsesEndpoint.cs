using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Pollux.Access;
using Pollux.Endpoints.Dialects;
using Pollux.Responses;
using Pollux.Telemetry;

namespace Pollux.Endpoints;

/// <summary>Makes responses, and serves those that are kept to whom they belong.</summary>
internal sealed class ResponsesEndpoint(GenerationEndpoint generation, ResponsesDialect dialect, ResponseShelf shelf, TokenCountEndpoint counts)
{
    private const int DefaultPage = 20;
    private const int LargestPage = 100;

    /// <summary>Serves <c>POST responses</c>.</summary>
    public Task CreateAsync(HttpContext http) => generation.InvokeAsync(http, dialect);

    /// <summary>Serves <c>POST responses/input_tokens</c>.</summary>
    public Task CountAsync(HttpContext http) => counts.InvokeAsync(http, dialect, static (tokens, json) =>
    {
        json.WriteString("object"u8, "response.input_tokens"u8);
        json.WriteNumber("input_tokens"u8, tokens);
    });

    /// <summary>Refuses <c>POST responses/compact</c>.</summary>
    public static Task RefuseCompactionAsync(HttpContext http) => OpenAIReplies.RefuseAsync(http, Begin(http), new GatewayError(
        404, GatewayErrorKind.NotFound, "This gateway does not compact conversations: what OpenAI gives back there only OpenAI can read. Use truncation: auto, or let the client shorten them.", Code: "unknown_url"));

    /// <summary>Serves <c>GET responses/{id}</c>.</summary>
    public async Task GetAsync(HttpContext http)
    {
        RequestRecord record = Begin(http);
        if (await FindAsync(http, record) is not { } response)
            return;
        if (http.Request.Query["stream"] == "true")
        {
            await OpenAIReplies.RefuseAsync(http, record, new GatewayError(400, GatewayErrorKind.InvalidRequest, "Only responses made in the background can be streamed again, and none is made so here.", Param: "stream", Code: "unsupported_value"));
            return;
        }

        bool carried = http.Request.Query.Any(static pair => pair.Key is "include" or "include[]" && pair.Value.Contains("reasoning.encrypted_content"));
        await WriteAsync(http, carried ? response.Body : ResponseItemJson.Without(response.Body, "encrypted_content"));
    }

    /// <summary>Serves <c>DELETE responses/{id}</c>.</summary>
    public async Task DeleteAsync(HttpContext http)
    {
        RequestRecord record = Begin(http);
        string id = IdOf(http);
        if (!await shelf.RemoveAsync(http.Caller?.Id ?? "", id, http.RequestAborted))
        {
            await RefuseUnknownAsync(http, record, id);
            return;
        }

        await WriteAsync(http, json =>
        {
            json.WriteString("id"u8, id);
            json.WriteString("object"u8, "response.deleted"u8);
            json.WriteBoolean("deleted"u8, value: true);
        });
    }

    /// <summary>Serves <c>POST responses/{id}/cancel</c>: whoever has the id has the answer.</summary>
    public async Task CancelAsync(HttpContext http)
    {
        RequestRecord record = Begin(http);
        if (await FindAsync(http, record) is not null)
            await OpenAIReplies.RefuseAsync(http, record, new GatewayError(400, GatewayErrorKind.InvalidRequest, "Cannot cancel a synchronous response: responses are not made in the background here.", Code: "unsupported_value"));
    }

    /// <summary>Serves <c>GET responses/{id}/input_items</c>.</summary>
    public async Task ListInputAsync(HttpContext http)
    {
        RequestRecord record = Begin(http);
        if (await FindAsync(http, record) is not { } response)
            return;
        List<ReadOnlyMemory<byte>> items = ResponseItemJson.ElementsOf(response.Input);
        string order = http.Request.Query["order"].ToString() is { Length: > 0 } asked ? asked : "desc";
        string limit = http.Request.Query["limit"].ToString();
        int size = DefaultPage;
        if (order is not ("asc" or "desc") || (limit.Length > 0 && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > LargestPage)))
        {
            string param = order is "asc" or "desc" ? "limit" : "order";
            await OpenAIReplies.RefuseAsync(http, record, new GatewayError(400, GatewayErrorKind.InvalidRequest, param == "limit" ? $"'limit' must be 1 to {LargestPage}." : "'order' must be asc or desc.", Param: param, Code: "invalid_value"));
            return;
        }

        if (order == "desc")
            items.Reverse();
        int start = 0;
        if (http.Request.Query["after"].ToString() is { Length: > 0 } after)
        {
            start = items.FindIndex(item => ResponseItemJson.TextOf(item, "id") == after) + 1;
            if (start == 0)
            {
                await OpenAIReplies.RefuseAsync(http, record, new GatewayError(400, GatewayErrorKind.InvalidRequest, "'after' names no item of this response.", Param: "after", Code: "invalid_value"));
                return;
            }
        }

        List<ReadOnlyMemory<byte>> page = items.GetRange(start, Math.Min(size, items.Count - start));
        await WriteAsync(http, json =>
        {
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (ReadOnlyMemory<byte> item in page)
                json.WriteRawValue(item.Span, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteString("first_id"u8, page.Count == 0 ? null : ResponseItemJson.TextOf(page[0], "id"));
            json.WriteString("last_id"u8, page.Count == 0 ? null : ResponseItemJson.TextOf(page[^1], "id"));
            json.WriteBoolean("has_more"u8, start + page.Count < items.Count);
        });
    }

    private static RequestRecord Begin(HttpContext http)
    {
        RequestRecord record = http.Features.GetRequiredFeature<RequestRecord>();
        record.Caller = http.Caller?.Label ?? record.Caller;
        return record;
    }

    private static string IdOf(HttpContext http) => http.Request.RouteValues["id"] as string ?? "";

    private async ValueTask<StoredResponse?> FindAsync(HttpContext http, RequestRecord record)
    {
        string id = IdOf(http);
        StoredResponse? found = await shelf.FindAsync(http.Caller?.Id ?? "", id, http.RequestAborted);
        if (found is null)
            await RefuseUnknownAsync(http, record, id);
        return found;
    }

    private static Task RefuseUnknownAsync(HttpContext http, RequestRecord record, string id) => OpenAIReplies.RefuseAsync(http, record, new GatewayError(
        404, GatewayErrorKind.NotFound, $"Response with id '{(id.Length <= 100 ? id : "...")}' not found.", Code: "response_not_found"));

    private static async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        await http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }

    private static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        using (var json = new Utf8JsonWriter(http.Response.BodyWriter, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}
