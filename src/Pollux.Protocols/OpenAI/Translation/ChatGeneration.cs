using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>Translates everything that is neither message nor tool: sampling, length, format, thinking, safety.</summary>
internal static class ChatGeneration
{
    private const int MaxLogprobs = 20;

    public static ChatTranslation Translate(ChatScope scope, GoogleOptions google)
    {
        var chat = scope.Chat;
        var json = TranslateFormat(scope);
        TranslateSampling(scope);
        TranslateLength(scope);
        TranslateStop(scope);
        TranslateThinking(scope, google);
        TranslateSafety(scope, google);
        ChatModalities.Translate(scope, google);
        AnswerSettings.ServeAt(scope, scope.Chat.ServiceTier);
        ReportIgnored(scope);
        scope.Request.CachedContent = google.CachedContent;

        return new ChatTranslation
        {
            Request = scope.Request,
            Losses = scope.Losses,
            Names = scope.Names,
            Model = chat.Model,
            Stream = chat.Stream is true,
            IncludeUsage = chat.StreamOptions?.IncludeUsage is true,
            CandidateCount = TranslateCandidates(scope),
            Logprobs = TranslateLogprobs(scope),
            LegacyFunctions = chat.Tools is not { Count: > 0 } && chat.Functions is { Count: > 0 },
            JsonMode = json,
            SingleCall = chat.ParallelToolCalls is false,
            ShowThoughts = google.IncludeThoughts ?? (chat.Reasoning?.Exclude is { } exclude ? !exclude : null),
            ThoughtTag = google.ThoughtTag,
            AudioFormat = chat.Audio?.Format,
        };
    }

    private static bool TranslateFormat(ChatScope scope)
    {
        switch (scope.Chat.ResponseFormat?.Type)
        {
            case null or "text":
                return false;
            case "json_object":
                AnswerSettings.UseJson(scope, default, "response_format");
                return true;
            case "json_schema":
                AnswerSettings.UseJson(scope, scope.Chat.ResponseFormat.JsonSchema?.Schema ?? default, "response_format.json_schema.schema");
                return true;
            default:
                throw new RequestFormatException(
                    "Unknown value for 'response_format.type'. Supported are text, json_object and json_schema.", "response_format.type", RequestFormatCodes.UnsupportedValue);
        }
    }

    private static void TranslateSampling(ChatScope scope)
    {
        var (chat, config) = (scope.Chat, scope.Request.GenerationConfig);
        AnswerSettings.Sample(scope, chat.Temperature, chat.TopP, chat.TopK);
        config.PresencePenalty = Penalty(scope, chat.PresencePenalty, "presence_penalty");
        config.FrequencyPenalty = Penalty(scope, chat.FrequencyPenalty, "frequency_penalty");

        if (chat.Seed is not { } seed)
            return;
        config.Seed = seed is >= int.MinValue and <= int.MaxValue ? (int)seed : (int)(Math.Abs(seed) % int.MaxValue);
        if (config.Seed != seed)
            scope.Losses.Add("seed", LossKind.Changed, "Gemini takes 32 bits; the seed was folded, and stays the same for the same value.");
    }

    private static double? Penalty(ChatScope scope, double? value, string path)
    {
        if (value is null or 0) // 0 is the default everywhere, and some models refuse even that
            return null;
        if (scope.Model.PenaltiesRefused)
        {
            scope.Losses.Add(path, LossKind.Dropped, "The model refuses penalties.");
            return null;
        }
        return AnswerSettings.Clamp(scope, value, -2, 1.99, path); // Google excludes 2 itself
    }

    private static void TranslateLength(ChatScope scope)
    {
        var (asked, path) = scope.Chat.MaxCompletionTokens is { } newer ? (newer, "max_completion_tokens") : (scope.Chat.MaxTokens, "max_tokens");
        AnswerSettings.Limit(scope, asked, path);
    }

    private static void TranslateStop(ChatScope scope)
    {
        var stop = scope.Chat.Stop;
        switch (stop.FirstByte(scope.Body))
        {
            case 0:
                return;
            case (byte)'"':
                AnswerSettings.StopAt(scope, scope.Value(stop), "stop");
                break;
            case (byte)'[':
                var buffer = scope.Value(stop).Utf8;
                var reader = new Utf8JsonReader(buffer.Span);
                for (reader.Read(); reader.Read() && reader.TokenType is not JsonTokenType.EndArray;)
                {
                    if (reader.TokenType is not JsonTokenType.String)
                        throw NotText();
                    AnswerSettings.StopAt(scope, RawJson.FromUtf8(buffer[(int)reader.TokenStartIndex..(int)reader.BytesConsumed]), "stop");
                }
                break;
            default:
                throw NotText();
        }

        static RequestFormatException NotText() => new("'stop' must be a string or a list of strings.", "stop", RequestFormatCodes.InvalidType);
    }

