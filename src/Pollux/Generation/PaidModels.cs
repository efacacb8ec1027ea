using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>Which models a key that is reserved for what must be paid for (<c>PAID_KEY</c>) serves.</summary>
internal static class PaidModels
{
    private static readonly string[] AlwaysPaid = ["imagen-", "veo-"]; // Google has no free quota for them

    /// <summary>When a reserved key serves <paramref name="model"/>.</summary>
    /// <param name="model">The upstream's name, without <c>models/</c>.</param>
    /// <param name="capabilities">What the model can do.</param>
    /// <param name="pool">The settings.</param>
    public static PaidKeyUse UseFor(string model, ModelCapabilities capabilities, PoolSettings pool)
    {
        if (pool.PaidKeys.Count == 0)
            return PaidKeyUse.Never;
        foreach (string prefix in AlwaysPaid)
        {
            if (model.StartsWith(prefix, StringComparison.Ordinal))
                return PaidKeyUse.Always;
        }

        foreach (string name in pool.PaidModels)
        {
            if (name.EndsWith('*') ? model.AsSpan().StartsWith(name.AsSpan(0, name.Length - 1), StringComparison.Ordinal) : model == name)
                return PaidKeyUse.Always;
        }

        return capabilities.Output.HasFlag(Modalities.Image) ? PaidKeyUse.IfNoOtherIsEntitled : PaidKeyUse.Never;
    }
}
