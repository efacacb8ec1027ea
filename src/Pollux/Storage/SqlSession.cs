using Microsoft.Data.Sqlite;

namespace Pollux.Storage;

/// <summary>
/// One connection with its prepared statements. Every SQL text is a constant, so they are kept and used again. Values go in
/// by position as <c>$1</c>, <c>$2</c>, ... Not thread-safe: <see cref="Database"/> hands it to one user at a time.
/// </summary>
internal sealed class SqlSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private SqliteTransaction? _transaction;

    /// <param name="connection">Open; disposed of with the session.</param>
    public SqlSession(SqliteConnection connection) => _connection = connection;

    /// <summary>Carries out one statement.</summary>
    /// <returns>The rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Prepare(sql, values).ExecuteNonQuery();

    /// <summary>The first value of the first row; <see langword="null"/> for none and for NULL.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<object?> values) => Prepare(sql, values).ExecuteScalar() is { } value and not DBNull ? value : null;

    /// <summary>All rows.</summary>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = Prepare(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(row(reader));
        return rows;
    }

    /// <summary>Carries out a text of many statements, once.</summary>
    public void Script(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // a migration of ours or a pragma
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = _transaction;
        command.ExecuteNonQuery();
    }

    /// <summary>Does <paramref name="work"/> in one transaction: all of it or nothing.</summary>
    public void InTransaction(Action<SqlSession> work)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false); // a lock that cannot be had is told at the begin
        _transaction = transaction;
        try
        {
            work(this);
            transaction.Commit();
        }
        catch
        {
            Forget(); // a statement that failed half-way must not be met again
            throw;
        }
        finally
        {
            _transaction = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _connection.Dispose();
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            command = _connection.CreateCommand();
#pragma warning disable CA2100 // constants of this room
            command.CommandText = sql;
#pragma warning restore CA2100
            for (int i = 1; i <= values.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = "$" + i });
            _commands[sql] = command;
        }

        for (int i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        command.Transaction = _transaction;
        return command;
    }

    private void Forget()
    {
        foreach (SqliteCommand command in _commands.Values)
            command.Dispose();
        _commands.Clear();
    }
}

/// <summary>How values lie in columns.</summary>
internal static class Column
{
    /// <summary>An instant as milliseconds since 1970.</summary>
    public static long Of(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds();

    /// <summary>An instant that may be missing.</summary>
    public static object? Of(DateTimeOffset? instant) => instant?.ToUnixTimeMilliseconds();

    /// <summary>The text, or <see langword="null"/>.</summary>
    public static string? Text(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    /// <summary>The number, or <see langword="null"/>.</summary>
    public static long? Number(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    /// <summary>The instant.</summary>
    public static DateTimeOffset Instant(this SqliteDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    /// <summary>The instant, or <see langword="null"/>.</summary>
    public static DateTimeOffset? OptionalInstant(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.Instant(column);

    /// <summary>The value that is called so; a word of another version, which this one does not know, gives <paramref name="fallback"/>.</summary>
    public static T Word<T>(this SqliteDataReader row, int column, T fallback)
        where T : struct, Enum => !row.IsDBNull(column) && Enum.TryParse(row.GetString(column), out T value) && Enum.IsDefined(value) ? value : fallback;
}
