using Pollux.Buffers;
using Pollux.Media;
using Pollux.Pictures;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;
using Pollux.Telemetry;

namespace Pollux.Generation;

/// <summary>
/// Finds pictures of earlier answers again: our own by their name, others through the guard for media. What cannot be had
/// stays the text that the client sent, and is reported; an old picture is no reason to refuse a chat.
/// </summary>
internal sealed class PastPictureLoader(PictureShelf shelf, RemoteMediaLoader loader)
{
    /// <summary>Finds what is not there yet, and puts everything in its place.</summary>
    /// <param name="translation">The request.</param>
    /// <param name="fetched">Keeps what is found for the request, and what was found for it before.</param>
    /// <param name="record">Learns what was lost.</param>
    /// <param name="cancellation">The request ended.</param>
    /// <exception cref="MediaBusyException">There is no room for it.</exception>
    public async ValueTask LoadAsync(RequestTranslation translation, FetchedMedia fetched, RequestRecord record, CancellationToken cancellation)
    {
        if (translation.PastPictures.Count == 0)
            return;
        foreach (PastPicture picture in translation.PastPictures)
        {
            if (fetched.Find(picture.Address) is null && !await TryFindAsync(picture, fetched, cancellation) && picture.MayBeFetched)
                await TryFetchAsync(picture, fetched, cancellation);
        }

        await fetched.SettleAsync();
        Put(translation, fetched);
        foreach (PastPicture picture in translation.PastPictures)
        {
            if (picture.MayBeFetched && picture.Part.InlineData is null)
                translation.Losses.Add("messages", LossKind.Dropped, "A picture of an earlier answer is gone, or cannot be fetched.");
        }

        record.Losses = translation.Losses.IsEmpty ? null : translation.Losses.ToHeader();
    }

    /// <summary>Puts what was found in its place.</summary>
    public static void Put(RequestTranslation translation, FetchedMedia fetched)
    {
        foreach (PastPicture picture in translation.PastPictures)
        {
            if (fetched.Find(picture.Address) is { } data && data.MimeType.StartsWith("image/", StringComparison.Ordinal))
                picture.Put(data);
        }
    }

    private async ValueTask<bool> TryFindAsync(PastPicture picture, FetchedMedia fetched, CancellationToken cancellation)
    {
        if (await shelf.FindAsync(picture.Address, cancellation) is not { } stored || !fetched.TryCount(stored.Bytes.Length))
            return false;
        if (stored.Bytes.Length >= PooledBuffer.LargeBytes && !await fetched.EnterLargeAsync(cancellation))
            throw new MediaBusyException();
        PooledBuffer bytes = fetched.NewBuffer(stored.Bytes.Length);
        stored.Bytes.Span.CopyTo(bytes.GetSpan(stored.Bytes.Length));
        bytes.Advance(stored.Bytes.Length);
        fetched.Add(picture.Address, stored.MediaType, bytes);
        return true;
    }

    private async Task TryFetchAsync(PastPicture picture, FetchedMedia fetched, CancellationToken cancellation)
    {
        try
        {
            var place = new Part { FileData = new FileData(RawJson.String(picture.Address), mimeType: null) };
            await loader.LoadAsync([new RemoteMedia(place, "messages", GoogleFetches: false)], fetched, cancellation);
        }
        catch (RequestFormatException)
        {
            // it stays a text
        }
    }
}
