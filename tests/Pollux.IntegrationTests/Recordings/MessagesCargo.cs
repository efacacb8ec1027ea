using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>
/// Finds what of a request for messages did not reach the upstream: a walk over both bodies that shares no code with the translator.
/// A thing that is missing is excused where the loss report names its place or a place around it.
/// </summary>
internal sealed class MessagesCargo
{
    /// <summary>What the gateway heeds itself, or what concerns Anthropic's own books.</summary>
    private static readonly string[] Own = ["model", "stream", "messages", "tools", "system", "metadata", "cache_control"];

    private readonly HashSet<string> _words = new(StringComparer.Ordinal);
    private readonly List<JsonNode> _objects = [];
    private readonly string _texts;
    private readonly string[] _losses;
    private readonly bool _isCut;
    private readonly JsonObject _upstream;
    private readonly List<string> _missing = [];

    private MessagesCargo(JsonObject upstream, string? losses)
    {
        _upstream = upstream;
        _losses = losses is null ? [] : [.. losses.Split(';').Select(static loss => loss.Split(':')[0])];
        _isCut = _losses.Any(static loss => loss.StartsWith('+')); // the header has no room for all
        Collect(upstream);
        _texts = string.Join('\0', _words);
    }

    /// <summary>How many things were looked for.</summary>
    public int Checked { get; private set; }

    /// <summary>How many were missing and reported.</summary>
    public int Reported { get; private set; }

    /// <summary>Those missing without a report.</summary>
    public IReadOnlyList<string> Missing => _missing;

    public static MessagesCargo Compare(JsonObject asked, JsonObject upstream, string? losses)
    {
        var cargo = new MessagesCargo(upstream, losses);
        foreach ((string name, JsonNode? value) in asked)
        {
            if (!Own.Contains(name) && value is not null)
                cargo.LookAtSetting(name, value);
        }

        cargo.LookAtContent(asked["system"], "system");
        JsonArray tools = asked["tools"] as JsonArray ?? [];
        for (int i = 0; i < tools.Count; i++)
            cargo.LookAtTool(tools[i]!.AsObject(), $"tools[{i}]");
        JsonArray messages = asked["messages"]!.AsArray();
        for (int i = 0; i < messages.Count; i++)
            cargo.LookAtContent(messages[i]!["content"], $"messages[{i}].content");
        return cargo;
    }

    private void LookAtSetting(string name, JsonNode value)
    {
        JsonNode? config = _upstream["generationConfig"];
        if (name == "output_config")
        {
            foreach ((string member, JsonNode? one) in value.AsObject())
            {
                if (one is not null)
                    Look($"output_config.{member}", member == "format" ? config?["responseMimeType"] is not null : member == "effort" && config?["thinkingConfig"] is not null, "response_format", "thinking");
            }

            return;
        }

        bool found = name switch
        {
            "max_tokens" => JsonNode.DeepEquals(config?["maxOutputTokens"], value),
            "temperature" => JsonNode.DeepEquals(config?["temperature"], value),
            "top_p" => JsonNode.DeepEquals(config?["topP"], value),
            "top_k" => JsonNode.DeepEquals(config?["topK"], value),
            "stop_sequences" => config?["stopSequences"] is JsonArray stops && stops.Count == value.AsArray().Count,
            "tool_choice" => Text(value["type"]) == "auto" || _upstream["toolConfig"]?["functionCallingConfig"] is not null,
            "thinking" => config?["thinkingConfig"] is not null || Text(value["type"]) == "adaptive",
            "mcp_servers" => value is JsonArray { Count: 0 },
            _ => false,
        };
        Look(name, found);
    }

