using System.Text.Json;

namespace Pollux.Tests.Protocols.Answers.Recorded;

/// <summary>The recorded answers of Gemini and Vertex AI that lie beside the repository; tests skip visibly where they are absent.</summary>
internal static class RecordedAnswers
{
    private static readonly string[] Apis = ["gemini", "vertex"];
    private static readonly string[] Operations = ["generateContent", "streamGenerateContent"];

    /// <summary>What a body without a known operation must have to be one of generation.</summary>
    private static readonly string[] Marks = ["candidates", "promptFeedback", "error"];

    private static readonly Lazy<(IReadOnlyList<RecordedAnswer> Answers, IReadOnlyList<string> Others)> Loaded = new(Load);

    /// <summary>The folder of recorded traffic, or <see langword="null"/>.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>The answers of generation, ordered by name.</summary>
    public static IReadOnlyList<RecordedAnswer> All => Loaded.Value.Answers;

    /// <summary>Recordings without an operation whose body is not one of generation, such as counted tokens and pictures of Imagen.</summary>
    public static IReadOnlyList<string> Others => Loaded.Value.Others;

    /// <summary>Ends the test as skipped where the recordings are absent.</summary>
    public static void SkipIfAbsent()
    {
        if (Root is null)
            Assert.Skip("The recorded traffic (../shared/fixtures beside the repository) is not there.");
    }

    private static string? FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Pollux.slnx")))
                continue;
            string recordings = Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "fixtures"));
            return Directory.Exists(recordings) ? recordings : null;
        }

        return null;
    }

    private static (IReadOnlyList<RecordedAnswer> Answers, IReadOnlyList<string> Others) Load()
    {
        var answers = new List<RecordedAnswer>();
        var others = new List<string>();
        foreach (string path in Directory.EnumerateFiles(Root!, "meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            JsonElement meta = JsonElement.Parse(File.ReadAllBytes(path));
            string? operation = meta.GetProperty("operation").GetString();
            if (!Apis.Contains(meta.GetProperty("api").GetString()) || (operation is not null && !Operations.Contains(operation)))
                continue;

            string folder = Path.GetDirectoryName(path)!;
            string name = Path.GetRelativePath(Root!, folder).Replace('\\', '/');
            string? file = Directory.EnumerateFiles(folder, "response.*").FirstOrDefault();
            if (file is null)
                continue;

            byte[] bytes = File.ReadAllBytes(file);
            int? status = meta.GetProperty("status") is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null;
            RecordedForm form = file.EndsWith(".sse", StringComparison.Ordinal) ? RecordedForm.Events
                : meta.GetProperty("kind").GetString() == "stream-json-array" ? RecordedForm.Array
                : RecordedForm.Unary;
            if (operation is null && form == RecordedForm.Unary && !IsGeneration(bytes))
                others.Add(name);
            else
                answers.Add(RecordedAnswer.Create(name, StatusOf(status, form, bytes), form, bytes));
        }

        return (answers, others);
    }

    private static bool IsGeneration(byte[] body)
    {
        try
        {
            JsonElement json = JsonElement.Parse(body);
            return json.ValueKind != JsonValueKind.Object || Marks.Any(mark => json.TryGetProperty(mark, out _)) || !json.EnumerateObject().Any(IsOfAnotherOperation);
        }
        catch (JsonException)
        {
            return true; // broken on purpose
        }
    }

    private static bool IsOfAnotherOperation(JsonProperty member) => member.Name is "predictions" or "totalTokens" or "totalBillableCharacters";

    /// <summary>A stream that broke off was a 200 when it began, whatever its error says.</summary>
    private static int StatusOf(int? recorded, RecordedForm form, byte[] body)
    {
        if (form == RecordedForm.Events)
            return 200;
        if (recorded is { } status)
            return status;
        try
        {
            JsonElement json = JsonElement.Parse(body);
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("error", out JsonElement error) ? error.GetProperty("code").GetInt32() : 200;
        }
        catch (JsonException)
        {
            return 200;
        }
    }
}
