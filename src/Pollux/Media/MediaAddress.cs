using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Pollux.Media;

/// <summary>
/// An http(s) address out of a stranger's request, read strictly: what two parsers could read in two ways is no address here.
/// </summary>
internal sealed class MediaAddress
{
    private const int MaxLength = 8192;
    private const int MaxHostLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> HostCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.");

    /// <summary>Endings of names that only a local network gives a meaning to (RFC 6761, RFC 6762, RFC 8375, ICANN's "internal", and usage).</summary>
    private static readonly string[] LocalNames = ["localhost", "local", "internal", "localdomain", "home.arpa", "lan", "intranet", "private", "corp", "home"];

    /// <summary>Other protocols at home from 1024 on: the "bad ports" of the Fetch standard.</summary>
    private static readonly int[] BadPorts = [1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080];

    private MediaAddress(Uri uri, string host, IPAddress? literal)
    {
        Uri = uri;
        Host = host;
        Literal = literal;
    }

    /// <summary>What is requested.</summary>
    public Uri Uri { get; }

    /// <summary>A name in ASCII, or an address without brackets.</summary>
    public string Host { get; }

    /// <summary>The IP address that stands in it instead of a name.</summary>
    public IPAddress? Literal { get; }

    /// <summary>What can be said of it without asking anybody.</summary>
    public AddressVerdict Verdict => Literal is not null ? AddressRules.Judge(Literal) : IsLocalName(Host) ? AddressVerdict.Private : AddressVerdict.Public;

    /// <summary>Reads an address.</summary>
    /// <param name="text">As it stands in the request.</param>
    /// <param name="address">The address.</param>
    /// <param name="fault">What is wrong with it, as the end of a sentence that begins with "The address"; free of its content.</param>
    public static bool TryRead(string text, [NotNullWhen(true)] out MediaAddress? address, [NotNullWhen(false)] out string? fault)
    {
        address = null;
        if (text.Length > MaxLength)
            return No($"has more than {MaxLength} characters", out fault);
        foreach (char c in text)
        {
            if (c is <= ' ' or '\\' or (>= '\u007F' and <= '\u00A0'))
                return No("holds a blank, a control character or a backslash", out fault);
        }

        int schemeLength = text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8 : text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : 0;
        if (schemeLength == 0)
            return No("must begin with https:// or http://", out fault);
        int end = text.AsSpan(schemeLength).IndexOfAny('/', '?', '#');
        ReadOnlySpan<char> authority = end < 0 ? text.AsSpan(schemeLength) : text.AsSpan(schemeLength, end);
        if (authority.Contains('@'))
            return No("holds credentials, which are not sent", out fault);
        if (!TrySplit(authority, schemeLength == 8 ? 443 : 80, out ReadOnlySpan<char> host, out int port))
            return No("names no valid host", out fault);
        if (port is not (80 or 443) && (port < 1024 || BadPorts.AsSpan().Contains(port)))
            return No("names a port that is not fetched from; 80, 443 and most from 1024 on are", out fault);

        IPAddress? literal = null;
        if (host is ['[', .., ']'])
        {
            host = host[1..^1];
            if (host.ContainsAny('%', '[', ']') || !IPAddress.TryParse(host, out literal) || !host.Contains(':'))
                return No("names no valid host", out fault);
        }
        else if (EndsInNumber(host) ? !TryReadFour(host, out literal) : !IsName(host))
        {
            return No("names no valid host", out fault);
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Length > 0 || uri.Port != port || !IsSame(uri, host, literal))
            return No("cannot be read without doubt", out fault);
        address = new MediaAddress(uri, host.ToString(), literal);
        fault = null;
        return true;
    }

    /// <summary>Reads where a redirect leads, seen from here.</summary>
    public bool TryFollow(string location, [NotNullWhen(true)] out MediaAddress? target)
    {
        target = null;
        if (location.Length is 0 or > MaxLength)
            return false;
        int colon = location.IndexOf(':', StringComparison.Ordinal);
        bool hasScheme = colon > 0 && location.AsSpan(0, colon).IndexOfAny('/', '?', '#') < 0;
        if (hasScheme)
            return TryRead(location, out target, out _);
        if (location.StartsWith("//", StringComparison.Ordinal))
            return TryRead($"{Uri.Scheme}:{location}", out target, out _);
        if (location.Contains('\\', StringComparison.Ordinal) || !Uri.TryCreate(Uri, location, out Uri? joined))
            return false;
        return TryRead(joined.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped), out target, out _);
    }

    /// <summary>A name without a dot, or one of a local network.</summary>
    private static bool IsLocalName(string host)
    {
        if (!host.Contains('.', StringComparison.Ordinal))
            return true;
        foreach (string name in LocalNames)
        {
            if (host.EndsWith(name, StringComparison.OrdinalIgnoreCase) && (host.Length == name.Length || host[^(name.Length + 1)] == '.'))
                return true;
        }

        return false;
    }

    private static bool TrySplit(ReadOnlySpan<char> authority, int standardPort, out ReadOnlySpan<char> host, out int port)
    {
        host = authority;
        port = standardPort;
        int colon = authority.StartsWith('[') ? authority.IndexOf(']') is > 0 and var close && close + 1 < authority.Length ? close + 1 : authority.Length : authority.IndexOf(':');
        if (colon < 0 || colon == authority.Length)
            return host.Length > 0;
        host = authority[..colon];
        ReadOnlySpan<char> digits = authority[(colon + 1)..];
        return host.Length > 0 && authority[colon] == ':' && digits.Length is > 0 and <= 5 && digits[0] != '0'
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535;
    }

    /// <summary>Browsers take such a host for an IPv4 address, in notations that nobody uses with good intent: 127.1, 0x7f.1, 2130706433.</summary>
    private static bool EndsInNumber(ReadOnlySpan<char> host)
    {
        ReadOnlySpan<char> last = host[(host.TrimEnd('.').LastIndexOf('.') + 1)..].TrimEnd('.');
        return last.Length > 0 && (!last.ContainsAnyExceptInRange('0', '9') || last.StartsWith("0x", StringComparison.OrdinalIgnoreCase));
    }

    private static bool TryReadFour(ReadOnlySpan<char> host, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        Span<byte> bytes = stackalloc byte[4];
        int count = 0;
        foreach (Range range in host.Split('.'))
        {
            ReadOnlySpan<char> octet = host[range];
            if (count == 4 || octet.Length is 0 or > 3 || (octet.Length > 1 && octet[0] == '0') || !byte.TryParse(octet, NumberStyles.None, CultureInfo.InvariantCulture, out bytes[count]))
                return false;
            count++;
        }

        if (count != 4)
            return false;
        address = new IPAddress(bytes);
        return true;
    }

    private static bool IsName(ReadOnlySpan<char> host)
    {
        if (host.Length > MaxHostLength || host.ContainsAnyExcept(HostCharacters))
            return false;
        foreach (Range range in host.Split('.'))
        {
            if (host[range] is not { Length: > 0 and <= MaxLabelLength } label || label[0] == '-' || label[^1] == '-')
                return false;
        }

        return true;
    }

    /// <summary>Whether the parser that the connection is made by read the same host.</summary>
    private static bool IsSame(Uri uri, ReadOnlySpan<char> host, IPAddress? literal) =>
        literal is not null
            ? IPAddress.TryParse(uri.IdnHost, out IPAddress? read) && read.Equals(literal)
            : uri.HostNameType == UriHostNameType.Dns && host.Equals(uri.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static bool No(string words, out string fault)
    {
        fault = words;
        return false;
    }
}