    private void LookAtTool(JsonObject tool, string path)
    {
        string type = Text(tool["type"]);
        if (type is "" or "custom")
        {
            Look($"{path}.name", _words.Contains(Text(tool["name"])));
            Look($"{path}.description", tool["description"] is null || Has(Text(tool["description"])));
            foreach ((string property, JsonNode? schema) in tool["input_schema"]?["properties"] as JsonObject ?? [])
                Look($"{path}.input_schema", _words.Contains(property) && (schema?["description"] is not JsonValue words || Has(Text(words))));
            if (tool["defer_loading"]?.GetValue<bool>() == true)
                Look($"{path}.defer_loading", _losses.Any(static loss => loss.EndsWith(".defer_loading", StringComparison.Ordinal)));
            return;
        }

        string? builtIn = type.StartsWith("web_search", StringComparison.Ordinal) ? "googleSearch" : type.StartsWith("web_fetch", StringComparison.Ordinal) ? "urlContext" : type.StartsWith("code_execution", StringComparison.Ordinal) ? "codeExecution" : null;
        Look(path, builtIn is not null ? _words.Contains(builtIn) : type.StartsWith("memory", StringComparison.Ordinal) && _words.Contains("memory"), $"tools.{builtIn}");
        foreach ((string name, JsonNode? value) in tool)
        {
            if (name is not ("type" or "name") && value is not null)
                Look($"{path}.{name}", found: false);
        }
    }

    private void LookAtContent(JsonNode? content, string path)
    {
        if (content is JsonValue text)
            Look(path, Text(text).Length == 0 || Has(Text(text)));
        JsonArray blocks = content as JsonArray ?? [];
        for (int i = 0; i < blocks.Count; i++)
            LookAtBlock(blocks[i]!.AsObject(), $"{path}[{i}]");
    }

    private void LookAtBlock(JsonObject block, string path)
    {
        switch (Text(block["type"]))
        {
            case "text":
                Look(path, Text(block["text"]).Length == 0 || Has(Text(block["text"])) || IsJsonOf(Text(block["text"])));
                break;
            case "image" or "document":
                JsonNode source = block["source"]!;
                Look(path, _words.Contains(Text(source["data"] ?? source["url"])));
                if (block["title"] is not null)
                    Look($"{path}.title", Has(Text(block["title"])));
                if (block["citations"]?["enabled"]?.GetValue<bool>() == true)
                    Look($"{path}.citations", found: false);
                break;
            case "tool_use":
                Look(path, _words.Contains(Text(block["name"])) && _objects.Exists(sent => JsonNode.DeepEquals(sent, block["input"])));
                break;
            case "tool_result" when block["content"] is JsonValue result:
                Look(path, Text(result).Length == 0 || Has(Text(result)) || IsJsonOf(Text(result)));
                break;
            case "tool_result":
                LookAtContent(block["content"], $"{path}.content");
                break;
            case "thinking" or "redacted_thinking":
                Look(path, _losses.Any(static loss => loss.Contains(".content[", StringComparison.Ordinal))); // told once, of the first
                break;
            default:
                Look(path, found: false); // told of each, be it as text or left out
                break;
        }
    }

    private void Look(string path, bool found, params string[] elsewhere)
    {
        Checked++;
        if (found)
            return;
        if (_isCut || Array.Exists(_losses, loss => path.StartsWith(loss, StringComparison.Ordinal) || loss.StartsWith(path, StringComparison.Ordinal) || elsewhere.Contains(loss)))
            Reported++;
        else
            _missing.Add(path);
    }

    private bool Has(string text) => _texts.Contains(text, StringComparison.Ordinal);

    /// <summary>A tool's result that is JSON travels as JSON.</summary>
    private bool IsJsonOf(string text)
    {
        try
        {
            JsonNode? json = JsonNode.Parse(text);
            return _objects.Exists(sent => JsonNode.DeepEquals(sent, json));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node?.ToJsonString() ?? "";

    private void Collect(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                _objects.Add(members);
                foreach ((string name, JsonNode? value) in members)
                {
                    _words.Add(name);
                    Collect(value);
                }

                break;
            case JsonArray items:
                _objects.Add(items);
                foreach (JsonNode? item in items)
                    Collect(item);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _words.Add(value.GetValue<string>());
                break;
        }
    }
}
