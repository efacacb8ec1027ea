using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Pollux.Settings;

/// <summary>
/// One entry of <c>PROXIES</c>. Its credentials are taken out of the address where it is read, so that whatever prints an
/// address, .NET's own messages included, has none to print.
/// </summary>
internal sealed class OutboundProxy
{
    private OutboundProxy(Uri address, NetworkCredential? credentials, string identity) =>
        (Address, Credentials, Identity) = (address, credentials, identity);

    /// <summary>Scheme, host and port: <c>http</c>, <c>https</c> or <c>socks5</c>. Without credentials.</summary>
    public Uri Address { get; }

    /// <summary>User and password, if it wants any.</summary>
    public NetworkCredential? Credentials { get; }

    /// <summary>
    /// What tells it from the others, also after a restart: address and credentials, since gateways sell each of their lines as
    /// a user of its own. A secret.
    /// </summary>
    public string Identity { get; }

    /// <summary>Reads an entry.</summary>
    /// <param name="entry">Such as <c>socks5://user:password@host:1080</c>; what is special in a URL is percent-encoded there.</param>
    /// <param name="proxy">The proxy.</param>
    /// <param name="wrong">What is wrong with the entry.</param>
    public static bool TryRead(string entry, [NotNullWhen(true)] out OutboundProxy? proxy, out string wrong)
    {
        proxy = null;
        wrong = "";
        int scheme = entry.IndexOf("://", StringComparison.Ordinal);
        string kind = scheme < 0 ? "" : entry[..scheme].ToLowerInvariant();
        if (kind is not ("http" or "https" or "socks5" or "socks5h"))
        {
            wrong = "does not begin with http://, https:// or socks5://";
            return false;
        }

        int host = entry.LastIndexOf('@') is var at && at > scheme ? at + 1 : scheme + 3;
        kind = kind == "socks5h" ? "socks5" : kind; // names are resolved by the proxy in any case
        if (!Uri.TryCreate($"{kind}://{entry[host..]}", UriKind.Absolute, out Uri? read) || read.Host.Length == 0)
        {
            wrong = "has no host, or a port that is none";
            return false;
        }

        if (kind == "socks5" && read.Port <= 0)
            read = new UriBuilder(read) { Port = 1080 }.Uri;
        if (read.AbsolutePath is not ("" or "/") || read.Query.Length > 0)
        {
            wrong = "has a path, which no proxy has";
            return false;
        }

        var address = new Uri(read.GetLeftPart(UriPartial.Authority));
        string user = host > scheme + 3 ? entry[(scheme + 3)..(host - 1)] : "";
        proxy = new OutboundProxy(address, ReadCredentials(user), $"{user}@{address}");
        return true;
    }

    /// <summary>What an entry may be called where it is reported: its place, and its host where that surely holds no secret.</summary>
    public static string NameOf(string entry, int number)
    {
        int at = entry.LastIndexOf('@');
        return at < 0 ? $"entry {number}" : $"entry {number} (…@{entry[(at + 1)..]})";
    }

    /// <summary>A text without the credentials.</summary>
    public string Redact(string text) => Credentials is null
        ? text
        : Without(Without(text, Credentials.Password), Credentials.UserName);

    /// <summary>The address; never credentials.</summary>
    public override string ToString() => Address.GetLeftPart(UriPartial.Authority);

    private static string Without(string text, string secret) =>
        secret.Length == 0 ? text : text.Replace(secret, "[redacted]", StringComparison.Ordinal).Replace(Uri.EscapeDataString(secret), "[redacted]", StringComparison.Ordinal);

    private static NetworkCredential? ReadCredentials(string text)
    {
        if (text.Length == 0)
            return null;
        int colon = text.IndexOf(':');
        return colon < 0
            ? new NetworkCredential(Uri.UnescapeDataString(text), "")
            : new NetworkCredential(Uri.UnescapeDataString(text[..colon]), Uri.UnescapeDataString(text[(colon + 1)..]));
    }
}
