namespace Pollux.KeyPool;

// Health: what failures, re-checks and operators do to a credential. Everything here changes it under the gate.
public sealed partial class KeyPool
{
    /// <summary>The life-cycle events after one already seen; 0 for all that are kept.</summary>
    public IReadOnlyList<CredentialEvent> EventsAfter(long sequence)
    {
        lock (_gate)
            return _events.After(sequence);
    }

    /// <summary>An operator takes a credential out; attempts running with it go on.</summary>
    /// <returns><see langword="false"/> if it is not in the pool.</returns>
    public bool Disable(CredentialId id)
    {
        lock (_gate)
        {
            if (Find(id) is not { } credential)
                return false;
            if (credential.Health.Status != CredentialStatus.Disabled)
                TakeOut(credential, new CredentialHealth(CredentialStatus.Disabled, _time.GetUtcNow()), CredentialEventKind.Disabled);
            return true;
        }
    }

    /// <summary>An operator allows a credential that an operator had taken out. One that is out for other reasons stays out: see <see cref="Revive"/>.</summary>
    /// <returns><see langword="false"/> if it is not in the pool.</returns>
    public bool Enable(CredentialId id)
    {
        lock (_gate)
        {
            if (Find(id) is not { } credential)
                return false;
            if (credential.Health.Status == CredentialStatus.Disabled)
                BringBack(credential, CredentialEventKind.Enabled);
            return true;
        }
    }

    /// <summary>Brings a credential back whatever it was out for, with a clean slate: no failures, no cool-downs.</summary>
    /// <returns><see langword="false"/> if it is not in the pool.</returns>
    public bool Revive(CredentialId id)
    {
        lock (_gate)
        {
            if (Find(id) is not { } credential)
                return false;
            Dismiss(credential, forget: true);
            BringBack(credential, CredentialEventKind.CameBack);
            return true;
        }
    }

    /// <summary>The key travels in the other place from now on, after that was seen to work.</summary>
    public void SetTransport(CredentialId id, KeyTransport transport)
    {
        lock (_gate)
        {
            if (Find(id) is not { } credential || credential.Transport == transport)
                return;
            credential.Transport = transport;
            _events.Add(_time.GetUtcNow(), credential, CredentialEventKind.TransportChanged);
        }
    }

    /// <summary>Credentials that are out or stopped and whose re-check is due, the longest due first.</summary>
    /// <param name="max">At most so many.</param>
    public IReadOnlyList<CredentialId> DueForRecheck(int max)
    {
        var now = _time.GetUtcNow();
        return [.. Credentials()
            .Where(credential => credential.Health.NextRecheckAt <= now)
            .OrderBy(static credential => credential.Health.NextRecheckAt)
            .Take(max)
            .Select(static credential => credential.Id)];
    }

    /// <summary>Tells what a check by a free call found, at start, on schedule or on demand.</summary>
    /// <param name="id">Which credential was checked.</param>
    /// <param name="fault">
    /// <see langword="null"/>: it works. A fault of quota or model proves the key too. A fault of the key keeps or puts it out.
    /// Any other changes nothing: a broken network says nothing about keys.
    /// </param>
    public void RecordCheck(CredentialId id, Fault? fault)
    {
        lock (_gate)
        {
            if (Find(id) is not { } credential)
                return;
            var works = fault is null || fault.Owner is FaultOwner.ProjectModel or FaultOwner.Model;
            var isOut = credential.Health.Status is CredentialStatus.Out or CredentialStatus.Stopped;
            if (works && isOut)
                BringBack(credential, CredentialEventKind.CameBack);
            else if (works)
                ResetFailures(credential);
            else if (isOut)
                PostponeRecheck(credential, fault!);
            else
                Penalise(credential, fault!, requestId: null);
        }
    }

    /// <summary>A lease was settled: whoever waits for a credential may look again. Raised on the settling thread, outside of all locks.</summary>
    public event EventHandler? Settled;

    internal void Settle(Lease lease, in AttemptReport report)
    {
        Book(lease, report);
        Settled?.Invoke(this, EventArgs.Empty);
    }

