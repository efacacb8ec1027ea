using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>Writes optional members: what is absent leaves no trace, since Google treats <c>null</c> as absent anyway.</summary>
internal static class RawJsonWriting
{
    extension(Utf8JsonWriter writer)
    {
        public void WriteMember(ReadOnlySpan<byte> name, RawJson value)
        {
            if (value.IsEmpty)
                return;
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        public void WriteMember(ReadOnlySpan<byte> name, string? value)
        {
            if (value is not null)
                writer.WriteString(name, value);
        }

        public void WriteMember(ReadOnlySpan<byte> name, bool? value)
        {
            if (value is { } known)
                writer.WriteBoolean(name, known);
        }

        public void WriteMember(ReadOnlySpan<byte> name, int? value)
        {
            if (value is { } known)
                writer.WriteNumber(name, known);
        }

        public void WriteMember(ReadOnlySpan<byte> name, double? value)
        {
            if (value is { } known)
                writer.WriteNumber(name, known);
        }
    }
}
