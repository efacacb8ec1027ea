using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Pollux.Responses;
using Pollux.Storage;

namespace Pollux.Tests.Storage;

/// <summary>Responses on disk: found by their caller alone, bounded in age and size, unreadable without the master key.</summary>
public sealed class ResponseArchiveTests : StoreFolder
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_response_is_found_by_its_caller_until_it_is_deleted_or_too_old()
    {
        (ResponseArchive archive, StoreWriter writer, _) = await StartAsync();
        StoredResponse made = Response(1, 100) with { PreviousId = "resp_before", Signatures = [new StoredSignature("call_1", "gemini-1", "c2ln"), new StoredSignature("msg_1", null, "c2ln")] };
        archive.Save(made, Noon.AddDays(1));

        StoredResponse? found = await archive.FindAsync("ann", made.Id, Noon, Cancellation); // though it was on its way only

        Assert.NotNull(found);
        Assert.Equal((made.Id, "resp_before", made.CreatedAt), (found.Id, found.PreviousId, found.CreatedAt));
        Assert.Equal(made.Signatures, found.Signatures);
        Assert.Equal(made.Body.ToArray(), found.Body.ToArray());
        Assert.Null(await archive.FindAsync("bob", made.Id, Noon, Cancellation));
        Assert.Null(await archive.FindAsync("ann", made.Id, Noon.AddDays(2), Cancellation));
        await archive.RemoveAsync("ann", made.Id, Cancellation);
        Assert.Null(await archive.FindAsync("ann", made.Id, Noon, Cancellation));
        await writer.StopAsync(Cancellation);
    }

    [Fact]
    public async Task What_is_too_old_is_swept_and_of_too_much_the_oldest()
    {
        (ResponseArchive archive, StoreWriter writer, Database database) = await StartAsync(maxBytes: 1_000_000);
        archive.Save(Response(0, 100), Noon.AddMinutes(-1));
        for (int i = 1; i <= 40; i++)
            archive.Save(Response(i, 100_000), Noon.AddMinutes(i));
        archive.Sweep(Noon);
        Assert.True(await writer.FlushAsync(Cancellation));

        long bytes = database.Read(static session => (long)session.Scalar("SELECT sum(bytes) FROM responses")!);
        Assert.InRange(bytes, 500_000, 1_000_000);
        Assert.Null(await archive.FindAsync("ann", Response(0, 1).Id, Noon.AddMinutes(-2), Cancellation));
        Assert.Null(await archive.FindAsync("ann", Response(1, 1).Id, Noon, Cancellation));
        Assert.NotNull(await archive.FindAsync("ann", Response(40, 1).Id, Noon, Cancellation));
        await writer.StopAsync(Cancellation);
    }

    [Fact]
    public async Task What_cannot_be_opened_is_as_good_as_none()
    {
        (ResponseArchive archive, StoreWriter writer, Database database) = await StartAsync();
        archive.Save(Response(1, 100), Noon.AddDays(1));
        Assert.True(await writer.FlushAsync(Cancellation));
        await writer.StopAsync(Cancellation);
        database.Write(static session => session.Execute("UPDATE responses SET record = x'0102'"));

        Assert.Null(await archive.FindAsync("ann", Response(1, 1).Id, Noon, Cancellation));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static StoredResponse Response(int number, int bytes) => new()
    {
        Id = $"resp_{number:d24}",
        Caller = "ann",
        CreatedAt = Noon.AddMinutes(number),
        Body = Encoding.UTF8.GetBytes(new string('x', bytes)),
        Input = "[]"u8.ToArray(),
    };

    private async Task<(ResponseArchive Archive, StoreWriter Writer, Database Database)> StartAsync(long maxBytes = long.MaxValue / 2)
    {
        Database database = Open();
        var writer = new StoreWriter(database, TimeProvider.System, NullLogger<StoreWriter>.Instance);
        await writer.StartAsync(Cancellation);
        return (new ResponseArchive(database, writer, Box(database), maxBytes, TimeProvider.System), writer, database);
    }
}
