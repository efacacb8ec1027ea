using System.Net;

namespace Pollux.Pictures;

/// <summary>Makes links to pictures that the gateway serves, and reads them.</summary>
internal static class PictureLinks
{
    private const string Path = "images";

    /// <summary>Where pictures are served, all of them at each: links lead to the first, the others stand in links of predecessors.</summary>
    public static IReadOnlyList<string> Paths { get; } = [Path, "memory-images", "memory-media"];

    /// <summary>Makes a link.</summary>
    /// <param name="hostAddress"><c>HOST_URL</c>. One of the own machine leads a client elsewhere astray and does not count for it.</param>
    /// <param name="requestBase">How the client reaches the gateway, root path included.</param>
    /// <param name="name">The picture.</param>
    public static string To(Uri? hostAddress, Uri requestBase, PictureName name)
    {
        Uri start = hostAddress is null || (IsLoopback(hostAddress) && !IsLoopback(requestBase)) ? requestBase : hostAddress;
        return $"{start.AbsoluteUri.TrimEnd('/')}/{Path}/{name.Text}";
    }

    /// <summary>
    /// The picture that an address or a name means. The host does not count: a gateway has several names over time, and a
    /// picture's own name cannot be met by chance. Nothing is fetched.
    /// </summary>
    /// <returns><see langword="null"/>: it cannot be one of ours.</returns>
    public static PictureName? Read(string addressOrName)
    {
        ReadOnlySpan<char> path = addressOrName;
        if (path.IndexOfAny('?', '#') is >= 0 and var end)
            path = path[..end];
        if (path.LastIndexOf('/') is >= 0 and var slash)
        {
            ReadOnlySpan<char> folder = path[..slash];
            folder = folder[(folder.LastIndexOf('/') + 1)..];
            if (!IsOurs(folder))
                return null;
            path = path[(slash + 1)..];
        }

        return PictureName.TryParse(path.ToString(), out PictureName? name) ? name : null;
    }

    private static bool IsOurs(ReadOnlySpan<char> folder)
    {
        foreach (string path in Paths)
        {
            if (folder.SequenceEqual(path))
                return true;
        }

        return false;
    }

    private static bool IsLoopback(Uri address) =>
        address.IsLoopback || (IPAddress.TryParse(address.IdnHost, out IPAddress? ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)));
}
