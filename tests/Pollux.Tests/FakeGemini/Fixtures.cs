using System.Text.Json;

namespace Pollux.Tests.FakeGemini;

/// <summary>One folder of recorded traffic.</summary>
internal sealed record Fixture(string Name, string Folder, string Operation, int? Status, string? Model, string Kind)
{
    public bool HasRequest => File.Exists(Path.Combine(Folder, "request.json"));

    public byte[] Request => File.ReadAllBytes(Path.Combine(Folder, "request.json"));

    public override string ToString() => Name;
}

/// <summary>The recorded traffic beside the repository; tests skip visibly where it is absent.</summary>
internal static class Fixtures
{
    public const string Absent = "no fixtures";

    public static string? Root { get; } = FindRoot();

    /// <summary>The Gemini exchanges, ordered by name.</summary>
    public static IReadOnlyList<Fixture> Gemini { get; } = [.. ReadAll()];

    public static Fixture Get(string name)
    {
        if (Root is null) Assert.Skip("The recorded traffic (../shared/fixtures beside the repository) is not there.");
        return Gemini.Single(fixture => fixture.Name == name);
    }

    private static string? FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Pollux.slnx"))) continue;
            string fixtures = Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "fixtures"));
            return Directory.Exists(fixtures) ? fixtures : null;
        }

        return null;
    }

    private static IEnumerable<Fixture> ReadAll()
    {
        if (Root is null) yield break;
        foreach (string meta in Directory.EnumerateFiles(Root, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            JsonElement json = JsonElement.Parse(File.ReadAllBytes(meta));
            if (json.GetProperty("api").GetString() != "gemini") continue;
            string folder = Path.GetDirectoryName(meta)!;
            yield return new Fixture(
                Path.GetRelativePath(Root, folder).Replace('\\', '/'),
                folder,
                json.GetProperty("operation").GetString() ?? "",
                json.GetProperty("status") is { ValueKind: JsonValueKind.Number } status ? status.GetInt32() : null,
                ModelOf(json),
                json.GetProperty("kind").GetString()!);
        }
    }

    private static string? ModelOf(JsonElement meta)
    {
        if (!meta.TryGetProperty("url_path", out JsonElement path) || path.GetString() is not { } text) return null;
        int start = text.IndexOf("models/", StringComparison.Ordinal);
        int end = text.LastIndexOf(':');
        return start < 0 || end < start ? null : text[(start + "models/".Length)..end];
    }
}
