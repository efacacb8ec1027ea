using Microsoft.Extensions.Logging.Abstractions;
using Pollux.Affinity;
using Pollux.Files;
using Pollux.KeyPool;
using Pollux.Settings;
using Pollux.Tests.Settings;
using Pollux.Tests.Time;

namespace Pollux.Tests.Files;

/// <summary>What is kept of uploads, and for how long.</summary>
[Trait("Feature", "GEM-3")]
public sealed class FileCopiesTests : IDisposable
{
    private const int Piece = 300 * 1024;

    private readonly string _data = Directory.CreateTempSubdirectory("pollux-copies-").FullName;
    private readonly ManualTimeProvider _clock = new();
    private readonly AffinityLedger _ledger;

    public FileCopiesTests() => _ledger = new AffinityLedger(_clock, new AffinityLedgerOptions());

    public void Dispose() => Directory.Delete(_data, recursive: true);

    public static bool HasModes => !OperatingSystem.IsWindows();

    private string Folder => Path.Combine(_data, "file-copies");

    [Fact]
    public async Task A_copy_is_what_was_uploaded_in_several_pieces()
    {
        FileCopies copies = Copies();
        CopyDraft draft = copies.Begin("u", 6)!;
        await PieceAsync(draft, 0, [1, 2, 3]);
        await PieceAsync(draft, 3, [4, 5, 6]);
        End(copies, "files/a", 6);

        Assert.Equal([1, 2, 3, 4, 5, 6], await BytesAsync(copies, "files/a"));
        Assert.Equal((6, 1), (copies.Bytes, Directory.GetFiles(Folder).Length));
    }

    [Fact]
    public async Task A_piece_that_broke_off_is_written_again_from_where_the_upstream_says()
    {
        FileCopies copies = Copies();
        CopyDraft draft = copies.Begin("u", 6)!;
        await PieceAsync(draft, 0, [1, 2, 9, 9, 9, 9, 9], isAccepted: false);
        await PieceAsync(draft, 2, [3, 4]);
        End(copies, "files/a", 4);

        Assert.Equal([1, 2, 3, 4], await BytesAsync(copies, "files/a"));
        Assert.Equal(4, copies.Bytes);
    }

    [Theory]
    [InlineData("a gap")]
    [InlineData("a gap later")]
    [InlineData("too few bytes")]
    [InlineData("too many bytes")]
    [InlineData("nothing at all")]
    [InlineData("written over and refused")]
    [InlineData("two pieces at once")]
    public async Task What_is_not_whole_is_no_copy(string how)
    {
        FileCopies copies = Copies();
        await SpoilAsync(copies.Begin("u", 4)!, how);
        End(copies, "files/a", 4);

        Assert.False(copies.Has("files/a"));
        Assert.Equal((0, 0), (copies.Bytes, Directory.Exists(Folder) ? Directory.GetFiles(Folder).Length : 0));
        Assert.NotNull(copies.Begin("u", 4));
    }

    [Fact]
    public async Task Where_there_is_no_room_the_oldest_use_goes_first()
    {
        FileCopies copies = Copies();
        foreach (string name in (string[])["files/a", "files/b", "files/c"])
            await KeepAsync(copies, name, Piece);
        await BytesAsync(copies, "files/a"); // a use
        await KeepAsync(copies, "files/d", Piece);

        Assert.Equal((true, false, true, true), (copies.Has("files/a"), copies.Has("files/b"), copies.Has("files/c"), copies.Has("files/d")));
        Assert.Equal((3 * Piece, 3), (copies.Bytes, Directory.GetFiles(Folder).Length));
    }

    [Fact]
    public async Task What_is_larger_than_the_room_is_not_kept()
    {
        FileCopies copies = Copies();
        Assert.Null(copies.Begin("told", (1024 * 1024) + 1));
        await KeepAsync(copies, "files/a", (1024 * 1024) + 1, told: null);

        Assert.False(copies.Has("files/a"));
        Assert.Equal((0, 0), (copies.Bytes, Directory.GetFiles(Folder).Length));
    }

