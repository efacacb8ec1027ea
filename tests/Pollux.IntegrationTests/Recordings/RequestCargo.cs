using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>
/// Finds what of a chat request did not reach the upstream: a walk over both bodies that shares no code with the
/// translator. A thing that is missing is excused where the loss report names its place or a place around it.
/// </summary>
internal sealed class RequestCargo
{
    /// <summary>What the gateway itself heeds; nothing of it has a place in the upstream's body.</summary>
    private static readonly string[] Own = ["model", "stream", "stream_options", "messages", "tools", "functions", "parallel_tool_calls"];

    private readonly string _texts;
    private readonly HashSet<string> _data = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<JsonNode?> _arguments = [];
    private readonly string[] _losses;
    private readonly JsonObject _upstream;
    private readonly List<string> _missing = [];

    private RequestCargo(JsonObject upstream, string? losses)
    {
        _upstream = upstream;
        _losses = losses is null ? [] : [.. losses.Split(';').Select(loss => loss.Split(':')[0])];
        var texts = new List<string>();
        Collect(upstream, "", texts);
        _texts = string.Join('\0', texts);
    }

    /// <summary>How many things were looked for.</summary>
    public int Checked { get; private set; }

    /// <summary>How many were missing and reported.</summary>
    public int Reported { get; private set; }

    /// <summary>Those missing without a report.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>Compares a chat request with what was sent for it.</summary>
    /// <param name="chat">The client's body.</param>
    /// <param name="upstream">The upstream's body.</param>
    /// <param name="losses">The loss report as the header gives it.</param>
    public static RequestCargo Compare(JsonObject chat, JsonObject upstream, string? losses)
    {
        var cargo = new RequestCargo(upstream, losses);
        foreach ((string name, JsonNode? value) in chat)
        {
            if (!Own.Contains(name) && value is not null)
                cargo.Look(name, cargo.HasSetting(name, value));
        }

        cargo.LookAtTools(chat);
        if (chat["response_format"] is JsonObject format)
            cargo.LookAtDescriptions(format["json_schema"]?["schema"], "response_format");
        JsonArray messages = chat["messages"]!.AsArray();
        for (int i = 0; i < messages.Count; i++)
            cargo.LookAtMessage(messages[i]!.AsObject(), $"messages[{i}]");
        return cargo;
    }

    private void LookAtTools(JsonObject chat)
    {
        (string, JsonArray?)[] lists = [("tools", chat["tools"] as JsonArray), ("functions", chat["functions"] as JsonArray)];
        foreach ((string list, JsonArray? tools) in lists)
        {
            for (int i = 0; i < (tools?.Count ?? 0); i++)
            {
                string path = $"{list}[{i}]";
                JsonObject? function = list == "functions" ? tools![i] as JsonObject : tools![i]?["function"] as JsonObject;
                Look(path, function is not null);
                if (function is null)
                    continue;
                Look(path + ".name", _names.Contains(Text(function["name"])));
                if (function["description"] is { } description)
                    Look(path + ".description", Has(Text(description)));
                LookAtDescriptions(function["parameters"], path + ".parameters");
            }
        }
    }

    /// <summary>The words that explain parameters to the model, at any depth.</summary>
    private void LookAtDescriptions(JsonNode? schema, string path)
    {
        if (schema is JsonObject members)
        {
            foreach ((string name, JsonNode? value) in members)
            {
                if (name == "description" && value is JsonValue text && text.GetValueKind() == JsonValueKind.String)
                    Look(path, Has(Text(text)));
                else if (name == "properties" && value is JsonObject properties)
                    foreach ((string property, JsonNode? inner) in properties) Look(path, HasWord(property), () => LookAtDescriptions(inner, path));
                else
                    LookAtDescriptions(value, path);
            }
        }
        else if (schema is JsonArray items)
        {
            foreach (JsonNode? item in items)
                LookAtDescriptions(item, path);
        }
    }

    private void LookAtMessage(JsonObject message, string path)
    {
        if (message["content"] is JsonValue text && text.GetValueKind() == JsonValueKind.String)
            LookAtText(Text(text), path + ".content");
        if (message["content"] is JsonArray parts)
        {
            for (int i = 0; i < parts.Count; i++)
                LookAtPart(parts[i]!.AsObject(), $"{path}.content[{i}]");
        }

        if (message["refusal"] is JsonValue refusal)
            LookAtText(Text(refusal), path + ".refusal");
        if (message["name"] is JsonValue name && Text(message["role"]) != "function")
            Look(path + ".name", Has(Text(name)));
        if (message["audio"] is not null)
            Look(path + ".audio", found: false);
        if (message["function_call"] is JsonObject call)
            LookAtCall(call, path + ".function_call");
        JsonArray calls = message["tool_calls"] as JsonArray ?? [];
        for (int i = 0; i < calls.Count; i++)
        {
            if (calls[i]!["function"] is JsonObject function)
                LookAtCall(function, $"{path}.tool_calls[{i}]");
            else
                Look($"{path}.tool_calls[{i}]", found: false);
        }
    }

