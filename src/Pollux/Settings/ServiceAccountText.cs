using System.Buffers;
using System.Text;
using System.Text.Json;
using Pollux.KeyPool;

namespace Pollux.Settings;

/// <summary>
/// Reads service accounts as people have them: one JSON object, several in one text with anything between them, or either in
/// base64. No message repeats anything of the text.
/// </summary>
internal static class ServiceAccountText
{
    private const string GoogleTokenAddress = "https://oauth2.googleapis.com/token";
    private const int MaxAccounts = 1000;

    /// <summary>The members that are kept, in the order in which they are written.</summary>
    private static readonly string[] Kept = ["type", "project_id", "private_key_id", "private_key", "client_email", "token_uri"];

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">The whole value, or the whole file.</param>
    /// <param name="projectId">The project of accounts that name none; may be <see langword="null"/>.</param>
    /// <param name="fault">Told what is wrong with what is passed over.</param>
    public static List<KeyEntry> Read(string text, string? projectId, Action<string> fault)
    {
        var accounts = new List<KeyEntry>();
        List<string> objects = Split(Decoded(text.Trim().TrimStart('\uFEFF')), fault);
        for (int i = 0; i < objects.Count && i < MaxAccounts; i++)
        {
            if (ReadOne(objects[i], projectId, out string problem) is { } entry)
                accounts.Add(entry);
            else
                fault($"object {i + 1} {problem}; it is passed over");
        }

        if (objects.Count > MaxAccounts)
            fault($"holds more than {MaxAccounts} objects; the rest is passed over");
        return accounts;
    }

    /// <summary>Whether a text holds what only a service account has, as it is or in base64.</summary>
    public static bool IsIn(string text) => Decoded(text).Contains("\"private_key\"", StringComparison.Ordinal);

    /// <summary>Base64 as text, everything else as it is.</summary>
    private static string Decoded(string text)
    {
        if (text.Length == 0 || text.Contains('{'))
            return text;
        string compact = string.Concat(text.Where(static c => !char.IsWhiteSpace(c))).Replace('-', '+').Replace('_', '/');
        compact = compact.PadRight((compact.Length + 3) / 4 * 4, '=');
        byte[] bytes = new byte[compact.Length];
        return Convert.TryFromBase64String(compact, bytes, out int length) ? Encoding.UTF8.GetString(bytes, 0, length) : text;
    }

    /// <summary>Finds the objects. What stands in their strings does not count, braces included.</summary>
    private static List<string> Split(string text, Action<string> fault)
    {
        var objects = new List<string>();
        int at = 0;
        while (text.IndexOf('{', at) is var open && open >= 0)
        {
            int end = EndOf(text, open);
            if (end < 0)
            {
                fault($"object {objects.Count + 1} has no end; it is passed over");
                return objects;
            }

            objects.Add(text[open..end]);
            at = end;
        }

        if (objects.Count == 0)
            fault("holds no JSON object, neither as it is nor in base64");
        return objects;
    }

    private static int EndOf(string text, int open)
    {
        int depth = 0;
        bool inString = false;
        for (int i = open; i < text.Length; i++)
        {
            char c = text[i];
            if (inString && c == '\\')
                i++;
            else if (c == '"')
                inString = !inString;
            else if (!inString && c == '{')
                depth++;
            else if (!inString && c == '}' && --depth == 0)
                return i + 1;
        }

        return -1;
    }

    private static KeyEntry? ReadOne(string text, string? projectId, out string problem)
    {
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument json = JsonDocument.Parse(WithEscapedLines(text), new JsonDocumentOptions { AllowTrailingCommas = true, MaxDepth = 16 });
            foreach (JsonProperty member in json.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String)
                    members[member.Name] = member.Value.GetString()!.Trim();
            }
        }
        catch (JsonException)
        {
            problem = "is not JSON";
            return null;
        }

        if (members.GetValueOrDefault("type", "service_account") != "service_account")
        {
            problem = "is not a service account; its type is another one";
            return null;
        }

        members["type"] = "service_account";
        if (members.GetValueOrDefault("project_id") is not { Length: > 0 } && projectId is not null)
            members["project_id"] = projectId;
        if (members.GetValueOrDefault("token_uri") is not { Length: > 0 })
            members["token_uri"] = GoogleTokenAddress;
        foreach (string needed in (ReadOnlySpan<string>)["project_id", "private_key", "client_email"])
        {
            if (members.GetValueOrDefault(needed) is { Length: > 0 })
                continue;
            problem = $"has no {needed}";
            return null;
        }

        string project = members["project_id"];
        if (!IsName(project))
        {
            problem = "has a project_id that no project can have";
            return null;
        }

        members["private_key"] = members["private_key"].Replace("\\n", "\n", StringComparison.Ordinal); // escaped twice on its way here
        problem = "";
        return new KeyEntry(Write(members), CredentialKind.VertexServiceAccount, ProjectGroup: project, Name: "vertex:" + project);
    }

    /// <summary>Whether a text can stand in a path as the name of a project or place.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 100 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or ':') && char.IsAsciiLetterOrDigit(text[0]) && !text.Contains("..", StringComparison.Ordinal);

    /// <summary>One form for one account, so that the same one twice is seen.</summary>
    private static string Write(Dictionary<string, string> members)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (string name in Kept)
            {
                if (members.GetValueOrDefault(name) is { Length: > 0 } value)
                    json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Line ends inside strings, which JSON does not know, as a pasted private key has them.</summary>
    private static string WithEscapedLines(string text)
    {
        var escaped = new StringBuilder(text.Length);
        bool inString = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (inString && c == '\\' && i + 1 < text.Length)
            {
                escaped.Append(c).Append(text[++i]);
                continue;
            }

            if (c == '"')
                inString = !inString;
            if (inString && c == '\n')
                escaped.Append("\\n");
            else if (!inString || c != '\r')
                escaped.Append(c);
        }

        return escaped.ToString();
    }
}
