using System.Globalization;
using System.Text.Json.Nodes;
using Pollux.FakeGemini.Wire;

namespace Pollux.FakeGemini.Serving;

/// <summary>The models that are served, and their JSON. Models may be added while requests run.</summary>
internal sealed class ModelList(IReadOnlyList<FakeModel> models)
{
    private const int DefaultPage = 50;
    private const int LargestPage = 1000;
    private volatile IReadOnlyList<FakeModel> _models = models;

    public void Add(FakeModel model) => _models = [.. _models.Where(known => known.Id != model.Id), model];

    public FakeModel? Find(string id) => _models.FirstOrDefault(model => model.Id == id);

    /// <summary>One page, or the refusal of a token or size that was never given out.</summary>
    public (JsonObject? Page, GoogleError? Refusal) Page(IReadOnlyDictionary<string, string> query)
    {
        IReadOnlyList<FakeModel> served = _models;
        if (!TryRead(query, "pageSize", DefaultPage, out int size)) return (null, Invalid("page_size", "TYPE_INT32", query["pageSize"]));
        if (!TryRead(query, "pageToken", 0, out int start) || start > served.Count) return (null, GoogleError.InvalidArgument("Page token is invalid."));
        size = size == 0 ? DefaultPage : Math.Min(size, LargestPage);
        int end = Math.Min(served.Count, start + size);
        JsonArray items = [];
        for (int i = start; i < end; i++) items.Add(Describe(served[i]));
        JsonObject page = new() { ["models"] = items };
        if (end < served.Count) page["nextPageToken"] = end.ToString(CultureInfo.InvariantCulture);
        return (page, null);
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<FakeModel> All => _models;

    public static JsonObject Describe(FakeModel model)
    {
        JsonObject json = new()
        {
            ["name"] = "models/" + model.Id,
            ["version"] = "001",
            ["displayName"] = model.DisplayName,
            ["description"] = $"{model.DisplayName}, as the fake knows it",
            ["inputTokenLimit"] = model.InputTokenLimit,
            ["outputTokenLimit"] = model.OutputTokenLimit,
            ["supportedGenerationMethods"] = new JsonArray([.. model.Methods.Select(static method => JsonValue.Create(method))]),
        };
        if (!model.Supports("generateContent")) return json;
        json["temperature"] = 1;
        json["topP"] = 0.95;
        json["topK"] = 64;
        json["maxTemperature"] = 2;
        if (model.Thinks) json["thinking"] = true;
        return json;
    }

    private static bool TryRead(IReadOnlyDictionary<string, string> query, string name, int fallback, out int value)
    {
        value = fallback;
        return !query.TryGetValue(name, out string? text) || text.Length == 0 ||
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static GoogleError Invalid(string field, string type, string value) => GoogleError.InvalidArgument(
        $"Invalid value at '{field}' ({type}), \"{value}\"");
}
