using Microsoft.Extensions.Logging.Abstractions;
using Pollux.Pictures;
using Pollux.Settings;

namespace Pollux.Tests.Pictures;

/// <summary>IMG-1: what the own stores keep and what they let go.</summary>
public sealed class OwnStoreTests
{
    private const int Half = 512 * 1024;

    [Theory]
    [InlineData("MEMORY_MAX_IMAGE_NUMBER", "2", "1 2")]
    [InlineData("MEMORY_MAX_IMAGE_SIZE_MB", "1", "1 2")]
    [InlineData("MEMORY_MAX_IMAGE_SIZE_MB", "0", "0 1 2")] // the built-in ceiling
    public async Task In_memory_the_oldest_make_room(string setting, string value, string left)
    {
        using var fixture = new PictureFixture((setting, value));
        PictureName[] names = [await fixture.SaveAsync(fixture.Memory, Half), await fixture.SaveAsync(fixture.Memory, Half), await fixture.SaveAsync(fixture.Memory, Half)];

        Assert.Equal(left, PictureFixture.Left(fixture.Memory, names));
        Assert.Equal((left.Split(' ').Length, (long)left.Split(' ').Length * Half), (fixture.Memory.Count, fixture.Memory.Bytes));
    }

    [Fact]
    public async Task A_picture_larger_than_the_memory_for_all_pushes_none_out()
    {
        using var fixture = new PictureFixture(("MEMORY_MAX_IMAGE_SIZE_MB", "1"));
        PictureName small = await fixture.SaveAsync(fixture.Memory, 10);

        await Assert.ThrowsAsync<PictureStoreException>(() => fixture.SaveAsync(fixture.Memory, (2 * Half) + 1));

        Assert.Equal("0", PictureFixture.Left(fixture.Memory, [small]));
    }

    [Fact]
    public async Task What_is_deleted_takes_no_place_in_memory()
    {
        using var fixture = new PictureFixture(("MEMORY_MAX_IMAGE_NUMBER", "2"));
        PictureName[] names = [await fixture.SaveAsync(fixture.Memory, 1), await fixture.SaveAsync(fixture.Memory, 1)];

        Assert.True(await fixture.Memory.DeleteAsync(names[0], PictureFixture.Cancellation));
        Assert.False(await fixture.Memory.DeleteAsync(names[0], PictureFixture.Cancellation));
        names = [.. names, await fixture.SaveAsync(fixture.Memory, 1)];

        Assert.Equal("1 2", PictureFixture.Left(fixture.Memory, names));
    }

    [Theory]
    [InlineData("LOCAL_MAX_IMAGE_NUMBER", "2", "2 3")]
    [InlineData("LOCAL_MAX_IMAGE_SIZE_MB", "1", "2 3")]
    [InlineData("LOCAL_MAX_IMAGE_NUMBER", "0", "0 1 2 3")]
    [InlineData("LOCAL_MAX_IMAGE_DAYS", "1", "3")]
    [InlineData("LOCAL_MAX_IMAGE_DAYS", "0", "0 1 2 3")]
    public async Task In_the_folder_the_oldest_go_at_a_cleaning(string setting, string value, string left)
    {
        using var fixture = new PictureFixture((setting, value));
        List<PictureName> names = [];
        for (int i = 0; i < 3; i++)
            names.Add(await fixture.SaveAsync(fixture.Local, Half));
        fixture.Clock.Advance(TimeSpan.FromHours(25));
        names.Add(await fixture.SaveAsync(fixture.Local, Half));
        Assert.Equal("0 1 2 3", PictureFixture.Left(fixture.Local, names));

        int deleted = fixture.Local.Clean();

        Assert.Equal(left, PictureFixture.Left(fixture.Local, names));
        Assert.Equal(4 - left.Split(' ').Length, deleted);
        Assert.False(fixture.Local.IsFull);
    }

    [Theory]
    [InlineData("LOCAL_MAX_IMAGE_NUMBER", "2")]
    [InlineData("LOCAL_MAX_IMAGE_SIZE_MB", "1")]
    public async Task The_folder_is_full_above_its_bound_and_not_at_it(string setting, string value)
    {
        using var fixture = new PictureFixture((setting, value));
        await fixture.SaveAsync(fixture.Local, Half);
        fixture.Local.Clean();
        await fixture.SaveAsync(fixture.Local, Half);
        Assert.False(fixture.Local.IsFull);

        await fixture.SaveAsync(fixture.Local, Half);

        Assert.True(fixture.Local.IsFull);
    }

    [Fact]
    public async Task Cleaning_touches_no_file_of_others_and_takes_away_what_was_never_finished()
    {
        using var fixture = new PictureFixture(("LOCAL_MAX_IMAGE_NUMBER", "1"), ("LOCAL_MAX_IMAGE_DAYS", "1"));
        string foreign = Path.Combine(fixture.Folder, "holiday.png"), half = Path.Combine(fixture.Folder, PictureName.New("image/png") + ".part");
        await File.WriteAllTextAsync(foreign, "", PictureFixture.Cancellation);
        await File.WriteAllTextAsync(half, "", PictureFixture.Cancellation);
        File.SetLastWriteTimeUtc(half, fixture.Clock.GetUtcNow().UtcDateTime);
        File.SetLastWriteTimeUtc(foreign, fixture.Clock.GetUtcNow().UtcDateTime);

        fixture.Local.Clean();
        Assert.True(File.Exists(half));
        fixture.Clock.Advance(TimeSpan.FromDays(9));
        fixture.Local.Clean();

        Assert.False(File.Exists(half));
        Assert.True(File.Exists(foreign));
    }

    [Fact]
    public async Task The_background_cleans_at_the_start_and_soon_after_too_much_came()
    {
        using var fixture = new PictureFixture(("LOCAL_MAX_IMAGE_NUMBER", "1"));
        PictureName[] names = [await fixture.SaveAsync(fixture.Local, 1), await fixture.SaveAsync(fixture.Local, 1)];
        using var cleaning = new PictureCleaning(fixture.Local, fixture.Clock, NullLogger<PictureCleaning>.Instance);

        await cleaning.StartAsync(PictureFixture.Cancellation);
        await UntilAsync(fixture, () => PictureFixture.Left(fixture.Local, names) == "1");
        names = [.. names, await fixture.SaveAsync(fixture.Local, 1)];
        await UntilAsync(fixture, () => PictureFixture.Left(fixture.Local, names) == "2");

        await cleaning.StopAsync(PictureFixture.Cancellation);
    }

    [Fact]
    public async Task A_new_folder_in_the_settings_is_used_at_once()
    {
        using var fixture = new PictureFixture();
        string other = Path.Combine(fixture.Folder, "other");
        PolluxSettings now = fixture.Settings.Current;
        fixture.Settings.Current = now with { Pictures = now.Pictures with { Local = now.Pictures.Local with { Folder = other } } };

        PictureName name = await fixture.SaveAsync(fixture.Local, 1);

        Assert.Equal([Path.Combine(other, name.Text)], Directory.GetFiles(other));
    }

    /// <summary>Lets the clock go on until the background has done what is awaited.</summary>
    private static async Task UntilAsync(PictureFixture fixture, Func<bool> done)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(PictureFixture.Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (!done())
        {
            deadline.Token.ThrowIfCancellationRequested();
            fixture.Clock.Advance(PictureCleaning.Tick);
            await Task.Yield();
        }
    }
}
