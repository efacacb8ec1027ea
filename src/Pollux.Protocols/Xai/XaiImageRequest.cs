using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Xai;

/// <summary>
/// Requests for pictures as OpenAI's clients write them, made such that xAI takes them: it has no size but a ratio, no seed and no
/// mask, and refuses what it does not know. What says nothing of that kind goes on as the bytes it came as.
/// </summary>
public static class XaiImageRequest
{
    /// <summary>What xAI refuses of OpenAI's parameters.</summary>
    private static readonly string[] Refused =
        ["size", "seed", "mask", "style", "background", "moderation", "output_format", "output_compression", "stream", "partial_images", "input_fidelity"];

    /// <summary>The ratios that are chosen among.</summary>
    private static readonly (string Word, double Value)[] Ratios =
        [("1:1", 1), ("4:3", 4d / 3), ("3:4", 3d / 4), ("3:2", 3d / 2), ("2:3", 2d / 3), ("16:9", 16d / 9), ("9:16", 9d / 16), ("2:1", 2), ("1:2", 0.5)];

    /// <summary>Whether a model of xAI's makes pictures: all of them say so in their name.</summary>
    public static bool IsPictureModel(string model) => model.StartsWith("grok-", StringComparison.Ordinal) && model.Contains("-image", StringComparison.Ordinal);

    /// <summary>Takes out what xAI refuses, and turns a size into a ratio.</summary>
    /// <param name="body">A JSON object.</param>
    /// <param name="losses">Told of what is changed.</param>
    public static ReadOnlyMemory<byte> Adapt(ReadOnlyMemory<byte> body, LossReport losses)
    {
        ArgumentNullException.ThrowIfNull(losses);
        using var document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        if (!Refused.Any(name => root.TryGetProperty(name, out _)))
            return body;
        var output = new ArrayBufferWriter<byte>(body.Length);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            foreach (JsonProperty member in root.EnumerateObject())
            {
                if (!Refused.Contains(member.Name))
                {
                    json.WritePropertyName(member.Name);
                    json.WriteRawValue(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
                }
                else if (member.Name != "size" && !(member.Name == "stream" && member.Value.ValueKind == JsonValueKind.False))
                {
                    losses.Add(member.Name, LossKind.Dropped, "xAI's models for pictures do not have it.");
                }
            }

            if (RatioOf(root, losses) is { } ratio)
                json.WriteString("aspect_ratio"u8, ratio);
            json.WriteEndObject();
        }

        return output.WrittenMemory;
    }

    /// <summary>The ratio that a size comes nearest to; <see langword="null"/> where none is to be added.</summary>
    /// <param name="root">The request.</param>
    /// <param name="losses">Told of what becomes of the size.</param>
    internal static string? RatioOf(JsonElement root, LossReport losses)
    {
        if (!root.TryGetProperty("size", out JsonElement size) || size.ValueKind == JsonValueKind.Null)
            return null;
        if (root.TryGetProperty("aspect_ratio", out _))
        {
            losses.Add("size", LossKind.Dropped, "aspect_ratio says it already.");
            return null;
        }

        string model = root.TryGetProperty("model", out JsonElement named) && named.ValueKind == JsonValueKind.String ? named.GetString()! : "";
        string[] sides = size.ValueKind == JsonValueKind.String ? size.GetString()!.Split('x') : [];
        if (model.StartsWith("grok-2-image", StringComparison.Ordinal) || sides.Length != 2
            || !int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int width) || !int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out int height)
            || width == 0 || height == 0)
        {
            losses.Add("size", LossKind.Dropped, "The model chooses its size.");
            return null;
        }

        double wanted = Math.Log((double)width / height);
        string ratio = Ratios.MinBy(ratio => Math.Abs(Math.Log(ratio.Value) - wanted)).Word;
        losses.Add("size", LossKind.Changed, $"xAI takes a ratio: {ratio}.");
        return ratio;
    }
}
