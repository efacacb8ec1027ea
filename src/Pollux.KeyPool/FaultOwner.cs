namespace Pollux.KeyPool;

/// <summary>Who is to blame for a failed attempt. Only the owner is penalised.</summary>
public enum FaultOwner
{
    /// <summary>The request itself: no key and no other moment can cure it.</summary>
    Client,

    /// <summary>The credential, for every model.</summary>
    Key,

    /// <summary>The quota or entitlement of the credential's project for one model.</summary>
    ProjectModel,

    /// <summary>The model, whichever key asks.</summary>
    Model,

    /// <summary>Google, or the network on the way to it.</summary>
    Upstream,

    /// <summary>Pollux, the machine it runs on, or the proxies its operator sends it through.</summary>
    Gateway,
}

/// <summary>What another attempt would have to change to be worth making.</summary>
public enum RetryScope
{
    /// <summary>Nothing helps.</summary>
    None,

    /// <summary>The same credential, at once.</summary>
    SameKeyAgain,

    /// <summary>The same credential, once, with the key in the other place (<see cref="KeyTransport"/>).</summary>
    SameKeyOtherTransport,

    /// <summary>The same credential, once, with every thought signature replaced by the documented placeholder.</summary>
    SameKeyWithoutSignatures,

    /// <summary>Another credential, at once.</summary>
    AnotherKey,

    /// <summary>Any credential after a pause (<see cref="BackOff"/>); a different one is as good as the same.</summary>
    AfterBackOff,
}

/// <summary>What a failure does to the pool when the lease is settled with it.</summary>
public enum FaultEffect
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Adds one to the credential's consecutive failures, which put it out at <see cref="KeyPoolOptions.MaxFailures"/>.</summary>
    CountFailure,

    /// <summary>Puts the credential out at once, for all models, until a re-check or an operator brings it back.</summary>
    PutOut,

    /// <summary>Stops the credential for all models until a re-check: its project must be paid for first.</summary>
    StopUntilRecheck,

    /// <summary>Keeps credential and model apart for <see cref="Fault.RetryAfter"/>.</summary>
    CoolDown,

    /// <summary>Keeps credential and model apart until the next midnight in Los Angeles.</summary>
    CoolDownUntilDayEnd,

    /// <summary>Keeps credential and model apart for a day: the project is not entitled to the model.</summary>
    ParkForDay,

    /// <summary>Notes that the model is overloaded. Orders attempts, never blocks one.</summary>
    OverloadHint,
}