    private void LookAtPart(JsonObject part, string path)
    {
        switch (Text(part["type"]))
        {
            case "text":
                LookAtText(Text(part["text"]), path);
                break;
            case "refusal":
                LookAtText(Text(part["refusal"]), path);
                break;
            case "image_url":
                LookAtData(Text(part["image_url"]!["url"]), path);
                if (part["image_url"]!["detail"] is JsonValue detail && Text(detail) != "auto")
                    Look(path + ".image_url.detail", Has("MEDIA_RESOLUTION"));
                break;
            case "input_audio":
                LookAtData(Text(part["input_audio"]!["data"]), path);
                break;
            case "file":
                LookAtData(Text(part["file"]!["file_data"]), path);
                break;
            default:
                Look(path, found: false);
                break;
        }
    }

    private void LookAtText(string text, string path)
    {
        if (text.Length > 0)
            Look(path, Has(text) || IsJsonOf(text));
    }

    private void LookAtData(string url, string path)
    {
        int comma = url.StartsWith("data:", StringComparison.Ordinal) ? url.IndexOf(',', StringComparison.Ordinal) : -1;
        Look(path, _data.Contains(url[(comma + 1)..]));
    }

    private void LookAtCall(JsonObject function, string path)
    {
        Look(path, _names.Contains(Text(function["name"])));
        string arguments = Text(function["arguments"]);
        JsonNode? json = arguments.Trim().Length == 0 ? new JsonObject() : ParseOrNull(arguments);
        Look(path, json is null ? Has(arguments) : _arguments.Any(sent => JsonNode.DeepEquals(sent, json)));
    }

    /// <summary>Whether a setting is found where Gemini has it.</summary>
    private bool HasSetting(string name, JsonNode value)
    {
        JsonNode? config = _upstream["generationConfig"];
        return name switch
        {
            "temperature" => JsonNode.DeepEquals(config?["temperature"], value),
            "top_p" => JsonNode.DeepEquals(config?["topP"], value),
            "seed" => JsonNode.DeepEquals(config?["seed"], value),
            "n" => Equals(value.GetValue<int>(), config?["candidateCount"]?.GetValue<int>() ?? 1),
            "max_tokens" or "max_completion_tokens" => JsonNode.DeepEquals(config?["maxOutputTokens"], value),
            "stop" => config?["stopSequences"] is not null,
            "presence_penalty" => JsonNode.DeepEquals(config?["presencePenalty"], value),
            "frequency_penalty" => JsonNode.DeepEquals(config?["frequencyPenalty"], value),
            "reasoning_effort" => config?["thinkingConfig"] is not null,
            "logprobs" => value.GetValueKind() == JsonValueKind.False || config?["responseLogprobs"] is not null,
            "top_logprobs" => JsonNode.DeepEquals(config?["logprobs"], value),
            "response_format" => Text(value["type"]) == "text" || config?["responseMimeType"] is not null,
            "modalities" => value.AsArray() is [JsonValue only] && Text(only) == "text" || config?["responseModalities"] is not null,
            "audio" => config?["speechConfig"] is not null,
            "tool_choice" or "function_call" => value is JsonValue word && Text(word) == "auto" || _upstream["toolConfig"] is not null || _upstream["tools"] is null,
            "service_tier" => _upstream["serviceTier"] is not null || Text(value) is "auto" or "default",
            "web_search_options" => _upstream["tools"]?.ToJsonString().Contains("googleSearch", StringComparison.Ordinal) ?? false,
            _ => false,
        };
    }

    private void Look(string path, bool found, Action? then = null)
    {
        Checked++;
        if (found)
            then?.Invoke();
        else if (Array.Exists(_losses, loss => path.StartsWith(loss, StringComparison.Ordinal) || loss.StartsWith(path, StringComparison.Ordinal)))
            Reported++;
        else
            _missing.Add(path);
    }

    private bool Has(string text) => _texts.Contains(text, StringComparison.Ordinal);

    private bool HasWord(string name) => _names.Contains(name);

    /// <summary>A tool's result that is JSON travels as JSON.</summary>
    private bool IsJsonOf(string text) =>
        ParseOrNull(text) is { } json && (_arguments.Any(sent => JsonNode.DeepEquals(sent, json)) || Has(Text(json)));

    private static JsonNode? ParseOrNull(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node?.ToJsonString() ?? "";

    private void Collect(JsonNode? node, string name, List<string> texts)
    {
        switch (node)
        {
            case JsonObject members:
                foreach ((string member, JsonNode? value) in members)
                {
                    _names.Add(member);
                    if (member is "args" or "response" or "result" or "output")
                        _arguments.Add(value);
                    Collect(value, member, texts);
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                    Collect(item, name, texts);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                (name is "data" or "fileUri" ? _data : name is "name" ? _names : null)?.Add(value.GetValue<string>());
                texts.Add(value.GetValue<string>());
                break;
        }
    }
}
