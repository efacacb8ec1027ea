using Microsoft.Extensions.Logging.Abstractions;
using Pollux.KeyPool;
using Pollux.Storage;

namespace Pollux.Tests.Storage;

public sealed class PoolRecordStoreTests : StoreFolder
{
    private static readonly DateTimeOffset At = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly Database _database;
    private readonly StoreWriter _writer;

    public PoolRecordStoreTests()
    {
        _database = Open();
        _writer = new StoreWriter(_database, TimeProvider.System, NullLogger<StoreWriter>.Instance);
    }

    [Fact]
    public async Task Events_come_newest_first_page_by_page()
    {
        var events = new CredentialEventStore(_database, _writer);
        for (int i = 1; i <= 7; i++)
            events.Append(new CredentialEventRow(0, At.AddSeconds(i), i % 2, $"label{i}", "WentOut", "ApiKeyInvalid", "words", "req-1"));
        await FlushAsync();

        Assert.Equal([7L, 6, 5], events.Page(null, 3).Select(static row => row.Sequence));
        Assert.Equal([4L, 3, 2], events.Page(5, 3).Select(static row => row.Sequence));
        Assert.Equal([6L, 4], events.Page(null, 2, credentialId: 0).Select(static row => row.Sequence));
        Assert.Equal(new CredentialEventRow(7, At.AddSeconds(7), 1, "label7", "WentOut", "ApiKeyInvalid", "words", "req-1"), events.Page(null, 1)[0]);
    }

    [Fact]
    public async Task Events_are_bounded_by_age_and_count()
    {
        var events = new CredentialEventStore(_database, _writer);
        for (int i = 1; i <= 10; i++)
            events.Append(new CredentialEventRow(0, At.AddMinutes(i), 1, "label", "WentOut"));
        events.Trim(At.AddMinutes(4), keep: 100);
        await FlushAsync();
        Assert.Equal([10L, 9, 8, 7, 6, 5, 4], events.Page(null, 100).Select(static row => row.Sequence));

        events.Trim(At, keep: 3);
        await FlushAsync();
        Assert.Equal([10L, 9, 8], events.Page(null, 100).Select(static row => row.Sequence));

        events.Trim(At.AddDays(1), keep: 3);
        events.Append(new CredentialEventRow(0, At, 1, "label", "CameBack"));
        await FlushAsync();
        Assert.Equal([11L], events.Page(null, 100).Select(static row => row.Sequence)); // numbers go on
    }

    [Fact]
    public async Task Quota_cells_come_back_as_they_were_saved_last()
    {
        var cells = new QuotaStore(_database, _writer);
        var full = new QuotaCellRow
        {
            Project = "p",
            Model = "gemini-3.5-flash",
            Day = "2026-11-21",
            RequestsDay = 12,
            TokensDay = 3_000_000_000,
            Rpm = new StoredLimit(10, "learned", At),
            Tpm = new StoredLimit(250_000, "set"),
            Rpd = new StoredLimit(0, "learned", At),
            BlockedUntil = At.AddHours(3),
            BlockedBy = "PerDay",
            State = """{"x":1}""",
        };
        var bare = new QuotaCellRow { Project = "p", Model = "gemini-3.5-pro", Day = "2026-11-20" };
        cells.Save(full with { RequestsDay = 11 });
        cells.Save(full);
        cells.Save(bare);
        cells.Save(bare with { Model = "gone" });
        Assert.Equal(3, _writer.Waiting);
        await FlushAsync();
        cells.Remove("p", "gone");
        await FlushAsync();

        Assert.Equal([full, bare], cells.LoadAll());
    }

    [Fact]
    public async Task Project_links_are_kept_per_source_and_go_with_their_credential()
    {
        var keys = new KeyStore(_database, Box(_database), TimeProvider.System);
        Import(keys, [new KeyEntry("AQ.first-key-of-this-test"), new KeyEntry("AQ.second-key-of-this-test")], KeyOrigin.Imported);
        var links = new ProjectLinkStore(_database, _writer);
        var number = new ProjectLinkRow(1, "123456", "number", """{"request":"a"}""", At);
        links.Save(number with { Project = "older" });
        links.Save(number);
        links.Save(number with { Source = "correlated" });
        links.Save(number with { CredentialId = 2 });
        links.Save(number with { CredentialId = 99 }); // deleted meanwhile
        await FlushAsync();
        Assert.Equal([number with { Source = "correlated" }, number, number with { CredentialId = 2 }], links.LoadAll());

        links.Remove(1, "correlated");
        keys.Delete([2]);
        await FlushAsync();

        Assert.Equal([number], links.LoadAll());
        Assert.Equal(0, _writer.Dropped);
    }

    private async Task FlushAsync()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        if (_writer.Written == 0)
            await _writer.StartAsync(cancellation);
        Assert.True(await _writer.FlushAsync(cancellation));
    }
}
