using Pollux.Protocols.Gemini;

namespace Pollux.Protocols.Translation;

/// <summary>The names of the declared functions, as Gemini knows them, compared by their bytes.</summary>
internal sealed class DeclaredNames
{
    private readonly HashSet<RawJson> _names = new(ByBytes.Instance);

    /// <returns>Whether the name is new.</returns>
    public bool Add(RawJson name) => _names.Add(name);

    public bool Contains(RawJson name) => _names.Contains(name);

    private sealed class ByBytes : IEqualityComparer<RawJson>
    {
        public static ByBytes Instance { get; } = new();

        public bool Equals(RawJson x, RawJson y) => x.Utf8.Span.SequenceEqual(y.Utf8.Span);

        public int GetHashCode(RawJson name)
        {
            var hash = new HashCode();
            hash.AddBytes(name.Utf8.Span);
            return hash.ToHashCode();
        }
    }
}
