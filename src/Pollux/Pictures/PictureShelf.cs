using System.Text.RegularExpressions;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Pictures;

/// <summary>
/// What the other rooms know of this one: give a picture and get its address; give an address and get the picture back.
/// Publishing never fails: what no store takes stays in the answer.
/// </summary>
internal sealed partial class PictureShelf(PictureStores stores, SettingsHolder settings, ILogger<PictureShelf> logger)
{
    private const int LongestWords = 300;
    private const int LargestFound = 100 * 1024 * 1024; // what Google takes inline

    /// <summary>Whether pictures get addresses at all.</summary>
    public bool Stores => stores.For(settings.Current.Pictures) is not null;

    /// <summary>Stores a made picture.</summary>
    /// <param name="requestBase">How the client reaches the gateway, root path included: links to own pictures begin with it, unless <c>HOST_URL</c> says otherwise.</param>
    /// <param name="picture">The bytes; they are the caller's again when the call ends.</param>
    /// <param name="mediaType">As the model told it, such as <c>image/png</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Its address; <see langword="null"/> where nothing is stored.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<string?> PublishAsync(Uri requestBase, ReadOnlyMemory<byte> picture, string mediaType, CancellationToken cancellation)
    {
        PictureSettings current = settings.Current.Pictures;
        if (stores.For(current) is not { } store || PictureName.New(mediaType) is not { } name)
            return null;

        try
        {
            PicturePlace place = await store.SaveAsync(name, picture, cancellation);
            return place.Address?.AbsoluteUri ?? PictureLinks.To(current.HostAddress, requestBase, name);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellation.IsCancellationRequested) // whatever it is: the answer is not lost
        {
            NotStored(logger, current.Store, Words(fault, current));
            return null;
        }
    }

    /// <summary>Finds a picture again by one of our own addresses, by its path, or by its name.</summary>
    /// <returns><see langword="null"/>: it is none of ours, it is gone, or it is larger than a request may be. Nothing is fetched from elsewhere.</returns>
    public async ValueTask<StoredPicture?> FindAsync(string addressOrName, CancellationToken cancellation)
    {
        if (PictureLinks.Read(addressOrName) is not { } name || stores.Open(name) is not { } stream)
            return null;
        await using (stream)
        {
            if (stream.Length > LargestFound)
                return null;
            byte[] picture = new byte[stream.Length];
            await stream.ReadExactlyAsync(picture, cancellation);
            return new StoredPicture(name, picture);
        }
    }

    /// <summary>What happened, in one line without secrets: hosts repeat what was sent to them, and addresses are signed in their query.</summary>
    private static string Words(Exception fault, PictureSettings settings)
    {
        string words = fault is PictureStoreException ? fault.Message : $"{fault.GetType().Name}: {fault.Message}";
        words = Query().Replace(SecretScrubber.Scrub(words.ReplaceLineEndings(" "), settings.Secrets), "?[redacted]");
        return words.Length > LongestWords ? words[..LongestWords] + "…" : words;
    }

    [GeneratedRegex("""(?<=://[^\s"'<>?]*)\?[^\s"'<>]+""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Query();

    [LoggerMessage(EventId = 8000, Level = LogLevel.Warning, Message = "A picture could not be stored ({Store}); it stays in the answer. {Words}")]
    private static partial void NotStored(ILogger logger, PictureStoreKind store, string words);
}
