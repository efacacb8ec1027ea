using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Pollux.KeyPool;

namespace Pollux.Storage;

/// <summary>
/// Finds the master key of an installation and holds it against what the database was begun with. A wrong or missing one
/// changes nothing: no new key is made while anything is encrypted with an older one.
/// </summary>
internal static class MasterKey
{
    /// <summary>The setting's name.</summary>
    public const string Setting = "POLLUX_MASTER_KEY";

    /// <summary>The file's name in <c>DATA_DIR</c>.</summary>
    public const string FileName = "master.key";

    /// <summary>The shortest passphrase taken.</summary>
    public const int ShortestPassphrase = 16;

    private const int Bytes = 32;
    private const int SaltBytes = 16;
    private const int Iterations = 600_000; // OWASP Password Storage Cheat Sheet, 2023: PBKDF2 with HMAC-SHA256
    private const string RawDerivation = "raw";
    private const string Pbkdf2 = "pbkdf2-sha256:";

    /// <summary>Opens the box of this database; the first time, notes which master key it belongs to.</summary>
    /// <param name="database">Where the note is.</param>
    /// <param name="setting"><c>POLLUX_MASTER_KEY</c>; <see langword="null"/>: the file in <paramref name="folder"/>, made the first time.</param>
    /// <param name="folder"><c>DATA_DIR</c>.</param>
    /// <param name="clock">For the note when.</param>
    /// <exception cref="StorageException">The master key is not the right one, is missing or cannot be read.</exception>
    public static SecretBox Unlock(Database database, SecretText? setting, string folder, TimeProvider clock)
    {
        Note? note = database.Read(Read);
        if (note is null)
        {
            Note begun = Begin(setting, folder);
            database.Write(session => session.Execute(
                "INSERT INTO vault (id, key_id, derivation, salt, source, created_at) VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
                begun.KeyId, begun.Derivation, begun.Salt, begun.Source, Column.Of(clock.GetUtcNow())));
            note = database.Read(Read)!; // of two processes that begin together, the first one's note holds
        }

        byte[] master = setting is null ? ReadFile(folder) ?? throw Missing(database, note, folder) : FromSetting(setting, note);
        SecretBox box = Box(master);
        if (box.KeyId.SequenceEqual(note.KeyId))
            return box;
        box.Dispose();
        throw Wrong(database, setting, note, folder);
    }

    private static Note Begin(SecretText? setting, string folder)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        string derivation = setting is null || ReadRaw(setting.Reveal()) is not null ? RawDerivation : Pbkdf2 + Iterations;
        var note = new Note([], derivation, salt, setting is null ? "file" : "setting");
        using SecretBox box = Box(setting is null ? ReadFile(folder) ?? MakeFile(folder) : FromSetting(setting, note));
        return note with { KeyId = box.KeyId.ToArray() };
    }

    private static SecretBox Box(byte[] master)
    {
        var box = new SecretBox(master);
        CryptographicOperations.ZeroMemory(master);
        return box;
    }

    private static byte[] FromSetting(SecretText setting, Note note)
    {
        string text = setting.Reveal();
        if (ReadRaw(text) is { } raw)
            return raw;
        if (text.Length < ShortestPassphrase)
            throw new StorageException($"{Setting} is neither 32 bytes as base64 or hexadecimal digits nor a passphrase of at least {ShortestPassphrase} characters.");
        int iterations = note.Derivation.StartsWith(Pbkdf2, StringComparison.Ordinal) ? int.Parse(note.Derivation.AsSpan(Pbkdf2.Length)) : Iterations;
        return Rfc2898DeriveBytes.Pbkdf2(setting.Utf8.Span, note.Salt, iterations, HashAlgorithmName.SHA256, Bytes);
    }

    /// <summary>32 bytes as hexadecimal digits or base64, or <see langword="null"/>.</summary>
    private static byte[]? ReadRaw(string text)
    {
        var bytes = new byte[Bytes];
        if (text.Length == 2 * Bytes && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done)
            return bytes;
        if (text.Length is not (43 or 44) || !Base64Url.IsValid(text.Replace('+', '-').Replace('/', '_'), out int length) || length != Bytes)
            return null;
        return Base64Url.DecodeFromChars(text.Replace('+', '-').Replace('/', '_'));
    }

    private static byte[]? ReadFile(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return !File.Exists(path) ? null : ReadRaw(File.ReadAllText(path).Trim())
                ?? throw new StorageException($"{path} does not hold a master key (32 bytes as base64). Put back the right file, or set {Setting}. Nothing was changed.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{path} cannot be read. Give Pollux the right to read it, or set {Setting}.", fault);
        }
    }

    /// <summary>Written beside and moved into place: nobody ever reads half of it, and nobody else may ever read it.</summary>
    private static byte[] MakeFile(string folder)
    {
        string path = Path.Combine(folder, FileName);
        string beside = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(beside, options))
            {
                file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)) + "\n"));
                file.Flush(flushToDisk: true); // before anything is encrypted with it
            }

            try
            {
                File.Move(beside, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(beside); // another process was faster
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{path} cannot be written. Make DATA_DIR a folder that Pollux may write to, or set {Setting}.", fault);
        }

        return ReadFile(folder)!;
    }

    private static Note? Read(SqlSession session) => session.Query(
        "SELECT key_id, derivation, salt, source FROM vault",
        static row => new Note(row.GetFieldValue<byte[]>(0), row.GetString(1), row.GetFieldValue<byte[]>(2), row.GetString(3))).FirstOrDefault();

    private static StorageException Missing(Database database, Note note, string folder) => new(note.Source == "file"
        ? $"What {database.FilePath} holds is encrypted with the master key of {Path.Combine(folder, FileName)}, which is not there. Put the file back, or give its content as {Setting}. Nothing was changed."
        : $"What {database.FilePath} holds is encrypted with a master key that was given as {Setting}, which is not set now. Set it again. Nothing was changed.");

    private static StorageException Wrong(Database database, SecretText? setting, Note note, string folder) => new(setting is null
        ? $"The master key in {Path.Combine(folder, FileName)} is not the one that {database.FilePath} was encrypted with. Put back the right file, or set {Setting}. Nothing was changed."
        : $"{Setting} is not the master key that {database.FilePath} was encrypted with. "
            + (note.Source == "file" ? $"That one is in {Path.Combine(folder, FileName)}: unset {Setting}. " : "Set the one of before. ") + "Nothing was changed.");

    /// <summary>What the database knows of its master key.</summary>
    private sealed record Note(byte[] KeyId, string Derivation, byte[] Salt, string Source);
}
