using Pollux.KeyPool;

namespace Pollux.Tests.KeyPool;

public sealed class KeyPoolStoredTests
{
    [Fact]
    public void A_credential_comes_back_as_it_was_left()
    {
        var fixture = new PoolFixture(0);
        DateTimeOffset due = fixture.Now.AddMinutes(10);
        var dead = new CredentialHealth(CredentialStatus.Out, fixture.Now.AddDays(-1), 3, FaultReason.ApiKeyInvalid, "words", due, 2);
        var disabled = new CredentialHealth(CredentialStatus.Disabled, fixture.Now.AddDays(-2));
        var usable = new CredentialHealth(CredentialStatus.Usable, fixture.Now.AddDays(-3), 1);

        KeyImport import = fixture.Pool.AddKnown(
        [
            new KnownCredential(PoolFixture.Key(1), dead), new KnownCredential(PoolFixture.Key(2), disabled), new KnownCredential(PoolFixture.Key(3), usable),
            new KnownCredential(PoolFixture.Key(1), usable), new KnownCredential(new KeyEntry("your_api_key"), usable),
        ]);

        Assert.Equal([KeyImportVerdict.Added, KeyImportVerdict.Added, KeyImportVerdict.Added, KeyImportVerdict.Duplicate, KeyImportVerdict.Placeholder], import.Lines.Select(static line => line.Verdict));
        Assert.Equal([dead, disabled, usable], fixture.Pool.Credentials().Select(static credential => credential.Health));
        Assert.Equal([3, 3], fixture.Serve(2));
        Assert.Empty(fixture.Pool.EventsAfter(0));
        fixture.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal([PoolFixture.Id(1)], fixture.Pool.DueForRecheck(10));
        fixture.Pool.RecordCheck(PoolFixture.Id(1), null);
        Assert.Contains(1, fixture.Serve(4));
    }
}
