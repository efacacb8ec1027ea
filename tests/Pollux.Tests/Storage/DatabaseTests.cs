using Microsoft.Data.Sqlite;
using Pollux.Storage;

namespace Pollux.Tests.Storage;

public sealed class DatabaseTests : StoreFolder
{
    private static readonly Migration[] TwoSteps =
    [
        new(1, "first", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)"),
        new(2, "second", "ALTER TABLE a ADD COLUMN y TEXT"),
    ];

    [Fact]
    public void A_fresh_database_has_the_present_schema()
    {
        Database database = Open();

        Assert.Equal(Migrations.Known.Select(static step => (long)step.Version), database.Read(static session => session.Query("SELECT version FROM schema_version ORDER BY version", static row => row.GetInt64(0))));
        Assert.Equal("wal", database.Read(static session => session.Scalar("PRAGMA journal_mode")));
        Assert.Equal(1L, database.Read(static session => session.Scalar("PRAGMA foreign_keys")));
        Assert.Equal(1L, database.Read(static session => session.Scalar("PRAGMA synchronous")));
    }

    [Fact]
    public void Known_steps_are_numbered_without_gaps() =>
        Assert.Equal(Enumerable.Range(1, Migrations.Known.Count), Migrations.Known.Select(static step => step.Version));

    [Fact]
    public void Opened_again_nothing_is_done_twice_and_what_is_missing_is_added()
    {
        Open([TwoSteps[0]]).Dispose();
        Open([TwoSteps[0]]).Dispose();

        Database database = Open(TwoSteps);

        Assert.Equal(1L, database.Read(static session => session.Scalar("SELECT count(*) FROM a WHERE y IS NULL")));
    }

    [Fact]
    public void A_step_that_fails_leaves_nothing_of_itself()
    {
        Open([TwoSteps[0]]).Dispose();

        Assert.Throws<StorageException>(() => Open([TwoSteps[0], new Migration(2, "broken", "ALTER TABLE a ADD COLUMN z TEXT; SELECT nonsense FROM nowhere")]));

        Database database = Open(TwoSteps);
        Assert.Equal(0L, database.Read(static session => session.Scalar("SELECT count(*) FROM pragma_table_info('a') WHERE name = 'z'")));
    }

    [Fact]
    public void A_database_of_a_newer_Pollux_is_refused_and_left_alone()
    {
        Open(TwoSteps).Dispose();

        StorageException fault = Assert.Throws<StorageException>(() => Open([TwoSteps[0]]));

        Assert.Contains("newer Pollux (schema 2; this one knows 1)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Folder);
        string text = string.Concat(Enumerable.Repeat("this is a letter, not a database\n", 100));
        File.WriteAllText(DatabasePath, text);

        StorageException fault = Assert.Throws<StorageException>(() => Open());

        Assert.Contains("is not a database", fault.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(DatabasePath));
    }

    [Fact]
    public void A_database_of_another_program_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Folder);
        using (SqliteConnection other = new($"Data Source={DatabasePath};Pooling=False"))
        {
            other.Open();
            Run(other, "CREATE TABLE cookies (x)");
        }

        StorageException fault = Assert.Throws<StorageException>(() => Open());

        Assert.Contains("another program", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_told()
    {
        File.WriteAllText(Folder, "a file where the folder should be");

        StorageException fault = Assert.Throws<StorageException>(() => Open());

        Assert.Contains("DATA_DIR", fault.Message, StringComparison.Ordinal);
        File.Delete(Folder);
    }

    [Fact]
    public void Only_its_owner_can_read_the_files()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        Open().Dispose();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(DatabasePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        Database database = Open();
        database.Write(static session => session.Execute("INSERT INTO schema_version VALUES (99, 'x', 0)"));

        string[] files = Directory.GetFiles(Folder);
        Assert.True(files.Length >= 2);
        Assert.All(files, static file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file)));
    }

    [Fact]
    public void A_reader_cannot_write()
    {
        Database database = Open();

        Assert.ThrowsAny<Exception>(() => database.Read(static session => session.Execute("DELETE FROM schema_version")));
    }

    [Fact]
    public void A_write_that_throws_leaves_nothing()
    {
        Database database = Open(TwoSteps);

        Assert.Throws<InvalidOperationException>(() => database.Write(static session =>
        {
            session.Execute("INSERT INTO a (x) VALUES ($1)", 2);
            throw new InvalidOperationException();
        }));

        Assert.Equal(1L, database.Read(static session => session.Scalar("SELECT count(*) FROM a")));
        database.Write(static session => session.Execute("INSERT INTO a (x) VALUES ($1)", 2)); // and the statement is usable again
    }
}
