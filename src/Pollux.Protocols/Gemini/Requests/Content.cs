using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>One turn of a conversation.</summary>
/// <param name="role"><see cref="User"/> or <see cref="Model"/>; <see langword="null"/> in a system instruction.</param>
public sealed class Content(string? role)
{
    /// <summary>The role of everything that is not the model: people, and the results of their functions.</summary>
    public const string User = "user";

    /// <summary>The role of the model.</summary>
    public const string Model = "model";

    /// <summary><see cref="User"/>, <see cref="Model"/> or <see langword="null"/>.</summary>
    public string? Role { get; set; } = role;

    /// <summary>What was said. Google refuses a turn without parts.</summary>
    public List<Part> Parts { get; } = [];

    /// <summary>Whether any part answers a function call.</summary>
    public bool HasFunctionResponse
    {
        get
        {
            foreach (var part in Parts)
                if (part.FunctionResponse is not null)
                    return true;
            return false;
        }
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteMember("role"u8, Role);
        writer.WriteStartArray("parts"u8);
        foreach (var part in Parts)
            part.WriteTo(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
