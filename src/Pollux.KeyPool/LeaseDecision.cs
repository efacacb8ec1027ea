using System.Runtime.InteropServices;

namespace Pollux.KeyPool;

/// <summary>By which way a credential was found.</summary>
public enum LeaseWay
{
    /// <summary>It was asked for and could serve.</summary>
    Affinity,

    /// <summary>It was the best of those with room.</summary>
    Best,

    /// <summary>Those in use were full, so one was opened that had not served this model yet.</summary>
    Opened,

    /// <summary>All were full as far as others' limits tell, so more was asked of one that was never refused itself.</summary>
    Stretched,

    /// <summary>All else was full, so one was tried that seems to share its quota.</summary>
    Retried,
}

/// <summary>Why this credential: kept with each lease, so that a page can explain it afterwards.</summary>
/// <param name="Way">How it was found.</param>
/// <param name="Score">The smallest share left over its windows, 0 to 1.</param>
/// <param name="Considered">Projects looked at.</param>
/// <param name="WithoutRoomForTokens">Of these, how many had no room for so large a prompt.</param>
/// <param name="TriedBefore">Of these, how many this request had tried already.</param>
/// <param name="Ready">Projects with room at that moment.</param>
/// <param name="Unopened">Projects not used for this model yet.</param>
/// <param name="Waiting">Projects without room: full, refused, or not entitled.</param>
/// <param name="Suspects">Projects that seem to share their quota with another.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LeaseDecision(
    LeaseWay Way, float Score, int Considered, int WithoutRoomForTokens, int TriedBefore, int Ready, int Unopened, int Waiting, int Suspects);
