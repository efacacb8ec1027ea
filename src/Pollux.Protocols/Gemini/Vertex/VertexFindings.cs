using System.Text.Json;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Gemini.Vertex;

/// <summary>What a look at a request finds: whether it must change, what is lost, and why it cannot be asked at all.</summary>
internal sealed class VertexFindings
{
    private bool _isCount;

    /// <summary>Whether something must be written otherwise.</summary>
    public bool NeedsChange { get; private set; }

    /// <summary>Why Vertex AI cannot be asked.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What is left out.</summary>
    public LossReport Losses { get; } = new();

    /// <summary>Looks through a request.</summary>
    public void Look(JsonElement request, bool isCount)
    {
        _isCount = isCount;
        Look(request, VertexPlace.Request, "", inContents: false);
    }

    private void Look(JsonElement element, VertexPlace place, string path, bool inContents)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            int index = 0;
            foreach (JsonElement one in element.EnumerateArray())
                Look(one, place, $"{path}[{index++}]", inContents);
            return;
        }

        if (element.ValueKind != JsonValueKind.Object)
            return;
        if (place == VertexPlace.Content && inContents && VertexWriter.RoleOf(element) is not null)
            NeedsChange = true;
        NeedsChange |= VertexFields.IsEmptied(place, element);
        foreach (JsonProperty member in element.EnumerateObject())
        {
            string name = member.Name;
            string at = path.Length == 0 ? name : path + "." + name;
            Refuse(place, name, member.Value, at);
            if (VertexFields.IsUnknown(place, name, _isCount))
            {
                NeedsChange = true;
                if (!VertexFields.IsNoLoss(place, name, _isCount))
                    Losses.Add(at, LossKind.Dropped, "Vertex AI does not know it.");
            }
            else if (VertexFields.Below(place, name) is { } below)
            {
                Look(member.Value, below, at, inContents: name == "contents");
            }
        }
    }

    private void Refuse(VertexPlace place, string name, JsonElement value, string at)
    {
        Refusal ??= (place, name) switch
        {
            (VertexPlace.Part, "fileData" or "file_data") when VertexRequest.TryGet(value, "fileUri", "file_uri", out JsonElement uri) && VertexRequest.IsOfFilesApi(uri) =>
                $"{at} names a file of the Gemini API's Files API, which Vertex AI does not have. Send the data inline, or by a gs:// or https address, or ask by a route that is served by the Gemini API.",
            (VertexPlace.Tool, "fileSearch" or "file_search") => $"{at}: Vertex AI has no file search. Ask by a route that is served by the Gemini API.",
            (VertexPlace.Tool, "mcpServers" or "mcp_servers") => $"{at}: Vertex AI calls no MCP servers. Ask by a route that is served by the Gemini API.",
            (VertexPlace.Request, "cachedContent" or "cached_content") when !_isCount && value.ValueKind == JsonValueKind.String && value.GetString()!.StartsWith("cachedContents/", StringComparison.Ordinal) =>
                $"{at} names a cache of the Gemini API, which Vertex AI does not have. Ask by a route that is served by the Gemini API.",
            _ => null,
        };
    }
}
