using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>Imagen's <c>:predict</c>: one prompt, one to four pictures, five ratios.</summary>
internal static class ImagenRules
{
    private static readonly string[] AspectRatios = ["1:1", "3:4", "4:3", "9:16", "16:9"];

    private static readonly string[] Persons = ["dont_allow", "allow_adult", "allow_all"];

    public static void Check(JsonObject request, Findings findings)
    {
        JsonObject[] instances = [.. (request["instances"] as JsonArray ?? []).OfType<JsonObject>()];
        if (instances.Length == 0) findings.AddField("instances", "instances is not specified");
        else if (instances.Length > 1) findings.AddSentence("Only one instance is supported.");
        else if (string.IsNullOrWhiteSpace(instances[0].Text("prompt"))) findings.AddSentence("Image generation failed: the prompt must not be empty.");
        if (request["parameters"] is not JsonObject parameters) return;
        if (parameters.Integer("sampleCount") is < 1 or > 4) findings.AddSentence("Sample count must be between 1 and 4.");
        if (parameters.Text("aspectRatio") is { } ratio && !AspectRatios.Contains(ratio))
            findings.AddSentence($"Aspect ratio {ratio} is not supported. Supported aspect ratios are: {string.Join(", ", AspectRatios)}.");
        if (parameters.Text("personGeneration") is { } persons && !Persons.Contains(persons, StringComparer.OrdinalIgnoreCase))
            findings.AddSentence($"{persons} is not a value of personGeneration: {string.Join(", ", Persons)}.");
    }
}
