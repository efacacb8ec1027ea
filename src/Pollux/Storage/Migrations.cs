using System.Reflection;

namespace Pollux.Storage;

/// <summary>One step of the schema.</summary>
/// <param name="Version">From 1 on, without gaps.</param>
/// <param name="Name">What it brings.</param>
/// <param name="Sql">The statements.</param>
internal sealed record Migration(int Version, string Name, string Sql);

/// <summary>Brings a database to the schema of this Pollux, forward only, each step in a transaction of its own.</summary>
internal static class Migrations
{
    private const string Folder = "Migrations/";

    /// <summary>The steps that this Pollux knows: the files <c>Storage/Migrations/NNN_name.sql</c>.</summary>
    public static IReadOnlyList<Migration> Known { get; } = Read();

    /// <summary>Carries out the steps that are missing.</summary>
    /// <param name="session">The writer.</param>
    /// <param name="steps">What is known, in order.</param>
    /// <param name="clock">For the note when it was done.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="StorageException">The database belongs to a newer Pollux, or to another program.</exception>
    public static void Apply(SqlSession session, IReadOnlyList<Migration> steps, TimeProvider clock, string path)
    {
        if (Version(session, steps, path) == steps.Count)
            return;
        session.InTransaction(static writing => writing.Script(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)"));
        foreach (Migration step in steps)
        {
            session.InTransaction(writing =>
            {
                if (Version(writing, steps, path) >= step.Version)
                    return; // also when another process was faster
                writing.Script(step.Sql);
                writing.Execute("INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)", step.Version, step.Name, Column.Of(clock.GetUtcNow()));
            });
        }
    }

    private static int Version(SqlSession session, IReadOnlyList<Migration> steps, string path)
    {
        List<string> tables = session.Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", static row => row.GetString(0));
        if (tables.Count == 0)
            return 0;
        if (!tables.Contains("schema_version"))
            throw new StorageException($"{path} is a database of another program. Set DATA_DIR to a folder of Pollux's own, or move that file away.");
        int version = (int)((long?)session.Scalar("SELECT max(version) FROM schema_version") ?? 0);
        return version <= steps.Count ? version : throw new StorageException(
            $"{path} was written by a newer Pollux (schema {version}; this one knows {steps.Count}). Start that version again, or put back a copy from before the update. Nothing was changed.");
    }

    private static List<Migration> Read()
    {
        Assembly assembly = typeof(Migrations).Assembly;
        var steps = new List<Migration>();
        foreach (string name in assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            string file = Path.GetFileNameWithoutExtension(name[Folder.Length..]);
            steps.Add(new Migration(int.Parse(file.AsSpan(0, 3)), file[4..], reader.ReadToEnd()));
        }

        return steps;
    }
}
