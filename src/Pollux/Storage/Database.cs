using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Pollux.Storage;

/// <summary>
/// The SQLite file of this installation: one connection that writes, a few that read. Writers wait for each other at a lock,
/// readers wait for nobody (write-ahead log). A committed transaction survives the death of the process; the last ones may
/// be lost, never torn, when the machine itself goes down. Thread-safe.
/// </summary>
internal sealed class Database : IDisposable
{
    /// <summary>The file's name in <c>DATA_DIR</c>.</summary>
    public const string FileName = "pollux.db";

    private const int MaxIdleReaders = 4;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan DefaultBusyTimeout = TimeSpan.FromSeconds(5);

    // Result codes of SQLite: https://www.sqlite.org/rescode.html
    private const int Perm = 3, Busy = 5, Locked = 6, NoMemory = 7, ReadOnly = 8, InputOutput = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    private readonly TimeSpan _busyTimeout;
    private readonly Lock _writing = new();
    private readonly ConcurrentBag<SqlSession> _idleReaders = [];
    private readonly SqlSession _writer;
    private volatile bool _disposed;

    private Database(string path, SqlSession writer, TimeSpan busyTimeout)
    {
        FilePath = path;
        _writer = writer;
        _busyTimeout = busyTimeout;
    }

    /// <summary>Where the file is.</summary>
    public string FilePath { get; }

    /// <summary>Opens the database and brings it to the present schema; makes it if it is not there, readable by its owner only.</summary>
    /// <param name="folder"><c>DATA_DIR</c>; made if it is not there.</param>
    /// <param name="clock">For the notes about migrations.</param>
    /// <param name="busyTimeout">How long a call waits for another process that writes; whole seconds, default 5.</param>
    /// <param name="steps">The schema; default: the one of this Pollux.</param>
    /// <exception cref="StorageException">It cannot be used; the message says why and what to do.</exception>
    public static Database Open(string folder, TimeProvider clock, TimeSpan? busyTimeout = null, IReadOnlyList<Migration>? steps = null)
    {
        string path = Path.Combine(folder, FileName);
        TimeSpan patience = busyTimeout ?? DefaultBusyTimeout;
        SqlSession? writer = null;
        try
        {
            Directory.CreateDirectory(folder);
            MakePrivate(path);
            SQLitePCL.Batteries_V2.Init();
            writer = Connect(path, patience);
            Migrations.Apply(writer, steps ?? Migrations.Known, clock, path);
            writer.Scalar("PRAGMA journal_mode = WAL");
            return new Database(path, writer, patience);
        }
        catch (Exception fault)
        {
            writer?.Dispose();
            if (fault is SqliteException refusal)
                throw new StorageException(Explain(refusal, path), refusal);
            if (fault is IOException or UnauthorizedAccessException)
                throw new StorageException($"{path} cannot be written. Make DATA_DIR a folder that Pollux may write to, or set KEY_STORAGE_MODE=memory.", fault);
            throw;
        }
    }

    /// <summary>Writes in one transaction; waits for its turn.</summary>
    public void Write(Action<SqlSession> work)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _writer.InTransaction(work);
        }
    }

    /// <summary>Reads what is committed now.</summary>
    public T Read<T>(Func<SqlSession, T> work)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_idleReaders.TryTake(out SqlSession? reader))
        {
            reader = Connect(FilePath, _busyTimeout);
            reader.Script("PRAGMA query_only = ON");
        }

        bool sound = false;
        try
        {
            T result = work(reader);
            sound = true;
            return result;
        }
        finally
        {
            if (sound && !_disposed && _idleReaders.Count < MaxIdleReaders)
                _idleReaders.Add(reader);
            else
                reader.Dispose();
        }
    }

    /// <summary>Whether a failure is of the place and may pass (locked, full, unreachable), other than one of the write itself.</summary>
    public static bool MayPass(Exception fault) =>
        fault is IOException || (fault is SqliteException refusal && refusal.SqliteErrorCode is Perm or Busy or Locked or NoMemory or ReadOnly or InputOutput or Full or CannotOpen);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_writing)
        {
            if (_disposed)
                return;
            _disposed = true;
            while (_idleReaders.TryTake(out SqlSession? reader))
                reader.Dispose();
            _writer.Dispose(); // the last connection moves the log into the file
        }
    }

    private static SqlSession Connect(string path, TimeSpan patience)
    {
        int seconds = Math.Max(1, (int)patience.TotalSeconds);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            ForeignKeys = true,
            DefaultTimeout = seconds,
        }.ConnectionString);
        var session = new SqlSession(connection);
        try
        {
            connection.Open();
            session.Script($"PRAGMA busy_timeout = {seconds * 1000}; PRAGMA synchronous = NORMAL");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Makes an empty file, or takes rights away that others have to one that is there. SQLite gives its side files the same rights.</summary>
    private static void MakePrivate(string path)
    {
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            new FileStream(path, options).Dispose();
        }
        else if (!OperatingSystem.IsWindows())
        {
            foreach (string file in (ReadOnlySpan<string>)[path, path + "-wal", path + "-shm"])
            {
                if (File.Exists(file) && (File.GetUnixFileMode(file) & ~OwnerOnly) != UnixFileMode.None)
                    File.SetUnixFileMode(file, OwnerOnly);
            }
        }
    }

    private static string Explain(SqliteException fault, string path) => fault.SqliteErrorCode switch
    {
        NotADatabase or Corrupt => $"{path} is not a database, or it is damaged. Put back a copy, or move the file away to begin with an empty one. Nothing was changed.",
        Busy or Locked => $"{path} is locked by another program. End that program, then try again.",
        Full => $"{path} cannot be written: the disk is full.",
        _ => $"{path} cannot be opened ({fault.Message}). DATA_DIR must be a folder on a local disk that Pollux may write to.",
    };
}
