namespace Pollux.FakeGemini;

/// <summary>The level of a project; it decides how Google names the limits in a 429.</summary>
public enum FakeTier
{
    /// <summary>No billing: ids and metrics say <c>FreeTier</c>.</summary>
    Free,

    /// <summary>Billing is on.</summary>
    Paid,
}
