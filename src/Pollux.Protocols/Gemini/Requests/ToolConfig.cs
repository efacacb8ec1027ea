using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>Whether the model may, must or must not call functions.</summary>
public enum FunctionCallingMode
{
    /// <summary>Nothing is said; Google's default is to leave it to the model.</summary>
    Unspecified,

    /// <summary><c>AUTO</c>: the model decides.</summary>
    Auto,

    /// <summary><c>ANY</c>: it must call.</summary>
    Any,

    /// <summary><c>NONE</c>: it must not.</summary>
    None,

    /// <summary><c>VALIDATED</c>: it decides, and its calls are held to the schema by constrained decoding (2.5 and newer).</summary>
    Validated,
}

/// <summary>How tools may be used.</summary>
public sealed class ToolConfig
{
    /// <summary>May, must or must not.</summary>
    public FunctionCallingMode Mode { get; set; }

    /// <summary>The only functions that may be called, as JSON strings; Google takes them with ANY and VALIDATED only.</summary>
    public List<RawJson> AllowedFunctionNames { get; } = [];

    /// <summary>
    /// Shows Google's own calls in the answer. Gemini 3 demands it for built-in tools beside functions; Vertex does not
    /// know it.
    /// </summary>
    public bool IncludeServerSideToolInvocations { get; set; }

    /// <summary>Place and language for search and maps, a JSON object.</summary>
    public RawJson RetrievalConfig { get; set; }

    internal bool IsEmpty =>
        Mode is FunctionCallingMode.Unspecified && AllowedFunctionNames.Count == 0 && !IncludeServerSideToolInvocations && RetrievalConfig.IsEmpty;

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Mode is not FunctionCallingMode.Unspecified)
        {
            writer.WriteStartObject("functionCallingConfig"u8);
            writer.WriteString("mode"u8, Mode switch
            {
                FunctionCallingMode.Any => "ANY"u8,
                FunctionCallingMode.None => "NONE"u8,
                FunctionCallingMode.Validated => "VALIDATED"u8,
                _ => "AUTO"u8,
            });
            if (AllowedFunctionNames.Count > 0)
            {
                writer.WriteStartArray("allowedFunctionNames"u8);
                foreach (var name in AllowedFunctionNames)
                    name.WriteTo(writer);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        if (IncludeServerSideToolInvocations)
            writer.WriteBoolean("includeServerSideToolInvocations"u8, value: true);
        writer.WriteMember("retrievalConfig"u8, RetrievalConfig);
        writer.WriteEndObject();
    }
}
