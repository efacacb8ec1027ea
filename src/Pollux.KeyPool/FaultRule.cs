namespace Pollux.KeyPool;

/// <summary>One row of the attribution table: the code decides by it, and the documentation prints it.</summary>
/// <param name="Condition">When the row holds, in words. The first row that holds rules.</param>
/// <param name="Owner">Who is to blame.</param>
/// <param name="Reason">What happened.</param>
/// <param name="Retry">What another attempt would have to change.</param>
/// <param name="Effect">What happens to the credential.</param>
/// <param name="RetryLimit">How many further attempts it is worth in one request; <see langword="null"/>: no bound of its own.</param>
public sealed record FaultRule(string Condition, FaultOwner Owner, FaultReason Reason, RetryScope Retry, FaultEffect Effect, int? RetryLimit = null);

/// <summary>A row about an error answer, with the test that the words of <see cref="FaultRule.Condition"/> describe.</summary>
internal sealed record ErrorRule(FaultRule Row, Func<UpstreamError, bool> Holds);

/// <summary>A row about an exchange that failed without an error answer.</summary>
internal sealed record ExchangeRule(FaultRule Row, string Message);
