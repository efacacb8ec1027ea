using System.Text;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>Turns OpenAI's transcription and translation requests into Gemini's.</summary>
public static class TranscriptionTranslator
{
    /// <summary>What the model answers when nobody speaks: an empty answer would look like a fault.</summary>
    public const string NoSpeech = "[no speech]";

    private const string Schema =
        """
        {"type":"object","required":["language","segments"],"properties":{"language":{"type":"string","description":"English name of the spoken language in lower case"},"segments":{"type":"array","items":{"type":"object","required":["start","end","text"],"properties":{"start":{"type":"number","description":"seconds from the beginning"},"end":{"type":"number","description":"seconds from the beginning"},"text":{"type":"string"}}}}}}
        """;

    private const string WordSchema =
        """
        {"type":"object","required":["language","segments","words"],"properties":{"language":{"type":"string","description":"English name of the spoken language in lower case"},"segments":{"type":"array","items":{"type":"object","required":["start","end","text"],"properties":{"start":{"type":"number","description":"seconds from the beginning"},"end":{"type":"number","description":"seconds from the beginning"},"text":{"type":"string"}}}},"words":{"type":"array","items":{"type":"object","required":["start","end","word"],"properties":{"start":{"type":"number"},"end":{"type":"number"},"word":{"type":"string"}}}}}}
        """;

    /// <summary>Translates a request.</summary>
    /// <param name="request">The fields of the form.</param>
    /// <param name="recording">The file.</param>
    /// <param name="model">What the model can do.</param>
    /// <exception cref="RequestFormatException">The model cannot do it.</exception>
    public static GenerateContentRequest ToGemini(TranscriptionRequest request, InlineData recording, ModelCapabilities model)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(model);
        var gemini = new GenerateContentRequest();
        var turn = new Content(Content.User);
        turn.Parts.Add(new Part { InlineData = recording });
        turn.Parts.Add(Part.FromText(Prompt(request)));
        gemini.Contents.Add(turn);
        if (request.NeedsTimes)
            AskForTimes(request, gemini.GenerationConfig, model);
        if (request.Temperature is not null && model.SamplingIgnored)
            request.Losses.Add("temperature", LossKind.Dropped, "The model has no control over sampling.");
        else
            gemini.GenerationConfig.Temperature = request.Temperature;
        return gemini;
    }

    private static void AskForTimes(TranscriptionRequest request, GenerationConfig config, ModelCapabilities model)
    {
        if (!model.JsonMode || model.Schema == SchemaSupport.None)
            throw new RequestFormatException("The model gives no times. 'response_format' can be json or text, or ask another model.", "response_format", RequestFormatCodes.UnsupportedValue);
        config.ResponseMimeType = "application/json";
        string schema = request.Words ? WordSchema : Schema;
        if (model.Schema == SchemaSupport.JsonSchema)
            config.ResponseJsonSchema = RawJson.Parse(schema);
        else
            config.ResponseSchema = RawJson.Parse(ToProto(schema));
    }

    /// <summary>Google's older schema language writes the names of types in capitals; the rest is the same here.</summary>
    private static string ToProto(string schema)
    {
        foreach (string type in (ReadOnlySpan<string>)["object", "array", "string", "number"])
            schema = schema.Replace($"\"type\":\"{type}\"", $"\"type\":\"{type.ToUpperInvariant()}\"", StringComparison.Ordinal);
        return schema;
    }

    private static string Prompt(TranscriptionRequest request)
    {
        var prompt = new StringBuilder(request.Translate
            ? "Translate the speech in this recording into English. Answer with the translation alone."
            : "Transcribe the speech in this recording word for word, in the language that is spoken. Answer with the transcript alone.");
        if (request.Language is { } language)
            prompt.Append(" The language is ").Append(language).Append('.');
        if (request.NeedsTimes)
        {
            prompt.Append(" Divide it into segments of one sentence, at most about ten seconds each, with start and end in seconds from the beginning of the recording, in their order.");
            if (request.Words)
                prompt.Append(" Give the times of each word as well.");
        }
        else
        {
            prompt.Append(" If nobody speaks, answer exactly ").Append(NoSpeech).Append('.');
        }

        if (request.Prompt is { } hint)
            prompt.Append("\n\nThese words show the spelling and what it is about; they are no part of the recording:\n").Append(hint);
        return prompt.ToString();
    }
}
