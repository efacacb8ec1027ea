namespace Pollux.Protocols.OpenAI.Responses.Translation;

/// <summary>In which form a call of a tool is told.</summary>
public enum ClientToolKind
{
    /// <summary><c>function_call</c>.</summary>
    Function,

    /// <summary><c>custom_tool_call</c>: its input is a text.</summary>
    Custom,

    /// <summary><c>tool_search_call</c>: the client looks for tools.</summary>
    ToolSearch,
}

/// <summary>A tool that the client runs, as the client knows it.</summary>
/// <param name="Kind">How its calls are told.</param>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">The name space that it is declared in, if any.</param>
public sealed record ClientTool(ClientToolKind Kind, string Name, string? Namespace);

/// <summary>
/// The tools that the client runs, by the one name that each has beyond the gateway. Gemini knows no name spaces: a function in
/// one is declared as <c>space__function</c>, and taken apart again in the answer, since clients do not know the joined name.
/// </summary>
public sealed class ClientTools
{
    private readonly Dictionary<string, ClientTool> _byName = new(StringComparer.Ordinal);

    /// <summary>The name of a function of a name space beyond the gateway.</summary>
    public static string Joined(string? space, string name) => string.IsNullOrEmpty(space) ? name : $"{space}__{name}";

    /// <summary>Notes a tool.</summary>
    /// <returns>Whether it is new.</returns>
    internal bool TryAdd(ClientTool tool) => _byName.TryAdd(Joined(tool.Namespace, tool.Name), tool);

    /// <summary>The tool behind a joined name; a plain function where nothing else is known.</summary>
    public ClientTool Find(string joined) => _byName.TryGetValue(joined, out ClientTool? tool) ? tool : new ClientTool(ClientToolKind.Function, joined, Namespace: null);
}
