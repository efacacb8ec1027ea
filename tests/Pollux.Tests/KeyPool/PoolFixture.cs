using Pollux.KeyPool;
using Pollux.Tests.Time;
using Pool = Pollux.KeyPool.KeyPool;

namespace Pollux.Tests.KeyPool;

/// <summary>A pool of made-up keys under a manual clock, and the faults tests need most.</summary>
internal sealed class PoolFixture
{
    public const string Flash = "gemini-3.8-flash";
    public const string Pro = "gemini-3.1-pro";

    public PoolFixture(int keys, KeyPoolOptions? options = null)
    {
        Pool = new Pool(Clock, new Random(42), options ?? new KeyPoolOptions());
        Pool.Add(Enumerable.Range(1, keys).Select(Key));
    }

    public ManualTimeProvider Clock { get; } = new();

    public Pool Pool { get; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    public static CredentialId Id(int number) => new(number);

    public static KeyEntry Key(int number) => new($"AQ.test-{number:D8}-abcdefghijkl");

    public static Fault Fault(FaultOwner owner, FaultReason reason, FaultEffect effect, TimeSpan? retryAfter = null) =>
        new() { Owner = owner, Reason = reason, Effect = effect, Retry = RetryScope.AnotherKey, RetryAfter = retryAfter, Message = $"upstream says {reason}" };

    public static Fault Minute(double seconds = 48) => Fault(FaultOwner.ProjectModel, FaultReason.QuotaMinute, FaultEffect.CoolDown, TimeSpan.FromSeconds(seconds));

    public static Fault Day() => Fault(FaultOwner.ProjectModel, FaultReason.QuotaDay, FaultEffect.CoolDownUntilDayEnd);

    public static Fault NotEntitled() => Fault(FaultOwner.ProjectModel, FaultReason.NotEntitled, FaultEffect.ParkForDay);

    public static Fault Invalid() => Fault(FaultOwner.Key, FaultReason.ApiKeyInvalid, FaultEffect.PutOut);

    public static Fault Refused() => Fault(FaultOwner.Key, FaultReason.CredentialRefused, FaultEffect.CountFailure);

    public static Fault Unpaid() => Fault(FaultOwner.Key, FaultReason.BillingStopped, FaultEffect.StopUntilRecheck);

    public static Fault Network() => FaultAttribution.FromTransport(TransportFault.ConnectFailed);

    public Lease Lease(string model = Flash, CredentialId? affinity = null, AttemptedCredentials? exclude = null)
    {
        Assert.True(Pool.TryLease(new LeaseRequest(model, 0, affinity, exclude), out var lease, out var refusal), refusal.ToString());
        return lease;
    }

    public LeaseRefusal Refusal(string model = Flash, AttemptedCredentials? exclude = null)
    {
        Assert.False(Pool.TryLease(new LeaseRequest(model, 0, null, exclude), out var lease, out var refusal), lease?.Credential.Label);
        return refusal;
    }

    /// <summary>Leases this very credential and settles with the fault.</summary>
    public void Fail(int number, Fault fault, string model = Flash)
    {
        var lease = Lease(model, Id(number));
        Assert.Equal(Id(number), lease.Credential.Id);
        lease.Settle(AttemptReport.Failure(fault));
    }

    public void Succeed(int number, string model = Flash) => Lease(model, Id(number)).Settle(AttemptReport.Success(default));

    /// <summary>The numbers of the next leases, each settled before the next.</summary>
    public int[] Serve(int times, string model = Flash)
    {
        var served = new int[times];
        for (var i = 0; i < times; i++)
        {
            using var lease = Lease(model);
            served[i] = lease.Credential.Id.Value;
        }
        return served;
    }
}
