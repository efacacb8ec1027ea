namespace Pollux.Protocols.Shaping;

/// <summary>Cleans the function names that models write.</summary>
public static class FunctionCallNames
{
    private const string Namespace = "default_api:";

    /// <summary>Removes the name space that models now and then put before a declared name.</summary>
    public static string Clean(string name) => name.StartsWith(Namespace, StringComparison.Ordinal) ? name[Namespace.Length..] : name;
}
