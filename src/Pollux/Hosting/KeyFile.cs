using System.Text;
using System.Text.Json;
using Pollux.KeyPool;
using Pollux.Settings;

namespace Pollux.Hosting;

/// <summary>
/// Keys out of a file as people have them: one key per line, CSV with a header, a JSON array, or the <c>.env</c> file of a
/// predecessor; and service accounts, alone, in a list, between keys or in base64. Pure; what cannot be a key is told later, by the store. No message repeats what the file holds.
/// </summary>
/// <param name="Format">What it was read as: text, csv, json, env or accounts.</param>
/// <param name="Entries">The keys in their order, duplicates included.</param>
/// <param name="Notices">Sentences about what was passed over.</param>
internal sealed record KeyFile(string Format, IReadOnlyList<KeyEntry> Entries, IReadOnlyList<string> Notices)
{
    private const string AccountsName = "GOOGLE_CREDENTIALS_JSON";

    private static readonly string[] KeyColumns = ["key", "api_key", "apikey", "key_value"];

    /// <summary>Reads <paramref name="text"/>; the form is seen from the content.</summary>
    /// <param name="text">The whole file.</param>
    /// <param name="project">The project of keys that name none.</param>
    /// <exception cref="FormatException">It begins like JSON and is none, or holds something else than keys.</exception>
    public static KeyFile Read(string text, string? project = null)
    {
        string content = text.TrimStart('\uFEFF').Trim();
        KeyFile file = content.StartsWith('[') || content.StartsWith('{') ? ReadJson(content, project)
            : IsEnv(content) ? ReadEnv(content, project)
            : IsCsv(content) ? ReadCsv(content)
            : !content.Contains('{') && ServiceAccountText.IsIn(content) ? ReadAccounts(content, project)
            : ReadLines(content, project);
        return string.IsNullOrWhiteSpace(project)
            ? file
            : file with { Entries = [.. file.Entries.Select(entry => entry.ProjectGroup is null ? entry with { ProjectGroup = project } : entry)] };
    }

    /// <summary>Reads the service accounts of a folder.</summary>
    /// <param name="folder">Such as the folder <c>credentials</c> of a predecessor.</param>
    /// <param name="project">The project of accounts that name none.</param>
    public static KeyFile ReadFolder(string folder, string? project = null)
    {
        var notices = new List<string>();
        return new KeyFile("accounts", ServiceAccountFolder.Read(folder, project, problem => notices.Add($"The folder {problem}.")), notices);
    }

    /// <summary>Reads <c>key@project</c>.</summary>
    public static KeyEntry Entry(string text, bool disabled = false)
    {
        int at = text.LastIndexOf('@');
        return at > 0 && at < text.Length - 1
            ? new KeyEntry(text[..at].Trim(), ProjectGroup: text[(at + 1)..].Trim(), Disabled: disabled)
            : new KeyEntry(text, Disabled: disabled);
    }

    private static KeyFile ReadAccounts(string text, string? project)
    {
        var notices = new List<string>();
        return new KeyFile("accounts", ServiceAccountText.Read(text, project, problem => notices.Add(Sentence(problem))), notices);
    }

    private static string Sentence(string problem) => $"{(problem.StartsWith("object", StringComparison.Ordinal) ? "Of the service accounts, " : "The file ")}{problem}.";

    private static KeyFile ReadLines(string content, string? project)
    {
        var entries = new List<KeyEntry>();
        var notices = new List<string>();
        foreach (string line in content.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith('{')) // an account in one line, as the export writes it
            {
                entries.AddRange(ServiceAccountText.Read(line, project, problem => notices.Add(Sentence(problem))));
                continue;
            }

            string value = SettingValue.Clean(line.TrimEnd(' ', '\t', ',', ';'));
            foreach (string word in value.Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                entries.Add(Entry(word.Trim('"', '\'')));
        }

        return new KeyFile("text", entries, notices);
    }

    private static bool IsEnv(string content) => content.ReplaceLineEndings("\n").Split('\n').Any(static line =>
    {
        string name = line.Trim();
        if (name.StartsWith("export ", StringComparison.Ordinal))
            name = name["export ".Length..].TrimStart();
        return name.StartsWith("GEMINI_API_KEYS", StringComparison.Ordinal) || name.StartsWith("API_KEYS", StringComparison.Ordinal)
            ? name.Contains('=')
            : name.StartsWith("INVALID_API_KEYS=", StringComparison.Ordinal) || name.StartsWith(AccountsName + "=", StringComparison.Ordinal);
    });

    private static KeyFile ReadEnv(string content, string? project)
    {
        var source = new SettingSource(new Dictionary<string, string>(), content);
        PoolSettings pool = SettingsLoader.Load(source).Pool;
        var notices = new List<string>();
        List<KeyEntry> accounts = source.Whole(AccountsName) is { } text ? ServiceAccountText.Read(text, source.Text("VERTEX_PROJECT_ID") ?? project, problem => notices.Add(Sentence(problem))) : [];
        return new KeyFile(
            "env",
            [.. pool.Keys.Select(static key => Entry(key)), .. pool.InvalidKeys.Select(static key => Entry(key, disabled: true)), .. accounts],
            [.. notices, .. source.Faults.Where(static fault => fault.Name is null).Select(static fault => fault.Message)]); // of the settings in it, none is about keys
    }

