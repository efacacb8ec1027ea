using Pollux.KeyPool;

namespace Pollux.Settings;

/// <summary>Reads the service accounts of a folder: <c>DATA_DIR/credentials</c>, or the one that a predecessor kept.</summary>
internal static class ServiceAccountFolder
{
    private const int MaxFiles = 100;
    private const int LargestFile = 1024 * 1024; // several accounts in one

    /// <summary>Reads all <c>.json</c> files in it; a folder that is not there holds none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="project">The project of accounts that name none; may be <see langword="null"/>.</param>
    /// <param name="fault">Told what is wrong with what is passed over, as what follows the folder's name.</param>
    public static List<KeyEntry> Read(string folder, string? project, Action<string> fault)
    {
        var accounts = new List<KeyEntry>();
        try
        {
            if (!Directory.Exists(folder))
                return accounts;
            string[] files = [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Take(MaxFiles + 1)];
            if (files.Length > MaxFiles)
                fault($"holds more than {MaxFiles} files; the rest is passed over");
            foreach (string file in files.Take(MaxFiles))
            {
                string shown = Path.GetFileName(file);
                if (new FileInfo(file).Length > LargestFile)
                    fault($"holds {shown}, which is larger than a megabyte; it is passed over");
                else
                    accounts.AddRange(ServiceAccountText.Read(File.ReadAllText(file), project, problem => fault($"holds {shown}, of which {problem}")));
            }
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            fault($"cannot be read ({broken.GetType().Name}); service accounts in it are not used");
        }

        return accounts;
    }
}
