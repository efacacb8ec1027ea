using System.Net.Sockets;
using System.Text.Json;
using Pollux.Affinity;
using Pollux.Files;
using Pollux.KeyPool;
using Pollux.Telemetry;

namespace Pollux.Resources;

/// <summary>
/// Pages of a caller's own resources over all keys, the newest first. Google's own lists would show what others made with the same key,
/// so each resource is asked for by its name; of one whose key is out of service the last that was seen is told.
/// </summary>
internal sealed class ResourceLists(ResourceCalls calls, AffinityLedger ledger, ListPages pages)
{
    private const int UsualPage = 20;
    private const int MaxAnswerBytes = 4 * 1024 * 1024;
    private const int MostLooked = 2000; // for what shares its kind with others

    /// <summary>Makes a page.</summary>
    /// <param name="asked">The list.</param>
    /// <param name="pageSize">As the client wrote it.</param>
    /// <param name="pageToken">What the page before gave.</param>
    public Task<FileReply> ListAsync(ResourceAsk asked, string? pageSize, string? pageToken) => pages.MakeAsync(
        new PageAsk(pageSize, pageToken, UsualPage), ResourceNaming.MemberOf(asked.Path), (long before, int size, out long? next) => Page(asked, before, size, out next), resource => DescribeAsync(asked, resource));

    private List<RemoteResource> Page(ResourceAsk asked, long before, int size, out long? next)
    {
        string prefix = asked.Path.Name + "/";
        ResourceKind kind = ResourceNaming.KindOf(asked.Path);
        List<RemoteResource> page = new(size);
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
