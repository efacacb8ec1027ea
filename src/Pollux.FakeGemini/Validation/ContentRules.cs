using System.Text.Json.Nodes;
using Pollux.FakeGemini.Messages;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Validation;

/// <summary>Contents: present, with known roles, each part with data of a kind that the model reads.</summary>
internal static class ContentRules
{
    /// <summary>What the page of gemini-3-pro-image says of pictures to go by.</summary>
    private const int MostPictures = 14;

    private static readonly string[] ReadableFamilies = ["image/", "audio/", "video/", "text/"];

    private static readonly string[] ReadableTypes =
    [
        "application/pdf", "application/json", "application/xml", "application/rtf", "application/javascript",
        "application/x-javascript", "application/x-typescript", "application/x-python", "application/x-ipynb+json",
    ];

    /// <summary>The rules of <c>contents</c> and <c>systemInstruction</c>.</summary>
    public static void Check(FakeModel model, JsonObject request, Findings findings)
    {
        JsonObject[] contents = [.. request.Messages("contents")];
        if (contents.Length == 0) findings.AddField("contents", "contents is not specified");
        for (int i = 0; i < contents.Length; i++) CheckContent(contents[i], $"contents[{i}]", model, findings);
        CheckSystemInstruction(model, request, findings);
        int pictures = contents.SelectMany(static content => content.Messages("parts")).Count(static part => part.Child("inlineData")?.Text("mimeType")?.StartsWith("image/", StringComparison.Ordinal) == true);
        if (model.Modalities.Contains("IMAGE") && pictures > MostPictures)
            findings.AddSentence($"Too many images in the request: {pictures}. models/{model.Id} takes at most {MostPictures}.");
    }

    /// <summary>Who may speak first and last.</summary>
    public static void CheckEnds(FakeModel model, JsonObject request, Findings findings)
    {
        JsonObject[] contents = [.. request.Messages("contents")];
        if (contents.Length > 0 && contents[0].Text("role") == "model")
            findings.AddSentence("Please ensure that the first content comes from the user: its role must be user.");
        if (contents.Length > 0 && contents[^1].Text("role") == "model" && !model.TakesPrefill)
            findings.AddSentence($"Prefill is not supported for models/{model.Id}: the last content must have the role user.");
    }

    /// <summary>The rules of one content.</summary>
    public static void CheckContent(JsonObject content, string path, FakeModel model, Findings findings)
    {
        if (content.Text("role") is { } role && role is not ("user" or "model" or "function" or ""))
            findings.AddSentence("Please use a valid role: user, model.");
        JsonObject[] parts = [.. content.Messages("parts")];
        if (parts.Length == 0) findings.AddField(path + ".parts", "contents.parts must not be empty.");
        for (int i = 0; i < parts.Length; i++) CheckPart(parts[i], content.Text("role"), $"{path}.parts[{i}]", model, findings);
    }

    private static void CheckPart(JsonObject part, string? role, string path, FakeModel model, Findings findings)
    {
        // Recordings hold accepted parts that are nothing but a signature or the range of a video.
        if (!ContentMessages.PartData.Any(part.Has) && !part.Has("thoughtSignature") && !part.Has("videoMetadata"))
            findings.AddField(path + ".data", "required oneof field 'data' must have one initialized field");
        if (part.Child("inlineData") is { } inline) CheckInlineData(inline, path + ".inline_data", model, findings);
        if (part.Child("fileData") is { } file && string.IsNullOrEmpty(file.Text("fileUri")))
            findings.AddField(path + ".file_data.file_uri", "must not be empty.");
        if (part.Child("functionCall") is { } call) CheckCall(call, role, path + ".function_call", findings);
        if (part.Child("functionResponse") is { } response) CheckResponse(response, role, path + ".function_response", model, findings);
    }

    private static void CheckInlineData(JsonObject inline, string path, FakeModel model, Findings findings)
    {
        string? type = inline.Text("mimeType");
        if (string.IsNullOrEmpty(type)) findings.AddField(path + ".mime_type", "must not be empty.");
        else if (!IsReadable(type)) findings.AddSentence($"Unsupported MIME type: {type}");
        else if (!model.Hears && type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase))
            findings.AddSentence($"Audio input modality is not enabled for models/{model.Id}");
        if (string.IsNullOrEmpty(inline.Text("data"))) findings.AddField(path + ".data", "must not be empty.");
    }

    private static bool IsReadable(string type) =>
        ReadableFamilies.Any(family => type.StartsWith(family, StringComparison.OrdinalIgnoreCase)) ||
        ReadableTypes.Contains(type.Split(';')[0], StringComparer.OrdinalIgnoreCase);

    private static void CheckCall(JsonObject call, string? role, string path, Findings findings)
    {
        if (string.IsNullOrEmpty(call.Text("name"))) findings.AddField(path + ".name", "Name cannot be empty.");
        if (role != "model") findings.AddSentence("Please ensure that function call parts have the role model.");
    }

    private static void CheckResponse(JsonObject response, string? role, string path, FakeModel model, Findings findings)
    {
        if (string.IsNullOrEmpty(response.Text("name"))) findings.AddField(path + ".name", "Name cannot be empty.");
        if (role == "model") findings.AddSentence("Please ensure that function response parts have the role user.");
        if (response.Messages("parts").Any() && model.Generation < 3)
            findings.AddSentence($"Multimodal function responses are not supported for models/{model.Id}.");
    }

    private static void CheckSystemInstruction(FakeModel model, JsonObject request, Findings findings)
    {
        if (request.Child("systemInstruction") is not { } instruction) return;
        if (!model.TakesSystemInstruction) findings.AddSentence($"Developer instruction is not enabled for models/{model.Id}");
        int index = 0;
        foreach (JsonObject part in instruction.Messages("parts"))
        {
            string path = $"system_instruction.parts[{index++}]";
            if (!ContentMessages.PartData.Any(part.Has))
                findings.AddField(path + ".data", "required oneof field 'data' must have one initialized field");
            else if (!part.Has("text"))
                findings.AddSentence("System instruction only supports text parts.");
        }
    }
}
