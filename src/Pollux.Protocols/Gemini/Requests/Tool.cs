using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>The names of the tools that Google runs itself, as they stand in a request.</summary>
public static class BuiltInToolNames
{
    /// <summary>Google Search.</summary>
    public const string GoogleSearch = "googleSearch";

    /// <summary>Python in a sandbox of Google.</summary>
    public const string CodeExecution = "codeExecution";

    /// <summary>Reads the addresses that the prompt names.</summary>
    public const string UrlContext = "urlContext";

    /// <summary>Google Maps.</summary>
    public const string GoogleMaps = "googleMaps";

    /// <summary>Search in the caller's own documents.</summary>
    public const string FileSearch = "fileSearch";

    /// <summary>Mouse and keyboard of a screen.</summary>
    public const string ComputerUse = "computerUse";
}

/// <summary>One entry of <c>tools</c>: either function declarations or one tool that Google runs itself.</summary>
public sealed class Tool
{
    /// <summary>Functions that the client runs; empty for a built-in tool.</summary>
    public List<FunctionDeclaration> FunctionDeclarations { get; } = [];

    /// <summary>One of <see cref="BuiltInToolNames"/>, or a newer name that is only carried.</summary>
    public string? BuiltInName { get; private init; }

    /// <summary>The settings of the built-in tool, a JSON object.</summary>
    public RawJson BuiltInSettings { get; private init; }

    /// <summary>Whether Google runs this tool.</summary>
    public bool IsBuiltIn => BuiltInName is not null;

    /// <summary>A tool that Google runs.</summary>
    /// <param name="name">See <see cref="BuiltInToolNames"/>.</param>
    /// <param name="settings">A JSON object; absent means <c>{}</c>.</param>
    public static Tool BuiltIn(string name, RawJson settings = default) =>
        new() { BuiltInName = name, BuiltInSettings = settings.IsEmpty ? RawJson.EmptyObject : settings };

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (BuiltInName is not null)
        {
            writer.WritePropertyName(BuiltInName);
            BuiltInSettings.WriteTo(writer);
        }
        if (FunctionDeclarations.Count > 0)
        {
            writer.WriteStartArray("functionDeclarations"u8);
            foreach (var declaration in FunctionDeclarations)
                declaration.WriteTo(writer);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }
}

/// <summary>A function that the client runs.</summary>
public sealed class FunctionDeclaration
{
    /// <summary>The name as Gemini knows it, a JSON string.</summary>
    public required RawJson Name { get; init; }

    /// <summary>What the function is for, a JSON string.</summary>
    public RawJson Description { get; set; }

    /// <summary>The arguments as real JSON Schema (2.5 and newer). Excludes <see cref="Parameters"/>.</summary>
    public RawJson ParametersJsonSchema { get; set; }

    /// <summary>The arguments in Google's own smaller schema language. Excludes <see cref="ParametersJsonSchema"/>.</summary>
    public RawJson Parameters { get; set; }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteMember("name"u8, Name);
        writer.WriteMember("description"u8, Description);
        writer.WriteMember("parametersJsonSchema"u8, ParametersJsonSchema);
        writer.WriteMember("parameters"u8, Parameters);
        writer.WriteEndObject();
    }
}
