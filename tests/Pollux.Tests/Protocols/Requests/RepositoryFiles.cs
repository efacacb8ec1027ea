namespace Pollux.Tests.Protocols.Requests;

/// <summary>Finds files of the source tree, and the recordings that lie beside it.</summary>
internal static class RepositoryFiles
{
    private static readonly Lazy<string> Root = new(FindRoot);

    public static string Of(params string[] parts) => Path.Combine([Root.Value, .. parts]);

    /// <summary>The folder of recorded traffic; it is no part of the project and may be absent.</summary>
    public static string Recordings => Path.GetFullPath(Path.Combine(Root.Value, "..", "shared", "fixtures"));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Pollux.slnx")))
                return folder.FullName;
        throw new InvalidOperationException("No folder above the tests holds Pollux.slnx.");
    }
}
