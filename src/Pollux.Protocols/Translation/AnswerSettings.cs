using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.JsonSchema;

namespace Pollux.Protocols.Translation;

/// <summary>What clients of any dialect say about an answer's length, randomness and form, brought into Google's ranges.</summary>
internal static class AnswerSettings
{
    private const int MaxStopSequences = 5;

    /// <summary>Sets how random the answer is.</summary>
    /// <param name="scope">The translation.</param>
    /// <param name="temperature">0 to 2.</param>
    /// <param name="topP">0 to 1.</param>
    /// <param name="topK">From 1 on; 0 and -1 switch it off.</param>
    public static void Sample(TranslationScope scope, double? temperature, double? topP, double? topK)
    {
        if (scope.Model.SamplingIgnored)
        {
            const string Ignored = "The model has no control over sampling.";
            scope.ReportIf(temperature is not null, "temperature", Ignored);
            scope.ReportIf(topP is not null, "top_p", Ignored);
            scope.ReportIf(topK is not null, "top_k", Ignored);
            return;
        }
        var config = scope.Request.GenerationConfig;
        config.Temperature = Clamp(scope, temperature, 0, 2, "temperature");
        config.TopP = Clamp(scope, topP, 0, 1, "top_p");
        if (topK is > 0 and { } asked) // 0 and -1 switch it off in other engines; so does leaving it out here
            config.TopK = (int)Math.Min(Math.Max(asked, 1), 10_000);
    }

    /// <summary>Brings a number into its range, and reports it.</summary>
    public static double? Clamp(TranslationScope scope, double? value, double min, double max, string path)
    {
        if (value is not { } asked)
            return null;
        var taken = Math.Clamp(asked, min, max);
        if (taken != asked)
            scope.Losses.Add(path, LossKind.Changed, $"Gemini takes {min} to {max}.");
        return taken;
    }

    /// <summary>Bounds the answer.</summary>
    /// <param name="scope">The translation.</param>
    /// <param name="asked">In tokens; absent for the model's own bound.</param>
    /// <param name="path">Where it stands.</param>
    public static void Limit(TranslationScope scope, double? asked, string path)
    {
        if (asked is not { } tokens)
            return;
        if (tokens < 1)
        {
            // -1 means "no limit" to clients of local engines.
            scope.Losses.Add(path, LossKind.Dropped, "A limit below one token was taken as no limit.");
            return;
        }
        var limit = scope.Model.OutputTokenLimit > 0 ? scope.Model.OutputTokenLimit : int.MaxValue;
        if (tokens > limit)
            scope.Losses.Add(path, LossKind.Changed, $"The model's longest answer has {limit} tokens.");
        scope.Request.GenerationConfig.MaxOutputTokens = (int)Math.Min(tokens, limit);
    }

    /// <summary>Adds a text at which the answer ends.</summary>
    /// <param name="scope">The translation.</param>
    /// <param name="text">A JSON string.</param>
    /// <param name="path">Where it stands.</param>
    public static void StopAt(TranslationScope scope, RawJson text, string path)
    {
        var sequences = scope.Request.GenerationConfig.StopSequences;
        if (text.IsEmptyText)
            return;
        if (sequences.Count < MaxStopSequences)
            sequences.Add(text);
        else
            scope.Losses.Add(path, LossKind.Dropped, "Gemini takes five stop sequences.");
    }

    /// <summary>Says how soon and for how much the answer is made.</summary>
    /// <param name="scope">The translation.</param>
    /// <param name="tier">OpenAI's word.</param>
    public static void ServeAt(TranslationScope scope, string? tier)
    {
        switch (tier?.ToLowerInvariant())
        {
            case null or "auto":
                break;
            case "flex":
                scope.Request.ServiceTier = "flex";
                break;
            case "priority":
                scope.Request.ServiceTier = "priority";
                break;
            case "default" or "standard":
                scope.Request.ServiceTier = "standard";
                break;
            default:
                scope.Losses.Add("service_tier", LossKind.Dropped, "Google has no such tier.");
                break;
        }
    }

    /// <summary>Asks for JSON.</summary>
    /// <param name="scope">The translation.</param>
    /// <param name="schema">What it must look like; absent for any.</param>
    /// <param name="path">Where the schema stands.</param>
    public static void UseJson(TranslationScope scope, JsonSlice schema, string path)
    {
        var config = scope.Request.GenerationConfig;
        config.ResponseMimeType = "application/json";
        if (schema.IsEmpty)
            return;
        if (schema.FirstByte(scope.Body) != (byte)'{')
            throw new RequestFormatException($"'{path}' must be a JSON Schema.", path, RequestFormatCodes.InvalidType);
        var translated = SchemaTranslation.Translate(scope.Value(schema), scope.Model.Schema, scope.Losses, path);
        if (scope.Model.Schema is SchemaSupport.Proto)
            config.ResponseSchema = translated;
        else
            config.ResponseJsonSchema = translated;
    }
}
