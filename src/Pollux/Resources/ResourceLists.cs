using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using Pollux.Access;
using Pollux.Affinity;
using Pollux.Files;
using Pollux.KeyPool;
using Pollux.Telemetry;

namespace Pollux.Resources;

/// <summary>
/// Pages of a caller's own resources over all keys, the newest first. Google's own lists would show what others made with the same key,
/// so each resource is asked for by its name; of one whose key is out of service the last that was seen is told.
/// </summary>
internal sealed class ResourceLists(ResourceCalls calls, AffinityLedger ledger, PageTokens tokens)
{
    private const int UsualPage = 20;
    private const int LargestPage = 100;
    private const int AtOnce = 8;
    private const int MaxAnswerBytes = 4 * 1024 * 1024;
    private const int MostLooked = 2000; // for what shares its kind with others

    /// <summary>Makes a page.</summary>
    /// <param name="asked">The list.</param>
    /// <param name="pageSize">As the client wrote it; <see langword="null"/>: 20. At most 100.</param>
    /// <param name="pageToken">What the page before gave; <see langword="null"/>: the first page.</param>
    public async Task<FileReply> ListAsync(ResourceAsk asked, string? pageSize, string? pageToken)
    {
        int size = UsualPage;
        if (pageSize is { Length: > 0 } && (!int.TryParse(pageSize, out size) || size < 0))
            return new GatewayError(400, GatewayErrorKind.InvalidRequest, "Invalid value at 'page_size' (TYPE_INT32).");
        size = size == 0 ? UsualPage : Math.Min(size, LargestPage);
        if (!tokens.TryRead(pageToken, out long before))
            return new GatewayError(400, GatewayErrorKind.InvalidRequest, "Page token is invalid.");

        List<RemoteResource> page = Page(asked, before, size, out long? next);
        var items = new ReadOnlyMemory<byte>[page.Count];
        for (int from = 0; from < page.Count; from += AtOnce)
            await Task.WhenAll(Enumerable.Range(from, Math.Min(AtOnce, page.Count - from)).Select(async i => items[i] = await DescribeAsync(asked, page[i])));

        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            if (items.Any(static item => !item.IsEmpty))
            {
                json.WriteStartArray(ResourceNaming.MemberOf(asked.Path));
                foreach (ReadOnlyMemory<byte> item in items)
                {
                    if (!item.IsEmpty)
                        json.WriteRawValue(item.Span);
                }

                json.WriteEndArray();
            }

            if (next is { } place)
                json.WriteString("nextPageToken"u8, tokens.Write(place));
            json.WriteEndObject();
        }

        return new FileReply { ContentType = "application/json; charset=UTF-8", Body = output.WrittenMemory };
    }

    private List<RemoteResource> Page(ResourceAsk asked, long before, int size, out long? next)
    {
        string prefix = asked.Path.Name + "/";
        ResourceKind kind = ResourceNaming.KindOf(asked.Path);
        List<RemoteResource> page = new(Math.Min(size, LargestPage));
        int looked = 0;
        next = before;
        while (page.Count < size && next is { } from && looked < MostLooked)
        {
            int count = size - page.Count;
            looked += count;
            foreach (RemoteResource resource in ledger.List(kind, asked.Ask.Caller, from, count, out next))
            {
                if (resource.Name.StartsWith(prefix, StringComparison.Ordinal))
                    page.Add(resource);
            }
        }

        return page;
    }

    private async Task<ReadOnlyMemory<byte>> DescribeAsync(ResourceAsk list, RemoteResource resource)
    {
        if (ResourcePath.Parse(resource.Name) is not { } path)
            return default;
        var record = new RequestRecord { Id = list.Ask.Record.Id, StartedAt = list.Ask.Record.StartedAt, Caller = list.Ask.Record.Caller };
        try
        {
            FileReply reply = await calls.ReadAsync(
                list with { Method = HttpMethod.Get, Path = path, Query = "", Body = default, Request = ResourceRequest.Empty, Paid = PaidKeyUse.Never, Ask = list.Ask with { Record = record } }, MaxAnswerBytes);
            if (reply is { Error: null, Failure: null } && IsJson(reply.Body))
                return reply.Body;
            return reply.Error is { Status: 404 } ? default : LastSeen(resource);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or SocketException or InvalidDataException)
        {
            return LastSeen(resource);
        }
    }

    private static ReadOnlyMemory<byte> LastSeen(RemoteResource resource) =>
        !resource.Payload.IsEmpty && IsJson(resource.Payload) ? resource.Payload : System.Text.Encoding.UTF8.GetBytes($$"""{"name":"{{resource.Name}}"}""");

    private static bool IsJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body.Span);
            while (reader.Read())
            {
                // only whether it can be
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
