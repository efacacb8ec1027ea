namespace Pollux.Protocols.Gemini.Models;

/// <summary>Knows what each model can do, from the dated data file <c>models.json</c> that is part of the assembly.</summary>
public sealed class ModelCatalog
{
    private readonly ModelFamily[] _families;

    internal ModelCatalog(string dated, ModelFamily[] families)
    {
        Dated = dated;
        _families = families;
    }

    /// <summary>The catalogue that was built in.</summary>
    public static ModelCatalog Default { get; } = ModelCatalogFile.ReadEmbedded();

    /// <summary>The day on which the facts were true, as <c>yyyy-MM-dd</c>.</summary>
    public string Dated { get; }

    internal ReadOnlySpan<ModelFamily> Families => _families;

    /// <summary>
    /// What a model can do. Never fails: a name that no entry knows is judged by the rules for unknown names at the end
    /// of the file, so that tomorrow's <c>gemini-4-flash</c> is treated as the newest family known today.
    /// </summary>
    /// <param name="model">With or without <c>models/</c> or a longer resource path in front; case does not matter.</param>
    public ModelCapabilities Find(ReadOnlySpan<char> model)
    {
        var slash = model.LastIndexOf('/');
        var name = model[(slash + 1)..];
        foreach (var family in _families)
            if (family.Matches(name))
                return family.Capabilities;
        return _families[^1].Capabilities;
    }
}

/// <summary>One entry of the catalogue: the names it speaks for and what it says.</summary>
internal sealed class ModelFamily(string[] patterns, ModelCapabilities capabilities)
{
    public ModelCapabilities Capabilities { get; } = capabilities;

    public bool Matches(ReadOnlySpan<char> name)
    {
        foreach (var pattern in patterns)
            if (System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true))
                return true;
        return false;
    }
}
