using System.Buffers;
using System.Text.Json;

namespace Pollux.Protocols.Gemini;

/// <summary>Media inside the request: as base64 that a client sent, or as bytes that become base64 when they are written.</summary>
/// <param name="mimeType">Lower case, without parameters.</param>
/// <param name="base64">The base64 text, without quotes: usually the tail of a data URI in the client's body.</param>
public sealed class InlineData(string mimeType, ReadOnlyMemory<byte> base64)
{
    private static readonly ReadOnlyMemory<byte> Quote = "\""u8.ToArray();

    /// <summary>Media as they are, not as base64.</summary>
    /// <param name="mimeType">Lower case, without parameters.</param>
    /// <param name="bytes">The bytes; at most 1 GB of them can be written.</param>
    public static InlineData FromBytes(string mimeType, ReadOnlyMemory<byte> bytes) => new(mimeType, default) { Bytes = bytes };

    /// <summary>What the bytes are, such as <c>image/png</c>.</summary>
    public string MimeType { get; } = mimeType;

    /// <summary>Standard or URL-safe base64 in UTF-8; Google takes both.</summary>
    public ReadOnlyMemory<byte> Base64 { get; } = base64;

    /// <summary>The bytes, where they are there instead of <see cref="Base64"/>.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private init; }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("mimeType"u8, MimeType);
        if (!Bytes.IsEmpty)
        {
            writer.WriteBase64String("data"u8, Bytes.Span); // encoded into the writer's own buffer
            writer.WriteEndObject();
            return;
        }

        writer.WritePropertyName("data"u8);
        // Base64 needs no escaping, and the quotes are not around the slice: a data URI has a comma before its data.
        // As a sequence the megabytes are copied once, into the writer, instead of once more to put quotes around them.
        var first = new Segment(Quote, before: null);
        var last = new Segment(Quote, new Segment(Base64, first));
        writer.WriteRawValue(new ReadOnlySequence<byte>(first, 0, last, 1), skipInputValidation: true);
        writer.WriteEndObject();
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}

/// <summary>Media by reference: a file of the Files API, a YouTube address, a public address, <c>gs://</c> on Vertex.</summary>
/// <param name="fileUri">The address, as a JSON string.</param>
/// <param name="mimeType">What is there, when it is known.</param>
public sealed class FileData(RawJson fileUri, string? mimeType)
{
    /// <summary>The address, as a JSON string.</summary>
    public RawJson FileUri { get; } = fileUri;

    /// <summary>What is there; Google finds out by itself when it is missing.</summary>
    public string? MimeType { get; } = mimeType;

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteMember("mimeType"u8, MimeType);
        writer.WriteMember("fileUri"u8, FileUri);
        writer.WriteEndObject();
    }
}
