using Microsoft.Data.Sqlite;
using Pollux.KeyPool;
using Pollux.Storage;

namespace Pollux.Tests.Storage;

/// <summary>A data folder of its own for each test, and what is opened in it.</summary>
public abstract class StoreFolder : IDisposable
{
    internal const string MasterKeyText = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    private readonly List<IDisposable> _opened = [];

    protected string Folder { get; } = Path.Combine(Directory.CreateTempSubdirectory("pollux-store-").FullName, "data");

    internal string DatabasePath => Path.Combine(Folder, Database.FileName);

    public void Dispose()
    {
        foreach (IDisposable opened in Enumerable.Reverse(_opened))
            opened.Dispose();
        Directory.Delete(Path.GetDirectoryName(Folder)!, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal Database Open(IReadOnlyList<Migration>? steps = null) => Own(Database.Open(Folder, TimeProvider.System, TimeSpan.FromSeconds(1), steps));

    internal SecretBox Box(Database database, string? masterKey = MasterKeyText) =>
        Own(MasterKey.Unlock(database, masterKey is null ? null : new SecretText(masterKey), Folder, TimeProvider.System));

    internal static StoredKeyImport Import(KeyStore store, IReadOnlyList<KeyEntry> entries, KeyOrigin origin, bool dryRun = false, IProgress<int>? progress = null) =>
        store.Import(entries, origin, dryRun, progress, TestContext.Current.CancellationToken);

    internal T Own<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    /// <summary>A connection beside the gateway's: another program.</summary>
    internal SqliteConnection Stranger()
    {
        var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False;Default Timeout=1");
        connection.Open();
        return Own(connection);
    }

    internal static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // the tests' own
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