    private void Book(Lease lease, in AttemptReport report)
    {
        var credential = lease.Credential;
        credential.End(report.Outcome);
        lease.Lane.Settle(lease, report, NowTicks);
        if (_signs.HasFound)
            JoinFound();
        if (report.Fault?.Project is { } number)
            NoteProject(credential, number);
        switch (report.Outcome)
        {
            case AttemptOutcome.Succeeded:
                if (lease.Lane.OverloadedAt != 0)
                    lease.Lane.OverloadedAt = 0;
                if (credential.Health.ConsecutiveFailures > 0)
                {
                    lock (_gate)
                        ResetFailures(credential);
                }
                break;
            case AttemptOutcome.Failed when report.Fault!.Effect is FaultEffect.CountFailure or FaultEffect.PutOut or FaultEffect.StopUntilRecheck:
                lock (_gate)
                    Penalise(credential, report.Fault, lease.RequestId);
                break;
        }
    }

    private void Penalise(Credential credential, Fault fault, string? requestId)
    {
        var health = credential.Health;
        if (health.Status != CredentialStatus.Usable)
            return; // attempts that were running when it went out add nothing
        var now = _time.GetUtcNow();
        var failed = health with { ConsecutiveFailures = health.ConsecutiveFailures + 1, Reason = fault.Reason, Message = fault.Message };
        var maxFailures = _options.MaxFailures;
        switch (fault.Effect)
        {
            case FaultEffect.CountFailure when maxFailures <= 0 || failed.ConsecutiveFailures < maxFailures:
                credential.Health = failed;
                break;
            case FaultEffect.CountFailure or FaultEffect.PutOut:
                TakeOut(credential, failed with { Status = CredentialStatus.Out, Since = now, NextRecheckAt = RecheckAt(now, 0) }, CredentialEventKind.WentOut, requestId);
                break;
            case FaultEffect.StopUntilRecheck:
                TakeOut(credential, failed with { Status = CredentialStatus.Stopped, Since = now, NextRecheckAt = RecheckAt(now, 0) }, CredentialEventKind.Stopped, requestId);
                break;
        }
    }

    private void PostponeRecheck(Credential credential, Fault fault)
    {
        var health = credential.Health;
        var now = _time.GetUtcNow();
        if (fault.Owner != FaultOwner.Key)
        {
            credential.Health = health with { NextRecheckAt = RecheckAt(now, health.FailedRechecks) };
            return;
        }
        var failed = health.FailedRechecks + 1;
        credential.Health = health with { FailedRechecks = failed, NextRecheckAt = RecheckAt(now, failed), Reason = fault.Reason, Message = fault.Message };
        if (fault.Reason != health.Reason)
            _events.Add(now, credential, CredentialEventKind.StillOut, fault.Reason, fault.Message);
    }

    private static void ResetFailures(Credential credential)
    {
        if (credential.Health is { Status: CredentialStatus.Usable, ConsecutiveFailures: > 0 } health)
            credential.Health = health with { ConsecutiveFailures = 0, Reason = null, Message = null };
    }

    private void TakeOut(Credential credential, CredentialHealth health, CredentialEventKind kind, string? requestId = null)
    {
        credential.Health = health;
        Dismiss(credential, forget: false);
        _events.Add(health.Since, credential, kind, health.Reason, health.Message, requestId);
    }

    private void BringBack(Credential credential, CredentialEventKind kind)
    {
        var now = _time.GetUtcNow();
        var reason = credential.Health.Reason;
        credential.Health = new CredentialHealth(CredentialStatus.Usable, now);
        Admit(credential);
        _events.Add(now, credential, kind, reason);
    }

    private DateTimeOffset? RecheckAt(DateTimeOffset now, int failedRechecks)
    {
        var interval = _options.RecheckInterval;
        if (interval <= TimeSpan.Zero)
            return null;
        const int enoughDoublings = 20; // of any interval above a tenth of a second
        var wait = interval * Math.Pow(2, Math.Min(failedRechecks, enoughDoublings));
        if (wait > KeyPoolOptions.LongestRecheckInterval && wait > interval)
            wait = interval > KeyPoolOptions.LongestRecheckInterval ? interval : KeyPoolOptions.LongestRecheckInterval;
        return now + (wait * (0.9 + (_random.NextDouble() * 0.2))); // keys that went out together shall not be checked together
    }

    private DateTimeOffset? NextRecheckAt()
    {
        DateTimeOffset? next = null;
        foreach (var credential in _table)
        {
            if (credential?.Health.NextRecheckAt is { } at && (next is null || at < next))
                next = at;
        }
        return next;
    }
}
