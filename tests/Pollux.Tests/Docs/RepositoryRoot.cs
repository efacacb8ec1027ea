namespace Pollux.Tests.Docs;

/// <summary>Finds the folder of the solution above the test assembly.</summary>
internal static class RepositoryRoot
{
    /// <summary>The folder's path.</summary>
    public static string Path { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Pollux.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException("Pollux.slnx was not found above the test assembly.");
    }
}
