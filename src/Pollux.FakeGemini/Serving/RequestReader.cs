using Microsoft.Extensions.Primitives;

namespace Pollux.FakeGemini.Serving;

/// <summary>Turns a request on the socket into a <see cref="ReceivedRequest"/>.</summary>
internal sealed class RequestReader(ReceivedLog log, TimeProvider time, int maxBodyBytes)
{
    /// <summary>Reads and records the request. Its body is empty, and the flag set, when it is larger than allowed.</summary>
    public async Task<(ReceivedRequest Request, bool TooLarge)> ReadAsync(HttpContext http)
    {
        (byte[] body, bool tooLarge) = await ReadBodyAsync(http.Request, http.RequestAborted);
        Dictionary<string, string> query = First(http.Request.Query, StringComparer.Ordinal);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, StringValues values) in http.Request.Headers) headers[name] = values.ToString();
        GeminiPath path = GeminiPath.Parse(http.Request.Path.Value ?? "/");
        bool openAI = path.Action is { } action
            && (action.StartsWith(GeminiPath.OpenAIPrefix, StringComparison.Ordinal) || action.StartsWith(GeminiPath.XaiPrefix, StringComparison.Ordinal) || action.StartsWith(GeminiPath.CompatiblePrefix, StringComparison.Ordinal));
        ReceivedRequest request = new(
            log.NextSequence(),
            time.GetUtcNow(),
            http.Request.Method,
            path,
            query,
            headers,
            body,
            openAI ? KeyGate.BearerOf(headers) : KeyGate.KeyOf(headers, query));
        log.Add(request);
        return (request, tooLarge);
    }

    private async Task<(byte[] Body, bool TooLarge)> ReadBodyAsync(HttpRequest request, CancellationToken aborted)
    {
        if (request.ContentLength > maxBodyBytes) return ([], true);
        using MemoryStream body = new((int)(request.ContentLength ?? 0));
        byte[] buffer = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, aborted)) > 0)
        {
            if (body.Length + read > maxBodyBytes) return ([], true);
            body.Write(buffer, 0, read);
        }

        return (body.ToArray(), false);
    }

    private static Dictionary<string, string> First(IQueryCollection query, StringComparer comparer)
    {
        Dictionary<string, string> first = new(comparer);
        foreach ((string name, StringValues values) in query) first[name] = values[0] ?? "";
        return first;
    }
}
