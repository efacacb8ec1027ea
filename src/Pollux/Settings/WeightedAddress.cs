namespace Pollux.Settings;

/// <summary>One of the addresses of <c>BASE_URL</c>.</summary>
/// <param name="Address">Without a version, with a slash at its end.</param>
/// <param name="Weight">How many requests it gets in proportion to the others, 1 to <see cref="MaxWeight"/>.</param>
internal sealed record WeightedAddress(Uri Address, int Weight)
{
    /// <summary>The largest weight.</summary>
    public const int MaxWeight = 100;
}
