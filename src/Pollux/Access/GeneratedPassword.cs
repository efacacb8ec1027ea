using System.Security.Cryptography;

namespace Pollux.Access;

/// <summary>
/// The password made for an installation that was given none. Kept in a file only its owner can read, so that it stays the
/// same after a restart; without a place to keep it, it holds until the process ends.
/// </summary>
/// <param name="Value">The password.</param>
/// <param name="IsNew">It was made just now: print it, once.</param>
/// <param name="IsKept">It will be the same after a restart.</param>
internal sealed record GeneratedPassword(string Value, bool IsNew, bool IsKept)
{
    /// <summary>The file's name in <c>DATA_DIR</c>.</summary>
    public const string FileName = "generated-password";

    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"; // none that is mistaken for another
    private const int Length = 32; // 186 bits
    private const int ShortestBelieved = 16;

    /// <summary>Reads the password, or makes one and keeps it.</summary>
    /// <param name="folder"><c>DATA_DIR</c>; made if it is not there.</param>
    public static GeneratedPassword ReadOrCreate(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            Directory.CreateDirectory(folder);
            if (Read(path) is { } kept)
                return new GeneratedPassword(kept, IsNew: false, IsKept: true);
            var made = Make();
            Write(path, made);
            var inFile = Read(path) ?? made; // of two processes that start together, both use what lies in the file
            return new GeneratedPassword(inFile, IsNew: inFile == made, IsKept: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new GeneratedPassword(Make(), IsNew: true, IsKept: false);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => "[generated password]";

    private static string Make() => "sk-" + RandomNumberGenerator.GetString(Alphabet, Length);

    // An empty or cut file is what a full disk leaves behind: it must not become an empty password.
    private static string? Read(string path) =>
        File.Exists(path) && File.ReadAllText(path).Trim() is { Length: >= ShortestBelieved } value ? value : null;

    // Written beside and moved into place: nobody ever reads half of it, and nobody else may ever read it.
    private static void Write(string path, string value)
    {
        var beside = $"{path}.{Path.GetRandomFileName()}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(beside, options))
            writer.WriteLine(value);
        try
        {
            File.Move(beside, path, overwrite: File.Exists(path) && Read(path) is null);
        }
        catch (IOException) when (Read(path) is not null)
        {
            File.Delete(beside); // another process was faster
        }
    }
}
