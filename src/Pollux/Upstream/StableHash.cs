namespace Pollux.Upstream;

/// <summary>Hashes that are the same in each process, unlike those of .NET's strings: a key keeps its proxy over a restart. They guard nothing.</summary>
internal static class StableHash
{
    /// <summary>FNV-1a of 64 bits over the characters.</summary>
    public static ulong Of(ReadOnlySpan<char> text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text)
            hash = (hash ^ c) * 1099511628211;
        return hash;
    }

    /// <summary>Mixes two into one of which each bit depends on all of theirs (the finisher of SplitMix64).</summary>
    public static ulong Mix(ulong one, ulong other)
    {
        ulong mixed = one ^ other;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
