using System.Runtime.CompilerServices;

namespace Pollux.KeyPool;

/// <summary>What is known about one limit of a cell.</summary>
internal struct Quota
{
    /// <summary>The limit; without meaning when its source is unknown.</summary>
    public long Limit;

    /// <summary>Where it is known from.</summary>
    public QuotaSource Source;

    /// <summary>So much was used in one window without a refusal.</summary>
    public long Proven;

    /// <summary>So much more than others' limit is tried at present.</summary>
    public long Stretch;
}

/// <summary>What is known about the four limits, by <see cref="QuotaKind"/>.</summary>
[InlineArray(Count)]
internal struct FourWindows
{
    /// <summary>How many there are.</summary>
    public const int Count = 4;

    private Quota _first;
}