    private static bool IsCsv(string content)
    {
        int end = content.AsSpan().IndexOfAny('\r', '\n');
        return Rows(end < 0 ? content : content[..end]).First().Any(static column => KeyColumns.Contains(column.Trim().ToLowerInvariant()));
    }

    private static KeyFile ReadCsv(string content)
    {
        string[] header = [];
        int key = 0, project = -1, name = -1, tier = -1, number = 0, passedOver = 0;
        var entries = new List<KeyEntry>();
        foreach (string[] row in Rows(content))
        {
            if (number++ == 0)
            {
                header = [.. row.Select(static column => column.Trim().ToLowerInvariant())];
                key = Array.FindIndex(header, static column => KeyColumns.Contains(column));
                project = Array.IndexOf(header, "project");
                name = Array.IndexOf(header, "name");
                tier = Array.IndexOf(header, "tier");
            }
            else if (Value(row, key) is { } text)
            {
                KeyEntry entry = Entry(text) is { ProjectGroup: not null } own && project < 0 ? own : new KeyEntry(text, ProjectGroup: Value(row, project));
                entries.Add(entry with { Name = Value(row, name), Tier = Tier(Value(row, tier)) });
            }
            else if (row.Any(static cell => cell.Length > 0))
            {
                passedOver++;
            }
        }

        return new KeyFile("csv", entries, passedOver == 0 ? [] : [$"{passedOver} rows have no key."]);
    }

    private static string? Value(string[] row, int column) => column >= 0 && column < row.Length && row[column].Trim() is { Length: > 0 } value ? value : null;

    /// <summary>CSV as of RFC 4180: quotes around values, doubled inside.</summary>
    private static IEnumerable<string[]> Rows(string text)
    {
        var row = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                cell.Append(c);
                i++;
            }
            else if (c == '"' && (quoted || cell.Length == 0))
            {
                quoted = !quoted;
            }
            else if (!quoted && c is ',' or ';' or '\t')
            {
                row.Add(cell.ToString());
                cell.Clear();
            }
            else if (!quoted && c is '\n' or '\r')
            {
                if (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
                    i++;
                row.Add(cell.ToString());
                cell.Clear();
                yield return [.. row];
                row.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }

        row.Add(cell.ToString());
        yield return [.. row];
    }

    private static KeyFile ReadJson(string content, string? project)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(content, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            JsonElement list = json.RootElement;
            if (IsAccount(list))
                return ReadAccounts(content, project);
            if (list.ValueKind == JsonValueKind.Object && list.TryGetProperty("keys", out JsonElement inner))
                list = inner;
            if (list.ValueKind != JsonValueKind.Array)
                throw new FormatException("The file is JSON, but neither an array of keys nor an object whose \"keys\" is one.");

            var entries = new List<KeyEntry>();
            var notices = new List<string>();
            int passedOver = 0;
            foreach (JsonElement item in list.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.String)
                    entries.Add(Entry(item.GetString()!.Trim()));
                else if (item.ValueKind == JsonValueKind.Object && KeyColumns.Select(name => Member(item, name)).FirstOrDefault(static value => value is not null) is { } key)
                    entries.Add(new KeyEntry(key, ProjectGroup: Member(item, "project"), Name: Member(item, "name"), Tier: Tier(Member(item, "tier")), Disabled: item.TryGetProperty("disabled", out JsonElement off) && off.ValueKind == JsonValueKind.True));
                else if (IsAccount(item))
                    entries.AddRange(ServiceAccountText.Read(item.GetRawText(), project, problem => notices.Add(Sentence(problem))));
                else
                    passedOver++;
            }

            if (passedOver > 0)
                notices.Add($"{passedOver} items of the array are neither a key nor an object with \"key\".");
            return new KeyFile("json", entries, notices);
        }
        catch (JsonException) when (ServiceAccountText.IsIn(content)) // several objects, or a private key with line ends of its own
        {
            return content.StartsWith('{') && FirstLine(content).TrimEnd().EndsWith('}') ? ReadLines(content, project) : ReadAccounts(content, project);
        }
        catch (JsonException fault)
        {
            throw new FormatException($"The file begins like JSON and is none: see line {fault.LineNumber + 1}.", fault); // its words stay out of the message: they repeat what they met
        }
    }

    private static bool IsAccount(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && (Member(item, "private_key") is not null || Member(item, "type") is not null);

    private static ReadOnlySpan<char> FirstLine(string content) => content.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? content.AsSpan(0, end) : content;

    private static ProjectTier Tier(string? word) => word?.ToUpperInvariant() switch
    {
        "PAID" => ProjectTier.Paid,
        "FREE" => ProjectTier.Free,
        _ => ProjectTier.Unknown,
    };

    private static string? Member(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { Length: > 0 } text ? text : null;
}
