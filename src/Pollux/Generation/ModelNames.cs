using System.Globalization;
using Pollux.KeyPool;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Telemetry;

namespace Pollux.Generation;

/// <summary>
/// Finds the model behind a name: an alias is followed (<see cref="AliasedNames"/>); a name that the upstream lists is taken as it
/// stands; else suffixes are cut from the right, in any order and each once, and what remains must be a listed name.
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

    /// <summary>Resolves the name that a client wrote, by the aliases that its caller has.</summary>
    /// <param name="asked">The name as the client wrote it.</param>
    /// <param name="record">Says who asks, and on which route; learns the true name where an alias was followed.</param>
    /// <param name="withPatterns">Whether patterns count; they do not for a name that the route knows by itself.</param>
    /// <returns><see langword="null"/> when there is no such model, or when it is hidden, or not on this route.</returns>
    public ResolvedModel? Resolve(string asked, RequestRecord record, bool withPatterns = true)
    {
        ResolvedModel? model = Resolve(asked, record.Side, record.Caller, withPatterns);
        if (model is { IsAliased: true })
            record.ServedModel = model.Name;
        return model;
    }

    /// <summary>Resolves <paramref name="asked"/>.</summary>
    /// <param name="asked">The name, of a client or of the settings.</param>
    /// <param name="side">The kinds of credentials that the route allows; none: any.</param>
    /// <param name="caller">The label of who asks; empty: the aliases for all hold.</param>
    /// <param name="withPatterns">Whether aliases with wildcards count.</param>
    /// <returns><see langword="null"/> when there is no such model, or when it is hidden, or not on this route.</returns>
    public ResolvedModel? Resolve(string asked, CredentialKinds side = CredentialKinds.None, string caller = "", bool withPatterns = true)
    {
        if (ModelSides.Of(asked, side, settings.Current, pool) is not { } place)
            return null;
        (ModelList? list, GenerationSettings generation) = (directory.Current, settings.Current.Generation);
        string meant = AliasedNames.Follow(place.Name, caller, withPatterns, list, generation);
        if (ReferenceEquals(meant, place.Name))
            return Place(place, list, generation);
        if (place.Name.Length == asked.Length) // the client did not say who shall serve: the alias may
            return ModelSides.Of(meant, side, settings.Current, pool) is { } other ? Place(other, list, generation) is { } found ? found with { IsAliased = true } : null : null;
        return Place(place with { Name = ModelSides.WithoutMark(meant).ToString() }, list, generation) is { } marked ? marked with { IsAliased = true } : null;
    }

    /// <summary>Resolves a name of Google's on a route that knows no aliases.</summary>
    /// <param name="asked">The name as the client wrote it.</param>
    /// <param name="side">The kinds of credentials that the route allows.</param>
    public ResolvedModel? ResolveListed(string asked, CredentialKinds side) =>
        ModelSides.Of(asked, side, settings.Current, pool) is { } place ? Place(place, directory.Current, settings.Current.Generation) : null;

    private static ResolvedModel? Place(ModelSides place, ModelList? list, GenerationSettings generation)
    {
        ResolvedModel? model = ResolveListed(place.Name, list, generation);
        if (model is null && place.IsVertexAlone && RefusalOf(place.Name) is null && !ImageModels.IsChat(place.Name, list, generation))
            model = ResolveListed(place.Name, list: null, generation); // Google has no list of what Vertex AI serves: it will judge
        return model is null || (place.Kinds == CredentialKinds.None && !place.MustPay) ? model : model with { Kinds = place.Kinds, MustPay = place.MustPay };
    }

    /// <summary>The refusal of a name that is not known.</summary>
    public static RequestFormatException NotFound(string asked) => RefusalOf(asked) is { } refusal
        ? new RequestFormatException(refusal, "model", RequestFormatCodes.UnsupportedValue)
        : new RequestFormatException($"The model '{asked}' does not exist. GET /v1/models lists those that do.{AliasedNames.HintFor(asked)}", "model", NotFoundCode);

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

    /// <summary>
    /// Resolves <paramref name="asked"/> among the models of <paramref name="list"/>, <see langword="null"/> while nobody knows it, by the
    /// aliases for all. Who serves does not count.
    /// </summary>
    public static ResolvedModel? Resolve(string asked, ModelList? list, GenerationSettings generation, string caller = "")
    {
        string meant = AliasedNames.Follow(asked, caller, withPatterns: true, list, generation);
        return ResolveListed(ReferenceEquals(meant, asked) ? asked : ModelSides.WithoutMark(meant).ToString(), list, generation);
    }

    /// <summary>Resolves a name of Google's: aliases do not count.</summary>
    private static ResolvedModel? ResolveListed(string asked, ModelList? list, GenerationSettings generation)
    {
        string name = WithoutPrefix(asked);
        if (name.Length == 0 || name.Length > 200)
            return null;

        if (ImageModels.IsChat(name, list, generation))
            return null; // served by the routes for pictures

        if (!TryCut(name, list, generation, out CutName cut))
            return null;
        name = cut.Name;
        if (IsHidden(generation, name))
            return null;
        ModelCapabilities capabilities = list?.Find(name)?.Capabilities ?? ModelCatalog.Default.Find(name);
        return cut.Search && !HasSearchName(generation, name, capabilities)
            ? null
            : new ResolvedModel(name, cut.Pictures ? ImageModels.WithPictures(capabilities) : capabilities, cut.Thinking) { Search = cut.Search, Pictures = cut.Pictures, PretendsStream = cut.PretendsStream };
    }

    /// <summary>Whether a name is Google's, with its suffixes or without, hidden or not: no pattern gives it another meaning.</summary>
    /// <param name="name">Without <c>models/</c>.</param>
    /// <param name="list">The models of the upstream; <see langword="null"/> while nobody knows them.</param>
    /// <param name="generation">The settings.</param>
    public static bool IsKnown(string name, ModelList list, GenerationSettings generation) =>
        ImageModels.IsChat(name, list, generation) || RefusalOf(name) is not null || TryCut(name, list, generation, out _);

    private static bool TryCut(string name, ModelList? list, GenerationSettings generation, out CutName cut)
    {
        cut = default;
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
                return false;
            }
        }

        cut = new CutName(name, thinking, search, imageCut, pretendsStream);
        return true;
    }

    /// <summary>Whether a model can be asked for as one that searches.</summary>
    public static bool HasSearchName(GenerationSettings generation, string name, ModelCapabilities capabilities) =>
        generation.Tools.SearchNames
        && (generation.Tools.SearchModels.Count > 0 ? generation.Tools.SearchModels.Contains(name) : capabilities.BuiltInTools.HasFlag(BuiltInTools.GoogleSearch));

    /// <summary>Whether the settings hide a model: it is then neither listed nor callable.</summary>
    public static bool IsHidden(GenerationSettings generation, string name) =>
        generation.BlockedModels.Contains(name)
        || (generation.AllowedModels.Count > 0 && !generation.AllowedModels.Contains(name));

    /// <summary>A name without <c>models/</c>.</summary>
    public static string WithoutPrefix(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;

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

    /// <summary>What is left of a name, and what its suffixes asked for.</summary>
    private readonly record struct CutName(string Name, ThinkingWish Thinking, bool Search, bool Pictures, bool PretendsStream);
}
