using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>Ranges of <c>generationConfig</c>, and what the model's modalities allow.</summary>
internal static class GenerationConfigRules
{
    private const string Path = "generation_config.";

    private static readonly string[] MimeTypes =
        ["text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum"];

    private static readonly string[] AspectRatios =
        ["1:1", "1:4", "4:1", "1:8", "8:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];

    private static readonly string[] Voices =
    [
        "Achernar", "Achird", "Algenib", "Algieba", "Alnilam", "Aoede", "Autonoe", "Callirrhoe", "Charon", "Despina",
        "Enceladus", "Erinome", "Fenrir", "Gacrux", "Iapetus", "Kore", "Laomedeia", "Leda", "Orus", "Puck",
        "Pulcherrima", "Rasalgethi", "Sadachbia", "Sadaltager", "Schedar", "Sulafat", "Umbriel", "Vindemiatrix", "Zephyr", "Zubenelgenubi",
    ];

    private static readonly string[] ImageSizes = ["512", "1K", "2K", "4K"];

    public static void Check(FakeModel model, JsonObject request, JsonSchemaRules schemas, Findings findings)
    {
        JsonObject config = request.Child("generationConfig") ?? [];
        CheckRanges(config, findings);
        CheckPenalties(model, config, findings);
        CheckOutputForm(model, config, schemas, findings);
        CheckModalities(model, config, findings);
        ThinkingRules.Check(model, config, findings);
    }

    private static void CheckRanges(JsonObject config, Findings findings)
    {
        InRange("temperature", 0, 2);
        InRange("topP", 0, 1);
        InRange("candidateCount", 1, 8);
        InRange("logprobs", 0, 20);
        if (config.Number("topK") < 1) findings.AddField(Path + "top_k", "top_k must be positive.");
        if (config.Number("maxOutputTokens") < 1) findings.AddField(Path + "max_output_tokens", "max_output_tokens must be positive.");
        if (config.Texts("stopSequences").Count() > 5)
            findings.AddField(Path + "stop_sequences", "the number of stop sequences must be at most 5.");
        if (config.Has("logprobs") && !config.Flag("responseLogprobs"))
            findings.AddField(Path + "logprobs", "only allowed when response_logprobs is true.");

        void InRange(string name, double least, double most)
        {
            if (config.Number(name) is not { } value || (value >= least && value <= most)) return;
            string field = Messages.ConfigMessages.GenerationConfig.Find(name)!.ProtoName;
            findings.AddField(Path + field, $"{field} must be in the range [{least}, {most}].");
        }
    }

    private static void CheckPenalties(FakeModel model, JsonObject config, Findings findings)
    {
        foreach (string name in (ReadOnlySpan<string>)["presencePenalty", "frequencyPenalty"])
        {
            if (config.Number(name) is not { } value) continue;
            if (!model.TakesPenalties) findings.AddSentence($"Penalty is not enabled for models/{model.Id}");
            if (value is < -2 or >= 2)
                findings.AddField(Path + Messages.ConfigMessages.GenerationConfig.Find(name)!.ProtoName, "must be in the range [-2.0, 2.0).");
        }
    }

    private static void CheckOutputForm(FakeModel model, JsonObject config, JsonSchemaRules schemas, Findings findings)
    {
        string mimeType = config.Text("responseMimeType") ?? "text/plain";
        bool media = mimeType.StartsWith("image/", StringComparison.Ordinal) || mimeType.StartsWith("audio/", StringComparison.Ordinal);
        if (!media && !MimeTypes.Contains(mimeType))
        {
            findings.AddField(
                Path + "response_mime_type",
                "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.");
        }

        JsonNode? jsonSchema = config["responseJsonSchema"] ?? config["_responseJsonSchema"];
        JsonObject? protoSchema = config.Child("responseSchema");
        if (protoSchema is not null && jsonSchema is not null)
            findings.AddField(Path + "response_schema", "response_schema and response_json_schema are mutually exclusive.");
        if ((protoSchema is not null || jsonSchema is not null) && mimeType is not ("application/json" or "text/x.enum"))
        {
            findings.AddField(
                Path + "response_schema", "only allowed when response_mime_type is `application/json` or `text/x.enum`.");
        }

        if (protoSchema is not null) ProtoSchemaRules.Check(model, protoSchema, Path + "response_schema", findings);
        if (jsonSchema is not null) schemas.Check(jsonSchema, Path + "response_json_schema", findings);
    }

    private static void CheckModalities(FakeModel model, JsonObject config, Findings findings)
    {
        string[] wanted = [.. config.Texts("responseModalities")];
        if (wanted.Any(modality => !model.Modalities.Contains(modality)))
        {
            findings.AddSentence(model.Modalities is ["TEXT"]
                ? "This model only supports text output."
                : $"The requested combination of response modalities ({string.Join(", ", wanted)}) is not supported by the model. " +
                  $"models/{model.Id} accepts the following combination of response modalities:\n* {string.Join(", ", model.Modalities)}\n");
        }

        if (model.Modalities is ["AUDIO"] && wanted.Length == 0)
        {
            findings.AddSentence(
                "The requested combination of response modalities (TEXT) is not supported by the model. " +
                $"models/{model.Id} accepts the following combination of response modalities:\n* AUDIO\n");
        }

        // Models before 2.5 paint only when both are named; later ones give text and picture by themselves.
        if (model is { Generation: > 0 and < 2.5m } && model.Modalities.Contains("IMAGE") && !(wanted.Contains("TEXT") && wanted.Contains("IMAGE")))
        {
            findings.AddSentence(
                $"The requested combination of response modalities ({(wanted.Length > 0 ? string.Join(", ", wanted) : "TEXT")}) is not supported by the model. " +
                $"models/{model.Id} accepts the following combination of response modalities:\n* TEXT, IMAGE\n");
        }

        if (model.Modalities.Contains("IMAGE") && config.Number("candidateCount") > 1)
            findings.AddSentence($"Multiple candidates is not enabled for models/{model.Id}");
        CheckVoice(config, findings);
        if (config.Child("imageConfig") is not { } image) return;
        if (!model.Modalities.Contains("IMAGE")) findings.AddSentence($"Image configuration is not enabled for models/{model.Id}");
        if (image.Text("aspectRatio") is { } ratio && !AspectRatios.Contains(ratio))
            findings.AddField(Path + "image_config.aspect_ratio", $"aspect_ratio must be one of {string.Join(", ", AspectRatios)}.");
        else if (image.Text("aspectRatio") is "1:4" or "4:1" or "1:8" or "8:1" && !model.Id.StartsWith("gemini-3.1-flash-image", StringComparison.Ordinal))
            findings.AddField(Path + "image_config.aspect_ratio", $"aspect_ratio is not supported by models/{model.Id}.");
        if (image.Text("imageSize") is { } size && !ImageSizes.Contains(size))
            findings.AddField(Path + "image_config.image_size", $"image_size must be one of {string.Join(", ", ImageSizes)}.");
    }

    private static void CheckVoice(JsonObject config, Findings findings)
    {
        string? voice = config.Child("speechConfig")?.Child("voiceConfig")?.Child("prebuiltVoiceConfig")?.Text("voiceName");
        if (voice is not null && !Voices.Contains(voice, StringComparer.OrdinalIgnoreCase))
            findings.AddSentence($"Voice name {voice} is not supported. Allowed voice names are: {string.Join(", ", Voices).ToLowerInvariant()}");
    }
}
