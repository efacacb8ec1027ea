using Pollux.Generation;

namespace Pollux.Endpoints;

/// <summary>The part of a native path behind the version: a model and what is asked of it.</summary>
/// <param name="Collection"><c>models</c>, <c>tunedModels</c> or <c>dynamic</c>.</param>
/// <param name="Model">The model's name; among <c>models</c> with what may stand before it to say who serves it.</param>
/// <param name="Action">What follows the colon, such as <c>generateContent</c>.</param>
internal readonly record struct NativePath(string Collection, string Model, string Action)
{
    /// <summary>What is lost of a path that names a project and a place: both are those of the pool's credential.</summary>
    public const string PlaceLoss = "path.project:changed;path.location:changed";

    private const string Publisher = "publishers/google/"; // as Vertex AI's clients write it

    private static readonly string[] Collections = ["models", "tunedModels", "dynamic"];

    private static readonly string[] Computations = ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents", "predict", "generateAnswer"];

    /// <summary>Whether the client named a project and a place, as those of Vertex AI do.</summary>
    public bool NamesPlace { get; private init; }

    /// <summary>Whether the answer is all that is left of it, and nothing at the upstream.</summary>
    public bool IsComputation => Array.IndexOf(Computations, Action) >= 0;

    /// <summary>Takes a path such as <c>models/gemini-3.5-flash:generateContent</c> apart.</summary>
    public static bool TryParse(string? path, out NativePath result)
    {
        result = default;
        if (string.IsNullOrEmpty(path) || path.Length > 300)
            return false;

        int place = LengthOfPlace(path);
        if (place > 0 || path.StartsWith(Publisher, StringComparison.Ordinal))
            path = path[(place + Publisher.Length)..];
        int slash = path.IndexOf('/');
        int colon = path.LastIndexOf(':');
        if (slash <= 0 || colon <= slash + 1 || colon == path.Length - 1)
            return false;

        string collection = path[..slash];
        string model = path[(slash + 1)..colon];
        string action = path[(colon + 1)..];
        if (Array.IndexOf(Collections, collection) < 0 || !IsName(collection == "models" ? ModelSides.WithoutMark(model) : model) || !IsName(action))
            return false;

        result = new NativePath(collection, model, action) { NamesPlace = place > 0 };
        return true;
    }

    /// <summary>How long <c>projects/{name}/locations/{name}/</c> before a publisher is; 0: there is none.</summary>
    private static int LengthOfPlace(string path)
    {
        int publisher = path.IndexOf("/" + Publisher, StringComparison.Ordinal) + 1;
        if (publisher == 0)
            return 0;
        Span<Range> parts = stackalloc Range[5];
        ReadOnlySpan<char> before = path.AsSpan(0, publisher - 1);
        return before.Split(parts, '/') == 4 && before[parts[0]].SequenceEqual("projects") && IsName(before[parts[1]]) && before[parts[2]].SequenceEqual("locations") && IsName(before[parts[3]])
            ? publisher
            : 0;
    }

    /// <summary>Only what names consist of: nothing that could lead the path elsewhere at the upstream.</summary>
    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '@'))
                return false;
        }

        return !text.IsEmpty && !text.Contains("..", StringComparison.Ordinal);
    }
}
