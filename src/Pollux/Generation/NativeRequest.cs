using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Pollux.Buffers;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Protocols.Translation;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>
/// Changes native request bodies, only where a feature asks for it. A body that nothing asks for goes out as the bytes it
/// came as.
/// </summary>
internal static class NativeRequest
{
    private const string Placeholder = "skip_thought_signature_validator";

    /// <summary>Scans a body once.</summary>
    /// <param name="body">The body.</param>
    /// <exception cref="JsonException">It is not one well-formed JSON object of sane depth.</exception>
    public static NativeScan Scan(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) // the reader looks at no text that it skips
            throw new JsonException("The request body is not UTF-8.");

        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("The request body must be a JSON object.");

        bool hasSafety = false;
        var tokens = new PromptTokens();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            hasSafety |= reader.ValueTextEquals("safetySettings"u8) || reader.ValueTextEquals("safety_settings"u8);
            PromptEstimate.AddMember(ref reader, ref tokens);
        }

        int close = (int)reader.TokenStartIndex;
        if (reader.Read())
            throw new JsonException("Something follows the JSON object.");
        return new NativeScan(close, hasSafety, tokens);
    }

    /// <summary>Adds the safety settings that are set explicitly to a body that has none.</summary>
    /// <param name="body">The body.</param>
    /// <param name="close">Where its object closes.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="newBuffer">Gives a buffer that lives as long as the request.</param>
    /// <returns>The changed body, or <see langword="null"/> when nothing is set.</returns>
    public static ReadOnlyMemory<byte>? AddSafety(ReadOnlyMemory<byte> body, int close, GenerationSettings settings, Func<int, PooledBuffer> newBuffer)
    {
        using IEnumerator<(string Category, string Threshold)> chosen = SafetyStep.Choose(settings, whenUnset: false).GetEnumerator();
        if (!chosen.MoveNext())
            return null;

        PooledBuffer output = newBuffer(body.Length + 512);
        ReadOnlySpan<byte> before = body.Span[..close].TrimEnd(" \r\n\t"u8);
        output.Write(before);
        output.Write(before[^1] == (byte)'{' ? "\"safetySettings\":"u8 : ",\"safetySettings\":"u8);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartArray();
            do
            {
                json.WriteStartObject();
                json.WriteString("category"u8, chosen.Current.Category);
                json.WriteString("threshold"u8, chosen.Current.Threshold);
                json.WriteEndObject();
            }
            while (chosen.MoveNext());
            json.WriteEndArray();
        }

        output.Write("}"u8);
        return output.Written;
    }

    /// <summary>Carries out what a suffix of the model's name asks for.</summary>
    /// <param name="body">The body.</param>
    /// <param name="model">The model with its wishes.</param>
    /// <param name="losses">Receives what could not be had as it was wished.</param>
    /// <exception cref="JsonException">A member stands in the body twice, so that nobody can say which one is meant.</exception>
    public static ReadOnlyMemory<byte> ApplyWishes(ReadOnlyMemory<byte> body, ResolvedModel model, LossReport losses)
    {
        ThinkingConfig? thinking = ThinkingTranslation.Translate(model.Thinking, model.Capabilities, losses, "model");
        if (thinking is null && !model.Search && !model.Pictures)
            return body;

        JsonObject root = JsonNode.Parse(body.Span, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })!.AsObject();
        if (thinking is not null)
            SetThinking(root, thinking);
        if (model.Search)
            AddSearch(root, model, losses);
        if (model.Pictures)
            AddPictures(root);
        return JsonSerializer.SerializeToUtf8Bytes(root, NativeJson.Default.JsonObject);
    }

    /// <summary>Replaces every thought signature by the placeholder that Google documents for calls of other origin.</summary>
    /// <param name="body">The body.</param>
    /// <param name="newBuffer">Gives a buffer that lives as long as the request.</param>
    public static ReadOnlyMemory<byte> ReplaceSignatures(ReadOnlyMemory<byte> body, Func<int, PooledBuffer> newBuffer)
    {
        PooledBuffer output = newBuffer(body.Length + 64);
        ReadOnlySpan<byte> source = body.Span;
        var reader = new Utf8JsonReader(source);
        int copied = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName
                || !(reader.ValueTextEquals("thoughtSignature"u8) || reader.ValueTextEquals("thought_signature"u8)))
                continue;

            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                continue;

            output.Write(source[copied..(int)reader.TokenStartIndex]);
            output.Write("\""u8);
            output.Write(System.Text.Encoding.ASCII.GetBytes(Placeholder));
            output.Write("\""u8);
            copied = (int)reader.BytesConsumed;
        }

        output.Write(source[copied..]);
        return output.Written;
    }

    private static void SetThinking(JsonObject root, ThinkingConfig wish)
    {
        JsonObject thinking = Member(Member(root, "generationConfig", "generation_config"), "thinkingConfig", "thinking_config");
        if (wish.IncludeThoughts is { } include)
            Set(thinking, "includeThoughts", include, "include_thoughts");
        if (wish.ThinkingBudget is { } budget)
            Set(thinking, "thinkingBudget", budget, "thinking_budget", "thinkingLevel", "thinking_level");
        if (wish.ThinkingLevel is { } level)
            Set(thinking, "thinkingLevel", level.ToString().ToUpperInvariant(), "thinking_level", "thinkingBudget", "thinking_budget");
    }

    /// <summary>
    /// The name asks for pictures. Asked by their own names, today's models for pictures give text and picture where a body names
    /// no modalities (Google's page on picture generation), and those before 2.5 refuse it: such a body goes as it came.
    /// </summary>
    private static void AddPictures(JsonObject root)
    {
        JsonObject config = Member(root, "generationConfig", "generation_config");
        if ((config["responseModalities"] ?? config["response_modalities"]) is JsonArray asked && asked.Any(IsPicture))
            return;
        Set(config, "responseModalities", new JsonArray("TEXT", "IMAGE"), "response_modalities");
    }

    private static bool IsPicture(JsonNode? modality) =>
        modality is JsonValue value && value.TryGetValue(out string? word) && word.Equals("IMAGE", StringComparison.OrdinalIgnoreCase);

    private static void AddSearch(JsonObject root, ResolvedModel model, LossReport losses)
    {
        JsonArray tools = root["tools"] as JsonArray ?? [];
        bool hasFunctions = false;
        foreach (JsonNode? tool in tools)
        {
            if (tool is not JsonObject members)
                continue;
            if (members.ContainsKey("googleSearch") || members.ContainsKey("google_search"))
                return;
            hasFunctions |= members.ContainsKey("functionDeclarations") || members.ContainsKey("function_declarations");
        }

        if (hasFunctions && !model.Capabilities.BuiltInToolsWithFunctions)
        {
            losses.Add("tools.googleSearch", LossKind.Dropped, "The model does not take built-in tools beside functions.");
            return;
        }

        tools.Add(new JsonObject { ["googleSearch"] = new JsonObject() });
        root["tools"] = tools;
    }

    private static void Set(JsonObject parent, string name, JsonNode value, params ReadOnlySpan<string> replaced)
    {
        foreach (string old in replaced)
            parent.Remove(old);
        parent[name] = value;
    }

    private static JsonObject Member(JsonObject parent, string camelCase, string snakeCase)
    {
        if ((parent[camelCase] ?? parent[snakeCase]) is JsonObject present)
            return present;
        var created = new JsonObject();
        parent.Remove(snakeCase);
        parent[camelCase] = created;
        return created;
    }
}

/// <summary>What one look at a native body tells.</summary>
/// <param name="Close">Where its object closes.</param>
/// <param name="HasSafety">Whether it brings safety settings of its own.</param>
/// <param name="Tokens">What its prompt may count.</param>
internal readonly record struct NativeScan(int Close, bool HasSafety, PromptTokens Tokens);
