using System.Globalization;

namespace Pollux.FakeGemini;

/// <summary>
/// A model and its rules. <see cref="Named"/> derives them from the id; a test changes single rules by <c>with</c>.
/// The rules follow Google's model pages as of November 2026.
/// </summary>
/// <param name="Id">The id without <c>models/</c>.</param>
public sealed record FakeModel(string Id)
{
    /// <summary>Generation of the family, such as 2.5 or 3.6; 0 for models that are not Gemini.</summary>
    public decimal Generation { get; init; }

    /// <summary>Human name in the models list.</summary>
    public string DisplayName { get; init; } = Id;

    /// <summary>Largest input, in tokens.</summary>
    public int InputTokenLimit { get; init; } = 1_048_576;

    /// <summary>Largest output including thoughts, in tokens.</summary>
    public int OutputTokenLimit { get; init; } = 65_536;

    /// <summary>Methods such as <c>generateContent</c>; others answer 404.</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"];

    /// <summary>Whether the model thinks.</summary>
    public bool Thinks { get; init; }

    /// <summary>Accepted thinking levels; empty before Gemini 3.</summary>
    public IReadOnlyList<string> ThinkingLevels { get; init; } = [];

    /// <summary>Thinking budgets in tokens, both ends included; null where budgets are not limited.</summary>
    public (int Least, int Most)? ThinkingBudgets { get; init; }

    /// <summary>Whether a budget of 0 turns thinking off (otherwise it is refused).</summary>
    public bool ThinkingCanBeOff { get; init; }

    /// <summary>The model that answers instead and stands as <c>modelVersion</c>, as for retired models; null for itself.</summary>
    public string? AnsweredBy { get; init; }

    /// <summary>What the model can put out: <c>TEXT</c>, <c>IMAGE</c>, <c>AUDIO</c>.</summary>
    public IReadOnlyList<string> Modalities { get; init; } = ["TEXT"];

    /// <summary>Whether it takes sound.</summary>
    public bool Hears { get; init; } = true;

    /// <summary>Whether functions may be declared.</summary>
    public bool CallsFunctions { get; init; } = true;

    /// <summary>Whether functionCall parts carry ids.</summary>
    public bool GivesCallIds { get; init; }

    /// <summary>Whether the first functionCall of each step of the current turn must come back with its signature.</summary>
    public bool RequiresSignatures { get; init; }

    /// <summary>Whether <c>systemInstruction</c> is accepted.</summary>
    public bool TakesSystemInstruction { get; init; } = true;

    /// <summary>Whether presence and frequency penalties are accepted.</summary>
    public bool TakesPenalties { get; init; } = true;

    /// <summary>Whether the last content may have the role <c>model</c>.</summary>
    public bool TakesPrefill { get; init; } = true;

    /// <summary>Whether built-in tools may stand beside functions, and JSON output beside tools.</summary>
    public bool CombinesTools => Generation >= 3;

    /// <summary>Models of one family read each other's thought signatures.</summary>
    public string SignatureFamily => Generation >= 3 ? "gemini-3" : Id.StartsWith("gemini-", StringComparison.Ordinal) ? "gemini-2" : "other";

    /// <summary>The rules of a model, derived from its id. Unknown ids get the rules of a plain text model.</summary>
    public static FakeModel Named(string id) => FakeModelRules.For(id);

    /// <summary>True when the model has this method; streaming comes with <c>generateContent</c>.</summary>
    internal bool Supports(string method) => method switch
    {
        "streamGenerateContent" => Methods.Contains("generateContent"),
        "batchEmbedContents" => Methods.Contains("embedContent"),
        _ => Methods.Contains(method),
    };

    internal static decimal GenerationOf(string id)
    {
        const string Prefix = "gemini-";
        if (!id.StartsWith(Prefix, StringComparison.Ordinal)) return 0;
        ReadOnlySpan<char> rest = id.AsSpan(Prefix.Length);
        int end = rest.IndexOf('-');
        if (end >= 0) rest = rest[..end];
        return decimal.TryParse(rest, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal generation) ? generation : 0;
    }
}