    [Fact]
    public void Switched_off_nothing_is_kept()
    {
        FileCopies copies = Copies("0");
        Assert.Null(copies.Begin("u", 1));
        copies.Sweep();
        copies.Restore();
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task A_copy_goes_with_its_file()
    {
        FileCopies copies = Copies();
        foreach (string name in (string[])["files/deleted", "files/forgotten", "files/over", "files/here"])
            await KeepAsync(copies, name, 10, life: name == "files/over" ? TimeSpan.FromHours(1) : TimeSpan.FromHours(48));

        copies.Drop("files/deleted");
        _ledger.Forget("files/forgotten");
        _clock.Advance(TimeSpan.FromHours(2));
        copies.Sweep();

        Assert.Equal((false, false, false, true), (copies.Has("files/deleted"), copies.Has("files/forgotten"), copies.Has("files/over"), copies.Has("files/here")));
        Assert.Equal((10, 1), (copies.Bytes, Directory.GetFiles(Folder).Length));
    }

    [Fact]
    public async Task An_upload_that_rests_for_an_hour_has_no_copy_any_more()
    {
        FileCopies copies = Copies();
        await PieceAsync(copies.Begin("u", 6)!, 0, [1, 2, 3]);
        _clock.Advance(TimeSpan.FromMinutes(61));
        copies.Sweep();

        Assert.Null(copies.DraftOf("u"));
        Assert.Equal((0, 0), (copies.Bytes, Directory.GetFiles(Folder).Length));
    }

    [Fact]
    public async Task A_restart_keeps_what_the_ledger_knows_and_empties_the_folder_of_the_rest()
    {
        FileCopies before = Copies();
        foreach (string name in (string[])["files/a", "files/b", "files/c"])
            await KeepAsync(before, name, 10);
        await PieceAsync(before.Begin("u", 6)!, 0, [1, 2, 3]); // never to be ended
        _ledger.Forget("files/b");
        await File.WriteAllTextAsync(Path.Combine(Folder, "notes.txt"), "not ours", TestContext.Current.CancellationToken);

        FileCopies after = Copies();
        after.Restore();

        Assert.Equal((true, false, true), (after.Has("files/a"), after.Has("files/b"), after.Has("files/c")));
        Assert.Equal((20, 3), (after.Bytes, Directory.GetFiles(Folder).Length));
        Assert.Equal(new byte[10], await BytesAsync(after, "files/a"));

        Copies("0").Restore(); // switched off since
        Assert.Equal("notes.txt", Path.GetFileName(Assert.Single(Directory.GetFiles(Folder))));
    }

    [Fact]
    public async Task A_copy_that_somebody_cut_is_not_used()
    {
        FileCopies copies = Copies();
        await KeepAsync(copies, "files/a", 10);
        await File.WriteAllBytesAsync(Assert.Single(Directory.GetFiles(Folder)), [1], TestContext.Current.CancellationToken);

        Assert.False(copies.TryOpen("files/a", out _));
        Assert.False(copies.Has("files/a"));
    }

    [Theory(Skip = "There are no modes of files here.", SkipUnless = nameof(HasModes))]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_the_gateways_user_may_look(bool wasOpen)
    {
        if (wasOpen)
            Directory.CreateDirectory(Folder);
        await KeepAsync(Copies(), "files/a", 10);

#pragma warning disable CA1416 // skipped there
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(Folder))));
#pragma warning restore CA1416
    }

    private static async Task SpoilAsync(CopyDraft draft, string how)
    {
        switch (how)
        {
            case "a gap":
                await PieceAsync(draft, 1, [2, 3, 4]);
                break;
            case "a gap later":
                await PieceAsync(draft, 0, [1]);
                await PieceAsync(draft, 2, [3, 4, 5]);
                break;
            case "too few bytes":
                await PieceAsync(draft, 0, [1, 2]);
                break;
            case "too many bytes":
                await PieceAsync(draft, 0, [1, 2, 3, 4, 5]);
                break;
            case "written over and refused":
                await PieceAsync(draft, 0, [1, 2, 3, 4]);
                await PieceAsync(draft, 0, [9, 9, 9, 9], isAccepted: false);
                break;
            case "two pieces at once":
                Assert.True(draft.Enter(0));
                await draft.WriteAsync(new byte[] { 1, 2, 3, 4 });
                Assert.False(draft.Enter(0));
                draft.Leave(isAccepted: true);
                break;
        }
    }

    private static async Task PieceAsync(CopyDraft draft, long offset, byte[] bytes, bool isAccepted = true)
    {
        if (!draft.Enter(offset))
            return;
        await draft.WriteAsync(bytes);
        draft.Leave(isAccepted);
    }

    private static async Task<byte[]> BytesAsync(FileCopies copies, string name)
    {
        Assert.True(copies.TryOpen(name, out OpenCopy? open));
        using (open)
        {
            byte[] bytes = new byte[open.Copy.Note.Size];
            await open.Bytes.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
            return bytes;
        }
    }

    private async Task KeepAsync(FileCopies copies, string name, int size, long? told = 0, TimeSpan? life = null)
    {
        await PieceAsync(copies.Begin("u", told)!, 0, new byte[size]);
        End(copies, name, size, life);
    }

    private void End(FileCopies copies, string name, long size, TimeSpan? life = null)
    {
        var resource = new RemoteResource(name, ResourceKind.File, new CredentialId(1), "ann", _clock.GetUtcNow() + (life ?? TimeSpan.FromHours(48)));
        _ledger.Remember(resource);
        copies.End("u", UploadedFile.Read(System.Text.Encoding.UTF8.GetBytes($$"""{"name":"{{name}}","sizeBytes":"{{size}}","state":"ACTIVE"}""")), resource);
    }

    private FileCopies Copies(string megabytes = "1")
    {
        var settings = new SettingsHolder(SettingsFixture.Load(null, ("FILES_KEEP_COPIES_MB", megabytes), ("DATA_DIR", _data)).Settings);
        return new FileCopies(_ledger, new CopyFolder(settings, NullLogger<CopyFolder>.Instance), settings, _clock);
    }
}
