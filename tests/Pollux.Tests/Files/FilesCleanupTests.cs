using Microsoft.Extensions.Logging.Abstractions;
using Pollux.Affinity;
using Pollux.Files;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Tests.Settings;
using Pollux.Tests.Time;

namespace Pollux.Tests.Files;

/// <summary>What expired is forgotten.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FilesCleanupTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void What_expired_is_forgotten_and_nothing_else()
    {
        AffinityLedger ledger = Ledger();
        using FilesCleanup cleanup = Cleanup(ledger, "true");
        Assert.Equal(0, cleanup.Run());

        _clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal((1, 1), (cleanup.Run(), ledger.Count));
    }

    [Fact]
    public async Task Switched_off_it_does_nothing()
    {
        AffinityLedger ledger = Ledger();
        using FilesCleanup cleanup = Cleanup(ledger, "false");
        await cleanup.StartAsync(TestContext.Current.CancellationToken);
        await cleanup.ExecuteTask!.WaitAsync(TestContext.Current.CancellationToken); // it has no timer to wait for

        Assert.Equal(2, ledger.Count);
    }

    private AffinityLedger Ledger()
    {
        var ledger = new AffinityLedger(_clock, new AffinityLedgerOptions());
        ledger.Remember(new RemoteResource("files/short", ResourceKind.File, new CredentialId(1), "ann", _clock.GetUtcNow().AddMinutes(90)));
        ledger.Remember(new RemoteResource("files/long", ResourceKind.File, new CredentialId(1), "ann", _clock.GetUtcNow().AddHours(48)));
        return ledger;
    }

    private FilesCleanup Cleanup(AffinityLedger ledger, string enabled) =>
        new(ledger, new SettingsHolder(SettingsFixture.Load(null, ("FILES_CLEANUP_ENABLED", enabled)).Settings), _clock, NullLogger<FilesCleanup>.Instance);
}
