using System.Text;
using System.Text.Json;

namespace Pollux.Tests.KeyPool;

/// <summary>The recorded error answers beside the repository. Third-party data: read where it lies, never copied.</summary>
internal static class RecordedErrors
{
    public sealed record Case(string Name, string Api, int Status, byte[] Body)
    {
        public override string ToString() => Name;
    }

    public static string? Folder { get; } = FindFolder();

    public static IEnumerable<Case> All()
    {
        foreach (var meta in Directory.EnumerateFiles(Folder!, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(meta));
            var api = document.RootElement.GetProperty("api").GetString()!;
            if (api is not ("gemini" or "vertex"))
                continue;
            var folder = Path.GetDirectoryName(meta)!;
            var answer = Directory.EnumerateFiles(folder, "response.*").FirstOrDefault();
            if (answer is null)
                continue;
            int? status = document.RootElement.TryGetProperty("status", out var told) && told.ValueKind == JsonValueKind.Number ? told.GetInt32() : null;
            var body = File.ReadAllBytes(answer);
            var error = ErrorIn(body);
            if (status >= 400 || (status is null && error is not null))
            {
                // An error inside a stream came with 200; a stored body alone says nothing of its status either.
                var http = answer.EndsWith(".sse", StringComparison.Ordinal) ? 200 : status ?? StatusOf(error!);
                yield return new Case(Path.GetFileName(folder), api, http, error ?? body);
            }
        }
    }

    // The whole body, or the bare object behind the good events of a stream.
    private static byte[]? ErrorIn(byte[] body)
    {
        var text = Encoding.UTF8.GetString(body);
        if (text.StartsWith("<!DOCTYPE", StringComparison.OrdinalIgnoreCase))
            return body;
        var at = text.StartsWith('{') ? 0 : text.LastIndexOf("\n{", StringComparison.Ordinal) + 1;
        var tail = text[at..].TrimStart();
        return tail.StartsWith('{') && tail[1..].TrimStart().StartsWith("\"error\"", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(tail) : null;
    }

    private static int StatusOf(byte[] error)
    {
        if (error[0] == '<')
            return 404; // the page says so; the status line was not stored
        using var document = JsonDocument.Parse(error);
        return document.RootElement.GetProperty("error").GetProperty("code").GetInt32();
    }

    private static string? FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Pollux.slnx")))
                continue;
            var fixtures = Path.Combine(folder.FullName, "..", "shared", "fixtures");
            return Directory.Exists(fixtures) ? Path.GetFullPath(fixtures) : null;
        }
        return null;
    }
}
