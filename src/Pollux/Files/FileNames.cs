using System.Diagnostics.CodeAnalysis;

namespace Pollux.Files;

/// <summary>How files are named: <c>files/abc</c>, alone or at the end of an address.</summary>
internal static class FileNames
{
    /// <summary>The collection.</summary>
    public const string Prefix = "files/";

    private const int LongestId = 128; // Google's have at most forty characters
    private static readonly string[] Versions = ["/v1beta/", "/v1/", "/v1alpha/"];

    /// <summary>Google's own form of a file's address, which requests for generation have to name.</summary>
    public const string GoogleBase = "https://generativelanguage.googleapis.com/v1beta/";

    /// <summary>Only what ids consist of: nothing that could lead a path elsewhere at the upstream.</summary>
    public static bool IsId(ReadOnlySpan<char> id)
    {
        if (id.Length is 0 or > LongestId)
            return false;
        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        }

        return true;
    }

    /// <summary>The name of the file that an address leads to: one of Google's Files API, on whichever host it is reached, or the bare name.</summary>
    /// <param name="uri">For example <c>https://generativelanguage.googleapis.com/v1beta/files/abc</c>.</param>
    /// <param name="name">For example <c>files/abc</c>.</param>
    public static bool TryRead(string uri, [NotNullWhen(true)] out string? name)
    {
        name = null;
        int at = uri.LastIndexOf(Prefix, StringComparison.Ordinal);
        if (at < 0 || !IsId(uri.AsSpan(at + Prefix.Length)))
            return false;
        if (at > 0)
        {
            ReadOnlySpan<char> before = uri.AsSpan(0, at);
            bool isVersioned = false;
            foreach (string version in Versions)
                isVersioned |= before.EndsWith(version, StringComparison.Ordinal);
            if (!isVersioned || !(before.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || before.StartsWith("http://", StringComparison.OrdinalIgnoreCase)))
                return false;
        }

        name = uri[at..];
        return true;
    }

    /// <summary>What Google says of a file that is not there or not yours, so that nobody can tell one from the other.</summary>
    public static string NotThere(string name) => $"You do not have permission to access the File {name[Prefix.Length..]} or it may not exist.";
}
