namespace Pollux.FakeGemini.Xai;

/// <summary>What xAI thinks of a key.</summary>
public enum FakeXaiKeyState
{
    /// <summary>Works.</summary>
    Valid,

    /// <summary>400: incorrect. A key that nobody added answers the same.</summary>
    Incorrect,

    /// <summary>403: its team has no credit left.</summary>
    NoCredit,

    /// <summary>403: it lacks a permission.</summary>
    NoPermission,
}
