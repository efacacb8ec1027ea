namespace Pollux.Protocols.Sse;

/// <summary>What a <see cref="Frame"/> holds.</summary>
public enum FrameKind
{
    /// <summary>A payload in the form the stream promised: an SSE <c>data:</c> event or an element of a JSON array.</summary>
    Data,

    /// <summary>
    /// A JSON value where an event was due. Google reports an error in mid-stream this way, while the status stays 200:
    /// a pretty-printed object without <c>data:</c>.
    /// </summary>
    BareJson,

    /// <summary>Bytes that belong to the framing alone, such as the closing bracket of a JSON array.</summary>
    Framing,
}

/// <summary>One unit of a streamed answer. Both slices are valid until the framer is asked for memory again.</summary>
/// <param name="Kind">What the unit is.</param>
/// <param name="Payload">The JSON inside; empty for <see cref="FrameKind.Framing"/>.</param>
/// <param name="Raw">The unit with its framing, exactly as received; a pass-through writes these bytes.</param>
public readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Raw);
