using System.Text;

namespace Pollux.Protocols.Translation;

/// <summary>Everything that a translation lost or changed, in the order of discovery.</summary>
/// <remarks>
/// Bounded, since a request can hold any number of unknown members: the first <see cref="Capacity"/> losses are kept,
/// the rest is counted. A report without losses allocates nothing beyond itself.
/// </remarks>
public sealed class LossReport
{
    /// <summary>How many losses are kept.</summary>
    public const int Capacity = 64;

    // Response headers of a request are bounded by most proxies at 8 kB in all.
    private const int MaxHeaderLength = 1024;
    private const int MaxPathLength = 120;

    private List<Loss>? _losses;

    /// <summary>The kept losses.</summary>
    public IReadOnlyList<Loss> Losses => _losses ?? (IReadOnlyList<Loss>)[];

    /// <summary>How many losses came after <see cref="Capacity"/> was reached.</summary>
    public int Unlisted { get; private set; }

    /// <summary>Whether nothing was lost.</summary>
    public bool IsEmpty => _losses is null;

    /// <summary>Whether a loss would still be kept: saves making the text of one that would not.</summary>
    internal bool HasRoom => _losses is null || _losses.Count < Capacity;

    /// <summary>Notes a loss.</summary>
    public void Add(string path, LossKind kind, string what)
    {
        if (!HasRoom)
        {
            Unlisted++;
            return;
        }
        (_losses ??= []).Add(new Loss(path.Length <= MaxPathLength ? path : string.Concat(path.AsSpan(0, MaxPathLength), "..."), kind, what));
    }

    /// <summary>
    /// The report in the form of a header value: <c>path:kind;path:kind</c>, visible ASCII only, at most about 1 kB,
    /// ending in <c>+N</c> when N losses are not listed.
    /// </summary>
    public string ToHeader()
    {
        if (_losses is null)
            return "";
        var header = new StringBuilder();
        var listed = 0;
        foreach (var loss in _losses)
        {
            if (header.Length + loss.Path.Length > MaxHeaderLength)
                break;
            if (listed++ > 0)
                header.Append(';');
            foreach (var c in loss.Path) // a member's name is the client's: it must not be able to end the header
                header.Append(c is > ' ' and < '\u007f' and not (';' or ':') ? c : '_');
            header.Append(':').Append(loss.Kind switch
            {
                LossKind.Dropped => "dropped",
                LossKind.Changed => "changed",
                _ => "approximated",
            });
        }
        var unlisted = _losses.Count - listed + Unlisted;
        return unlisted == 0 ? header.ToString() : header.Append(";+").Append(unlisted).ToString();
    }
}
