using System.Collections.Immutable;

namespace Pollux.KeyPool;

/// <summary>The pool in figures. Taken while it runs, so the figures may be an instant apart.</summary>
/// <param name="Total">Credentials.</param>
/// <param name="Usable">Those that are offered.</param>
/// <param name="Out">Those put out by failures of their own.</param>
/// <param name="Stopped">Those whose project must be paid for.</param>
/// <param name="Disabled">Those an operator took out.</param>
/// <param name="InFlight">Leases not settled yet.</param>
/// <param name="NextRecheckAt">When the next re-check is due.</param>
/// <param name="Models">The models leased for so far, by name.</param>
public sealed record PoolSnapshot(int Total, int Usable, int Out, int Stopped, int Disabled, int InFlight, DateTimeOffset? NextRecheckAt, ImmutableArray<ModelSnapshot> Models);

/// <summary>The usable credentials as one model sees them.</summary>
/// <param name="Model">The model.</param>
/// <param name="Ready">Those that can serve now.</param>
/// <param name="CoolingDown">Those that wait for a quota.</param>
/// <param name="NotEntitled">Those parked for a day.</param>
/// <param name="NextReadyAt">When the next of these returns.</param>
/// <param name="OverloadedAt">The last 503 that no success followed.</param>
/// <param name="Searches">How searches for a credential ended since the start.</param>
public sealed record ModelSnapshot(
    string Model, int Ready, int CoolingDown, int NotEntitled, DateTimeOffset? NextReadyAt, DateTimeOffset? OverloadedAt, SearchCounts Searches);

/// <summary>How searches for a credential ended, and why projects were passed over in them, since the start. What each one saw stands in its <see cref="LeaseDecision"/>.</summary>
/// <param name="Leased">With a lease.</param>
/// <param name="Refused">Without one.</param>
/// <param name="Considered">Projects looked at.</param>
/// <param name="WithoutRoomForTokens">Of these, how often one had no room for so large a prompt, or was kept for another request.</param>
/// <param name="TriedBefore">Of these, how often the request had tried all its keys already.</param>
/// <param name="Waiting">Projects that were not looked at because they waited for a quota, added up over all searches.</param>
public readonly record struct SearchCounts(long Leased, long Refused, long Considered, long WithoutRoomForTokens, long TriedBefore, long Waiting);

/// <summary>Why and until when one credential does not serve one model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Until">The end.</param>
/// <param name="Reason">The cause.</param>
public sealed record CredentialRestriction(string Model, DateTimeOffset Until, FaultReason Reason);
