using System.Globalization;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>
/// Finds the model behind a name: a name that the upstream lists is taken as it stands; else an alias; else suffixes are
/// cut from the right, in any order and each once, and what remains must be a listed name.
/// </summary>
internal sealed class ModelNames(ModelDirectory directory, SettingsHolder settings, KeyPool.KeyPool pool)
{
    /// <summary>OpenAI's word for a model that does not exist.</summary>
    public const string NotFoundCode = "model_not_found";

    /// <summary>What a name ends in that asks for Google's search.</summary>
    public const string SearchSuffix = "-search";

    private const string Prefix = "models/";

    private static readonly string[] RefusedEndings = ["-encrypt-full", "-encrypt", "-auto"];

    private static readonly (string Suffix, ThinkingWish Wish)[] Suffixes =
    [
        ("-nothinking", new ThinkingWish { Enabled = false }),
        ("-non-thinking", new ThinkingWish { Enabled = false }),
        ("-maxthinking", new ThinkingWish { Effort = "max" }),
        ("-max", new ThinkingWish { Effort = "max" }),
        ("-thinking", new ThinkingWish { IncludeThoughts = true }),
    ];

    /// <summary>Resolves <paramref name="asked"/>.</summary>
    /// <param name="asked">The name as the client wrote it.</param>
    /// <param name="side">The kinds of credentials that the route allows; none: any.</param>
    /// <returns><see langword="null"/> when there is no such model, or when it is hidden, or not on this route.</returns>
    public ResolvedModel? Resolve(string asked, CredentialKinds side = CredentialKinds.None)
    {
        if (ModelSides.Of(asked, side, settings.Current, pool) is not { } place)
            return null;
        (ModelList? list, GenerationSettings generation) = (directory.Current, settings.Current.Generation);
        ResolvedModel? model = Resolve(place.Name, list, generation);
        if (model is null && place.IsVertexAlone && RefusalOf(place.Name) is null && !ImageModels.IsChat(place.Name, list, generation))
            model = Resolve(place.Name, list: null, generation); // Google has no list of what Vertex AI serves: it will judge
        return model is null || (place.Kinds == CredentialKinds.None && !place.MustPay) ? model : model with { Kinds = place.Kinds, MustPay = place.MustPay };
    }

    /// <summary>The refusal of a name that <see cref="Resolve(string, CredentialKinds)"/> does not know.</summary>
    public static RequestFormatException NotFound(string asked) => RefusalOf(asked) is { } refusal
        ? new RequestFormatException(refusal, "model", RequestFormatCodes.UnsupportedValue)
        : new RequestFormatException($"The model '{asked}' does not exist. GET /v1/models lists those that do.", "model", NotFoundCode);

    /// <summary>Why a name with an ending that a predecessor had, and this gateway has not, is refused.</summary>
    public static string? RefusalOf(string asked)
    {
        foreach (string ending in RefusedEndings)
        {
            if (asked.EndsWith(ending, StringComparison.Ordinal))
                return $"Names that end in {ending} are not served: they exist to get past Google's content filter. Ask for '{asked[..^ending.Length]}'.";
        }

        return null;
    }

    /// <summary>How many input tokens a model takes: as the user set it, else as the catalogue says; 0 = not known.</summary>
    public int InputTokenLimit(ResolvedModel model) =>
        settings.Current.Pool.SetLimits.TryGetValue(model.Name, out ModelLimits? set) && set.InputTokenLimit is { } limit ? (int)Math.Min(limit, int.MaxValue) : model.Capabilities.InputTokenLimit;

    /// <summary>When a reserved key serves a model.</summary>
    public PaidKeyUse PaidUse(ResolvedModel model) => model.MustPay ? PaidKeyUse.Always : PaidModels.UseFor(model.Name, model.Capabilities, settings.Current.Pool);

