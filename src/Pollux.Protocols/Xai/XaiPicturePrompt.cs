using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Xai;

/// <summary>A chat request for a model that makes pictures.</summary>
/// <param name="Model">The model.</param>
/// <param name="Prompt">The user's last text.</param>
/// <param name="Count">How many pictures, 1 to 10.</param>
/// <param name="Stream">Whether the answer is streamed.</param>
/// <param name="IncludeUsage">Whether a streamed answer ends with a chunk of usage.</param>
/// <param name="Passed">Further members of xAI's request, each as the JSON it came as.</param>
/// <param name="Losses">What does not go on.</param>
public sealed record XaiPicturePrompt(
    string Model, string Prompt, int Count, bool Stream, bool IncludeUsage, IReadOnlyList<KeyValuePair<string, string>> Passed, LossReport Losses)
{
    private const int Most = 10;        // pictures in one request
    private const int CountWithin = 10; // characters of the prompt in which a number is their count

    private static readonly string[] PassedNames = ["user", "aspect_ratio", "resolution", "quality"];
    private static readonly string[] ReadNames = ["model", "messages", "n", "stream", "stream_options", "size"];

    /// <summary>Reads it.</summary>
    /// <exception cref="RequestFormatException">There is no prompt, or a member has a wrong value.</exception>
    public static XaiPicturePrompt Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        var losses = new LossReport();
        var passed = new List<KeyValuePair<string, string>>();
        foreach (JsonProperty member in root.EnumerateObject())
        {
            if (PassedNames.Contains(member.Name))
                passed.Add(new(member.Name, member.Value.GetRawText()));
            else if (!ReadNames.Contains(member.Name) && member.Value.ValueKind != JsonValueKind.Null)
                losses.Add(member.Name, LossKind.Dropped, "A model for pictures does not have it.");
        }

        if (XaiImageRequest.RatioOf(root, losses) is { } ratio)
            passed.Add(new("aspect_ratio", $"\"{ratio}\""));
        string prompt = PromptOf(root, losses);
        bool includesUsage = root.TryGetProperty("stream_options", out JsonElement options) && options.ValueKind == JsonValueKind.Object
            && options.TryGetProperty("include_usage", out JsonElement include) && include.ValueKind == JsonValueKind.True;
        bool stream = root.TryGetProperty("stream", out JsonElement streams) && streams.ValueKind == JsonValueKind.True;
        return new XaiPicturePrompt(root.GetProperty("model").GetString()!, prompt, CountIn(prompt) ?? CountOf(root), stream, includesUsage, passed, losses);
    }

    /// <summary>The request that xAI gets.</summary>
    /// <param name="asBytes">Whether pictures come as bytes; else as addresses.</param>
    public ReadOnlyMemory<byte> ToRequest(bool asBytes)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, Model);
            json.WriteString("prompt"u8, Prompt);
            json.WriteNumber("n"u8, Count);
            json.WriteString("response_format"u8, asBytes ? "b64_json"u8 : "url"u8);
            foreach ((string name, string value) in Passed)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value);
            }

            json.WriteEndObject();
        }

        return output.WrittenMemory;
    }

    /// <summary>The first number from 1 to 10 that begins within the first ten characters.</summary>
    public static int? CountIn(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        for (int i = 0; i < Math.Min(prompt.Length, CountWithin); i++)
        {
            if (!char.IsAsciiDigit(prompt[i]))
                continue;
            int start = i;
            while (i < prompt.Length && char.IsAsciiDigit(prompt[i]))
                i++;
            if (int.TryParse(prompt.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= Most)
                return count;
        }

        return null;
    }

    private static int CountOf(JsonElement root)
    {
        if (!root.TryGetProperty("n", out JsonElement n) || n.ValueKind == JsonValueKind.Null)
            return 1;
        return n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out int count) && count is >= 1 and <= Most
            ? count
            : throw new RequestFormatException($"'n' must be a whole number from 1 to {Most}.", "n", RequestFormatCodes.InvalidValue);
    }

    private static string PromptOf(JsonElement root, LossReport losses)
    {
        if (root.TryGetProperty("messages", out JsonElement messages) && messages.ValueKind == JsonValueKind.Array)
        {
            for (int i = messages.GetArrayLength() - 1; i >= 0; i--)
            {
                JsonElement message = messages[i];
                if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String || role.GetString() != "user"
                    || !message.TryGetProperty("content", out JsonElement content) || LastTextOf(content, i, losses) is not { Length: > 0 } text)
                    continue;
                if (messages.GetArrayLength() > 1)
                    losses.Add("messages", LossKind.Dropped, "Only the last text of the user is the prompt.");
                return text;
            }
        }

        throw new RequestFormatException("'messages' hold no text of the user, which is the prompt here.", "messages", RequestFormatCodes.MissingParameter);
    }

    private static string? LastTextOf(JsonElement content, int index, LossReport losses)
    {
        if (content.ValueKind == JsonValueKind.String)
            return content.GetString()!.Trim();
        if (content.ValueKind != JsonValueKind.Array)
            return null;
        string? last = null;
        bool others = false;
        foreach (JsonElement part in content.EnumerateArray())
        {
            bool isText = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String;
            others |= last is not null || !isText;
            if (isText)
                last = part.GetProperty("text").GetString()!.Trim();
        }

        if (others)
            losses.Add($"messages[{index}].content", LossKind.Dropped, "Only the last text is the prompt.");
        return last;
    }
}
