using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Pollux.Replies;

/// <summary>Puts the events of a stream together to the one body that would have been sent without streaming. Pure.</summary>
internal static class ReplyJoin
{
    /// <summary>Members of which a later event tells the whole anew. Of any other member two events cannot both have a share.</summary>
    private static readonly string[] ToldAnew = ["finishReason", "finishMessage", "safetyRatings", "tokenCount", "avgLogprobs", "groundingMetadata", "usageMetadata", "modelVersion", "responseId", "createTime", "modelStatus"];

    /// <summary>Joins <paramref name="events"/>.</summary>
    /// <returns><see langword="null"/> when they hold something that cannot be put together, such as pieces of function calls.</returns>
    public static byte[]? TryJoin(IReadOnlyList<byte[]> events)
    {
        if (events.Count == 1)
            return events[0];

        var documents = new List<JsonDocument>(events.Count);
        try
        {
            var whole = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            var candidates = new SortedDictionary<int, Candidate>();
            foreach (byte[] one in events)
            {
                var document = JsonDocument.Parse(one);
                documents.Add(document);
                foreach (JsonProperty member in document.RootElement.EnumerateObject())
                {
                    if (member.Name != "candidates")
                    {
                        if (!TryTell(whole, member))
                            return null;
                        continue;
                    }

                    foreach (JsonElement candidate in member.Value.EnumerateArray())
                    {
                        int index = candidate.TryGetProperty("index", out JsonElement number) ? number.GetInt32() : 0;
                        if (!candidates.TryGetValue(index, out Candidate? joined))
                            candidates.Add(index, joined = new Candidate());
                        if (!joined.TryAdd(candidate))
                            return null;
                    }
                }
            }

            return Write(whole, candidates.Values);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            return null; // of another shape than is known: the next request is answered anew
        }
        finally
        {
            foreach (JsonDocument document in documents)
                document.Dispose();
        }
    }

    private static bool TryTell(Dictionary<string, JsonElement> told, JsonProperty member)
    {
        if (told.TryGetValue(member.Name, out JsonElement before) && !ToldAnew.Contains(member.Name) && !JsonElement.DeepEquals(before, member.Value))
            return false;
        told[member.Name] = member.Value;
        return true;
    }

    private static byte[] Write(Dictionary<string, JsonElement> whole, IEnumerable<Candidate> candidates)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("candidates"u8);
            foreach (Candidate candidate in candidates)
                candidate.WriteTo(json);
            json.WriteEndArray();
            WriteMembers(json, whole);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteMembers(Utf8JsonWriter json, Dictionary<string, JsonElement> members)
    {
        foreach ((string name, JsonElement value) in members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.GetRawText(), skipInputValidation: true); // as it came: lone surrogates and long numbers included
        }
    }

    private sealed class Candidate
    {
        private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
        private readonly List<(JsonElement Part, StringBuilder? Text)> _parts = [];
        private JsonElement? _role;

        public bool TryAdd(JsonElement candidate)
        {
            foreach (JsonProperty member in candidate.EnumerateObject())
            {
                if (member.Name != "content")
                {
                    if (!TryTell(_members, member))
                        return false;
                    continue;
                }

                foreach (JsonProperty inner in member.Value.EnumerateObject())
                {
                    if (inner.Name == "role")
                        _role = inner.Value;
                    else if (inner.Name != "parts" || !TryAddParts(inner.Value))
                        return false;
                }
            }

            return true;
        }

        public void WriteTo(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteStartObject("content"u8);
            json.WriteStartArray("parts"u8);
            foreach ((JsonElement part, StringBuilder? text) in _parts)
            {
                json.WriteStartObject();
                foreach (JsonProperty member in part.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    json.WriteRawValue(member.Name == "text" && text is not null ? text + "\"" : member.Value.GetRawText(), skipInputValidation: true);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (_role is { } role)
            {
                json.WritePropertyName("role"u8);
                role.WriteTo(json);
            }

            json.WriteEndObject();
            WriteMembers(json, _members);
            json.WriteEndObject();
        }

        private bool TryAddParts(JsonElement parts)
        {
            foreach (JsonElement part in parts.EnumerateArray())
            {
                if (part.TryGetProperty("functionCall", out JsonElement call) && (call.TryGetProperty("partialArgs", out _) || call.TryGetProperty("willContinue", out _)))
                    return false;
                if (!IsPlainText(part, out bool thought))
                {
                    _parts.Add((part, null));
                    continue;
                }

                string raw = part.GetProperty("text").GetRawText();
                if (_parts is [.., { Text: { } before } last] && IsPlainText(last.Part, out bool thoughtBefore) && thought == thoughtBefore)
                    before.Append(raw, 1, raw.Length - 2);
                else
                    _parts.Add((part, new StringBuilder(raw, 0, raw.Length - 1, raw.Length)));
            }

            return true;
        }

        /// <summary>Text with nothing beside it that would belong to one piece alone, such as a signature.</summary>
        private static bool IsPlainText(JsonElement part, out bool thought)
        {
            thought = false;
            bool text = false;
            foreach (JsonProperty member in part.EnumerateObject())
            {
                if (member.Name == "text")
                    text = member.Value.ValueKind == JsonValueKind.String;
                else if (member.Name == "thought" && member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                    thought = member.Value.GetBoolean();
                else
                    return false;
            }

            return text;
        }
    }
}