    /// <summary>Resolves <paramref name="asked"/> among the models of <paramref name="list"/>, <see langword="null"/> while nobody knows it.</summary>
    public static ResolvedModel? Resolve(string asked, ModelList? list, GenerationSettings generation)
    {
        string name = WithoutPrefix(asked);
        if (name.Length == 0 || name.Length > 200)
            return null;

        if (ImageModels.IsChat(name, list, generation))
            return null; // served by the routes for pictures

        if (!IsListed(list, generation, name) && generation.Aliases.TryGetValue(name, out string? target))
            name = WithoutPrefix(target);

        ThinkingWish thinking = default;
        bool openAICut = false;
        bool search = false;
        bool pretendsStream = false;
        bool imageCut = false;
        while (!IsListed(list, generation, name))
        {
            if (thinking.IsEmpty && TryCutThinking(name, out string shorter, out ThinkingWish wish))
            {
                (name, thinking) = (shorter, wish);
            }
            else if (!openAICut && name.EndsWith("-openai", StringComparison.Ordinal))
            {
                (name, openAICut) = (name[..^"-openai".Length], true);
            }
            else if (!search && generation.Tools.SearchNames && name.Length > SearchSuffix.Length && name.EndsWith(SearchSuffix, StringComparison.Ordinal))
            {
                (name, search) = (name[..^SearchSuffix.Length], true);
            }
            else if (!pretendsStream && name.EndsWith("-fake", StringComparison.Ordinal))
            {
                (name, pretendsStream) = (name[..^"-fake".Length], true);
            }
            else if (!imageCut && ImageModels.TryCut(name, list, generation, out string painter))
            {
                (name, imageCut) = (painter, true);
            }
            else if (list is null && name.Length > 0 && RefusalOf(name) is null)
            {
                break; // nobody knows the list yet: the upstream will judge
            }
            else
            {
                return null;
            }
        }

        if (IsHidden(generation, name))
            return null;
        ModelCapabilities capabilities = list?.Find(name)?.Capabilities ?? ModelCatalog.Default.Find(name);
        return search && !HasSearchName(generation, name, capabilities) ? null : new ResolvedModel(name, imageCut ? ImageModels.WithPictures(capabilities) : capabilities, thinking) { Search = search, Pictures = imageCut, PretendsStream = pretendsStream };
    }

    /// <summary>Whether a model can be asked for as one that searches.</summary>
    public static bool HasSearchName(GenerationSettings generation, string name, ModelCapabilities capabilities) =>
        generation.Tools.SearchNames
        && (generation.Tools.SearchModels.Count > 0 ? generation.Tools.SearchModels.Contains(name) : capabilities.BuiltInTools.HasFlag(BuiltInTools.GoogleSearch));

    /// <summary>Whether the settings hide a model: it is then neither listed nor callable.</summary>
    public static bool IsHidden(GenerationSettings generation, string name) =>
        generation.BlockedModels.Contains(name)
        || (generation.AllowedModels.Count > 0 && !generation.AllowedModels.Contains(name));

    private static string WithoutPrefix(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;

    /// <summary>Whether the upstream, or a setting, lists a name.</summary>
    public static bool IsListed(ModelList? list, GenerationSettings generation, string name) =>
        (list?.Contains(name) ?? false) || generation.ExtraModels.Contains(name);

    private static bool TryCutThinking(string name, out string shorter, out ThinkingWish wish)
    {
        foreach ((string suffix, ThinkingWish meaning) in Suffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal))
            {
                (shorter, wish) = (name[..^suffix.Length], meaning);
                return true;
            }
        }

        int marker = name.LastIndexOf("-thinking-", StringComparison.Ordinal);
        if (marker > 0 && int.TryParse(name.AsSpan(marker + "-thinking-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int tokens))
        {
            shorter = name[..marker];
            wish = new ThinkingWish { Budget = tokens };
            return true;
        }

        (shorter, wish) = (name, default);
        return false;
    }
}
