using System.Buffers;

namespace Pollux.Responses;

/// <summary>What a request goes on from.</summary>
/// <param name="Items">The items, the oldest first.</param>
/// <param name="Signatures">What must go back to Gemini with them.</param>
internal sealed record RecalledItems(List<ReadOnlyMemory<byte>> Items, List<StoredSignature> Signatures);

/// <summary>A request goes on from something that is not there.</summary>
/// <param name="id">What is missing.</param>
internal sealed class ResponseMissingException(string id) : Exception
{
    /// <summary>What is missing.</summary>
    public string Id => id;
}

/// <summary>Puts earlier answers before the items of a request, and items in place of their names.</summary>
internal sealed class ResponseHistory(ResponseShelf shelf)
{
    private const int MaxLinks = 1000;

    /// <summary>Everything that was said up to the end of a response.</summary>
    /// <param name="caller">Whose it is.</param>
    /// <param name="id">The response.</param>
    /// <param name="maxBytes">The most that is recalled, in bytes; what is longer is no request that would be taken either.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ResponseMissingException">It, or one before it, is not there any more.</exception>
    public async ValueTask<RecalledItems> RecallAsync(string caller, string id, long maxBytes, CancellationToken cancellation)
    {
        var links = new List<StoredResponse>();
        long bytes = 0;
        for (string? next = id; next is not null; next = links[^1].PreviousId)
        {
            StoredResponse link = await shelf.FindAsync(caller, next, cancellation) ?? throw new ResponseMissingException(next);
            links.Add(link);
            bytes += link.Bytes;
            if (links.Count > MaxLinks || bytes > maxBytes)
                throw new ResponseMissingException(next);
        }

        var recalled = new RecalledItems([], []);
        for (int i = links.Count - 1; i >= 0; i--)
        {
            recalled.Items.AddRange(ResponseItemJson.ElementsOf(links[i].Input));
            recalled.Items.AddRange(ResponseItemJson.ElementsOf(ResponseItemJson.MemberOf(links[i].Body, "output")));
            recalled.Signatures.AddRange(links[i].Signatures);
        }

        return recalled;
    }

    /// <summary>Finds one item by its id.</summary>
    /// <param name="caller">Whose it is.</param>
    /// <param name="itemId">The item.</param>
    /// <param name="signatures">Receives what must go back to Gemini with it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Empty: it is not there.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> FindItemAsync(string caller, string itemId, List<StoredSignature> signatures, CancellationToken cancellation)
    {
        if (StoredResponse.OwnerOf(itemId) is not { } owner || await shelf.FindAsync(caller, owner, cancellation) is not { } response)
            return default;
        foreach (ReadOnlyMemory<byte> list in (ReadOnlyMemory<byte>[])[ResponseItemJson.MemberOf(response.Body, "output"), response.Input])
        {
            foreach (ReadOnlyMemory<byte> item in ResponseItemJson.ElementsOf(list))
            {
                if (ResponseItemJson.TextOf(item, "id") != itemId)
                    continue;
                signatures.AddRange(response.Signatures);
                return item;
            }
        }

        return default;
    }

    /// <summary>Puts items into a request.</summary>
    /// <param name="body">The request.</param>
    /// <param name="start">Where its input begins.</param>
    /// <param name="length">How long its input is.</param>
    /// <param name="items">The items that stand there instead.</param>
    public static byte[] Put(ReadOnlyMemory<byte> body, int start, int length, List<ReadOnlyMemory<byte>> items)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + items.Sum(static item => item.Length + 1) + 16);
        output.Write(body.Span[..start]);
        output.Write("["u8);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                output.Write(","u8);
            output.Write(items[i].Span);
        }

        output.Write("]"u8);
        output.Write(body.Span[(start + length)..]);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A text as the item that it stands for.</summary>
    public static byte[] MessageOf(ReadOnlyMemory<byte> text) => [.. """{"role":"user","content":"""u8, .. text.Span, (byte)'}'];
}