    private static int TranslateCandidates(ChatScope scope)
    {
        if (scope.Chat.N is not { } asked || asked == 1)
            return 1;
        if (asked < 1 || asked != Math.Floor(asked))
            throw new RequestFormatException("'n' must be a whole number from 1 on.", "n");
        var count = (int)Math.Min(asked, scope.Model.MaxCandidates);
        if (count != asked)
            scope.Losses.Add("n", LossKind.Changed, $"The model gives {scope.Model.MaxCandidates} alternatives at most.");
        if (count > 1)
            scope.Request.GenerationConfig.CandidateCount = count;
        return count;
    }

    private static bool TranslateLogprobs(ChatScope scope)
    {
        var alternatives = scope.Chat.TopLogprobs is { } top ? (int)Math.Clamp(top, 0, MaxLogprobs) : (int?)null;
        if (scope.Chat.Logprobs is not true && alternatives is null or 0)
            return false;
        if (!scope.Model.Logprobs)
        {
            scope.Losses.Add("logprobs", LossKind.Dropped, "The model gives no log probabilities.");
            return false;
        }
        scope.Request.GenerationConfig.ResponseLogprobs = true;
        scope.Request.GenerationConfig.Logprobs = alternatives is > 0 ? alternatives : null;
        return true;
    }

    private static void TranslateThinking(ChatScope scope, GoogleOptions google)
    {
        var chat = scope.Chat;
        var measured = google.ThinkingBudget ?? Tokens(chat.ThinkingBudget) ?? Tokens(chat.Reasoning?.MaxTokens) ?? Tokens(chat.Thinking?.BudgetTokens);
        var enabled = google.EnableThinking ?? chat.EnableThinking ?? chat.Reasoning?.Enabled ?? chat.Thinking?.Type switch
        {
            "enabled" or "adaptive" or "auto" => true,
            "disabled" => false,
            _ => null,
        };
        if (enabled is false && google.ThinkingBudget is null && google.ThinkingLevel is null)
            measured = null; // off outweighs the budget that a settings dialog leaves standing
        var effort = chat.ReasoningEffort ?? chat.Reasoning?.Effort;
        var wish = new ThinkingWish
        {
            Budget = measured,
            Level = google.ThinkingLevel,
            Enabled = enabled,
            Effort = effort,
            IncludeThoughts = google.IncludeThoughts,
        };
        var path = google.ThinkingBudget is not null || google.ThinkingLevel is not null ? "google.thinking_config"
            : measured is not null ? "thinking_budget"
            : enabled is false || effort is null ? "enable_thinking"
            : "reasoning_effort";
        scope.Request.GenerationConfig.ThinkingConfig = ThinkingTranslation.Translate(wish, scope.Model, scope.Losses, path);
        if (effort is not null && path is not "reasoning_effort")
            scope.Losses.Add("reasoning_effort", LossKind.Dropped, $"{path} says more precisely how much to think.");
    }

    private static int? Tokens(double? tokens) => tokens is { } known ? (int)Math.Clamp(known, -1, int.MaxValue) : null;

    private static void TranslateSafety(ChatScope scope, GoogleOptions google)
    {
        var settings = google.SafetySettings.IsEmpty && !scope.Chat.SafetySettings.IsEmpty ? scope.Value(scope.Chat.SafetySettings) : google.SafetySettings;
        if (settings.IsEmpty)
            return;
        using var document = JsonDocument.Parse(settings.Utf8);
        var root = document.RootElement;
        if (root.ValueKind is not JsonValueKind.Array)
            throw Wrong();
        foreach (var setting in root.EnumerateArray())
        {
            if (setting.ValueKind is not JsonValueKind.Object || !setting.TryGetProperty("category"u8, out var category) || !setting.TryGetProperty("threshold"u8, out var threshold)
                || !IsEnum(category) || !IsEnum(threshold))
                throw Wrong();
            scope.Request.SafetySettings.Add(new SafetySetting(RawJson.Parse(category.GetRawText()), RawJson.Parse(threshold.GetRawText())));
        }

        static bool IsEnum(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number;

        static RequestFormatException Wrong() => new("'safety_settings' must be a list of objects with category and threshold.", "safety_settings", RequestFormatCodes.InvalidType);
    }

    /// <summary>
    /// Reports what would have changed the answer. What only concerns OpenAI's own housekeeping (user, store, metadata,
    /// cache keys) is no loss to the caller.
    /// </summary>
    private static void ReportIgnored(ChatScope scope)
    {
        var chat = scope.Chat;
        scope.ReportIf(chat.LogitBias.FirstByte(scope.Body) == (byte)'{' && chat.LogitBias.Length > 2, "logit_bias", "Gemini's tokens are not OpenAI's.");
        scope.ReportIf(!chat.Verbosity.IsEmpty, "verbosity", "Gemini has no such control.");
        scope.ReportIf(!chat.Prediction.IsEmpty, "prediction", "Gemini makes no use of predicted text.");
        scope.ReportIf(chat.ParallelToolCalls is false && scope.Request.HasFunctions, "parallel_tool_calls", "Gemini cannot be told to make one call at a time.");
    }
}
