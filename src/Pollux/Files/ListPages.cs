using System.Buffers;
using System.Text.Json;
using Pollux.Access;
using Pollux.Affinity;

namespace Pollux.Files;

/// <summary>How a list is paged.</summary>
/// <param name="Size">As the client wrote it; <see langword="null"/>: <paramref name="Usual"/>. At most 100.</param>
/// <param name="Token">What the page before gave; <see langword="null"/>: the first page. Whatever it says, only the caller's own is seen.</param>
/// <param name="Usual">Google's size for this list.</param>
internal readonly record struct PageAsk(string? Size, string? Token, int Usual);

/// <summary>Takes a page of a caller's own from the ledger.</summary>
/// <param name="before">Its place in the list.</param>
/// <param name="size">So many at most.</param>
/// <param name="next">The place of the next page; <see langword="null"/>: there is none.</param>
internal delegate IReadOnlyList<RemoteResource> PageOf(long before, int size, out long? next);

/// <summary>Writes pages of what is a caller's own, in Google's form: names come from the ledger, and what is told of each from who asks.</summary>
internal sealed class ListPages(PageTokens tokens)
{
    private const int LargestPage = 100; // Google's maximum
    private const int AtOnce = 8;

    /// <summary>Makes a page.</summary>
    /// <param name="asked">Which.</param>
    /// <param name="member">The member of the answer that holds them.</param>
    /// <param name="take">Takes them.</param>
    /// <param name="describe">Tells of one, in JSON; empty: it is left out. Eight are asked at once.</param>
    public async Task<FileReply> MakeAsync(PageAsk asked, string member, PageOf take, Func<RemoteResource, Task<ReadOnlyMemory<byte>>> describe)
    {
        int size = asked.Usual;
        if (asked.Size is { Length: > 0 } && (!int.TryParse(asked.Size, out size) || size < 0))
            return new GatewayError(400, GatewayErrorKind.InvalidRequest, "Invalid value at 'page_size' (TYPE_INT32).");
        size = size == 0 ? asked.Usual : Math.Min(size, LargestPage);
        if (!tokens.TryRead(asked.Token, out long before))
            return new GatewayError(400, GatewayErrorKind.InvalidRequest, "Page token is invalid.");

        IReadOnlyList<RemoteResource> page = take(before, size, out long? next);
        var items = new ReadOnlyMemory<byte>[page.Count];
        for (int from = 0; from < page.Count; from += AtOnce)
            await Task.WhenAll(Enumerable.Range(from, Math.Min(AtOnce, page.Count - from)).Select(async i => items[i] = await describe(page[i])));
        return new FileReply { ContentType = "application/json; charset=UTF-8", Body = Write(member, items, next) };
    }

    private ReadOnlyMemory<byte> Write(string member, ReadOnlyMemory<byte>[] items, long? next)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            if (items.Any(static item => !item.IsEmpty))
            {
                json.WriteStartArray(member);
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

        return output.WrittenMemory;
    }
}
