using Pollux.Protocols.Translation;
using Pollux.Settings;

namespace Pollux.Media;

/// <summary>
/// Fetches what a translated request names by address, a few at once, and puts it in its place. What Google fetches itself is
/// left to Google, unless the address alone says that it must not be asked for.
/// </summary>
internal sealed class RemoteMediaLoader(MediaFetcher fetcher, SettingsHolder settings)
{
    private const int AtOnce = 4;

    /// <summary>Loads all that is not there yet.</summary>
    /// <param name="remote">What the request names.</param>
    /// <param name="fetched">Keeps what is fetched for the request, and what was fetched for it before.</param>
    /// <param name="cancellation">The request ended.</param>
    /// <exception cref="RequestFormatException">Something of it cannot be had.</exception>
    /// <exception cref="MediaBusyException">There is no room for it.</exception>
    public async Task LoadAsync(IReadOnlyList<RemoteMedia> remote, FetchedMedia fetched, CancellationToken cancellation)
    {
        if (remote.Count == 0)
            return;
        List<MediaOrder> wanted = Choose(remote, fetched, settings.Current.Media);
        if (wanted.Count > 0)
        {
            await Parallel.ForEachAsync(
                wanted, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
                async (one, token) => await fetcher.FetchAsync(one, fetched, token));
            await fetched.SettleAsync();
        }

        fetched.PutInto(remote);
    }

    /// <summary>What must be fetched; the request is refused before anything is, if one address must not be asked.</summary>
    private static List<MediaOrder> Choose(IReadOnlyList<RemoteMedia> remote, FetchedMedia fetched, MediaSettings bounds)
    {
        var wanted = new Dictionary<string, MediaOrder>(StringComparer.Ordinal);
        int places = 0;
        foreach (RemoteMedia media in remote)
        {
            string text = media.Part.FileData!.FileUri.AsText()!;
            if (!MediaAddress.TryRead(text, out MediaAddress? address, out string? fault))
                throw new RequestFormatException($"The address in '{media.Path}' {fault}.", media.Path, RequestFormatCodes.InvalidMedia);
            if (!MediaFetcher.MayBeAsked(address, bounds))
                throw MediaFetcher.Unreachable(media.Path);
            if (media.GoogleFetches && address.Verdict == AddressVerdict.Public) // what is private Google cannot reach
                continue;
            if (++places > bounds.MaxCount)
            {
                throw new RequestFormatException(
                    bounds.MaxCount == 0 ? $"This gateway fetches no media (MAX_MEDIA_URLS=0). Send the media of '{media.Path}' as a data URI." : $"'{media.Path}' is one address of media too many: a request may name {bounds.MaxCount} (MAX_MEDIA_URLS).",
                    media.Path, RequestFormatCodes.InvalidMedia);
            }

            if (wanted.TryGetValue(text, out MediaOrder? known))
                known.Places++;
            else if (!fetched.Has(text))
                wanted.Add(text, new MediaOrder(address, text, media.Path));
        }

        fetched.Places = places;
        return [.. wanted.Values];
    }
}
