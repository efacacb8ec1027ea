using System.Text.Json;
using Pollux.KeyPool;

namespace Pollux.Settings;

/// <summary>
/// Reads <c>model_limits.json</c>: per model <c>rpm</c>, <c>rpd</c>, <c>tpm_input</c>, <c>tpd_input</c> and <c>input_token_limit</c>;
/// <c>output_token_limit</c> may stand there and means nothing here. Comments are allowed, null is no limit. One wrong entry does
/// not spoil the others.
/// </summary>
internal static class ModelLimitsFile
{
    private const string Setting = "MODEL_LIMITS_PATH";
    private const string Shared = "shipped-model-limits.json";
    private const long MaxBytes = 1 << 20;

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>What the user set; empty when there is no file. A file that was named and cannot be read is a fault.</summary>
    public static IReadOnlyDictionary<string, ModelLimits> Load(SettingSource source, string dataDirectory)
    {
        string? named = source.Text(Setting);
        string? path = named ?? new[] { Path.Combine(dataDirectory, "model_limits.json"), Path.Combine("app", "data", "model_limits.json") }.FirstOrDefault(File.Exists);
        if (path is null)
            return new Dictionary<string, ModelLimits>();
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw new InvalidDataException("It is larger than a MiB.");
            return Read(File.ReadAllText(path), fault => source.Fault(Setting, fault));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException or InvalidDataException)
        {
            source.Fault(Setting, $"names a file that cannot be used ({path}: {fault.Message}); no limits are set");
            return new Dictionary<string, ModelLimits>();
        }
    }

    /// <summary>What is shipped: the public values of the free tier on the date that stands in the file.</summary>
    public static IReadOnlyDictionary<string, ModelLimits> Shipped()
    {
        using Stream file = typeof(ModelLimitsFile).Assembly.GetManifestResourceStream(Shared) ?? throw new InvalidOperationException($"{Shared} is not in the program.");
        using var text = new StreamReader(file);
        return Read(text.ReadToEnd(), static fault => throw new InvalidDataException(fault));
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="json">The text.</param>
    /// <param name="wrong">Told about entries that are passed over.</param>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static IReadOnlyDictionary<string, ModelLimits> Read(string json, Action<string> wrong)
    {
        using JsonDocument document = JsonDocument.Parse(json, Lenient);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new JsonException("It holds no JSON object.");
        var limits = new Dictionary<string, ModelLimits>(StringComparer.Ordinal);
        foreach (JsonProperty model in document.RootElement.EnumerateObject())
        {
            if (model.Value.ValueKind == JsonValueKind.Object)
                limits[model.Name] = new ModelLimits(Limit(model, "rpm", wrong), Limit(model, "tpm_input", wrong), Limit(model, "rpd", wrong), Limit(model, "tpd_input", wrong)) { InputTokenLimit = Limit(model, "input_token_limit", wrong) };
            else
                wrong($"has no object of limits for {model.Name}; that entry counts as absent");
        }

        return limits;
    }

    private static long? Limit(JsonProperty model, string name, Action<string> wrong)
    {
        if (!model.Value.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long limit) && limit > 0)
            return limit;
        wrong($"has no whole number above 0 as {name} of {model.Name}; that limit counts as absent");
        return null;
    }
}
