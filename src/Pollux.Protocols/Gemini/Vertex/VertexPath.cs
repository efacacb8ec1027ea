namespace Pollux.Protocols.Gemini.Vertex;

/// <summary>A model's path of the Gemini API, taken apart so that it can be asked of Vertex AI.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Action">What is asked of it.</param>
public readonly record struct VertexPath(string Model, string Action)
{
    private static readonly string[] Served = ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents", "predict"];

    /// <summary>Whether the path is one that Vertex AI has a counterpart for.</summary>
    /// <param name="path">Version and path, such as <c>v1beta/models/gemini-3.5-flash:generateContent</c>.</param>
    /// <param name="result">Its parts.</param>
    public static bool TryRead(string path, out VertexPath result)
    {
        const string collection = "/models/";
        result = default;
        int start = path.IndexOf(collection, StringComparison.Ordinal);
        int colon = path.LastIndexOf(':');
        if (start < 0 || colon < start + collection.Length || path.IndexOf('/') != start)
            return false;
        result = new VertexPath(path[(start + collection.Length)..colon], path[(colon + 1)..]);
        return Array.IndexOf(Served, result.Action) >= 0 && IsName(result.Model);
    }

    /// <summary>Only what names consist of: the name must not lead elsewhere.</summary>
    private static bool IsName(string model)
    {
        foreach (char c in model)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '@'))
                return false;
        }

        return model.Length > 0 && !model.Contains("..", StringComparison.Ordinal);
    }
}
