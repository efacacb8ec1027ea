using System.Text;
using System.Text.Json;

namespace Pollux.Live;

/// <summary>What the gateway must know of a session's first message. Everything else in it stays the bytes that came.</summary>
internal readonly record struct LiveSetup
{
    /// <summary>The model as the client wrote it; <see langword="null"/>: none.</summary>
    public string? Model { get; private init; }

    /// <summary>The session to take up again; <see langword="null"/>: a new one.</summary>
    public string? Handle { get; private init; }

    /// <summary>It stands in the request for an ephemeral token.</summary>
    public bool IsToken { get; private init; }

    private int ObjectStart { get; init; }

    private int ObjectEnd { get; init; }

    private int ModelStart { get; init; }

    private int ModelEnd { get; init; }

    /// <summary>Reads the first message of a session.</summary>
    /// <returns><see langword="null"/>: it is not JSON, or no <c>setup</c>.</returns>
    public static LiveSetup? Read(ReadOnlySpan<byte> message) => Read(message, "setup"u8, default);

    /// <summary>Reads the request for an ephemeral token, which may hold the setup that its sessions are bound to.</summary>
    /// <returns><see langword="null"/>: it is not JSON. Without a setup nothing stands in the result.</returns>
    public static LiveSetup? ReadToken(ReadOnlySpan<byte> body) => Read(body, "bidiGenerateContentSetup"u8, "bidi_generate_content_setup"u8, isNeeded: false) is { } found ? found with { IsToken = true } : null;

    /// <summary>The message with another model in it, and nothing else changed.</summary>
    public byte[] WithModel(ReadOnlySpan<byte> message, string name)
    {
        byte[] value = JsonSerializer.SerializeToUtf8Bytes("models/" + name, LiveJson.Default.String);
        return [.. message[..ModelStart], .. value, .. message[ModelEnd..]];
    }

    /// <summary>The setup's object alone.</summary>
    public ReadOnlyMemory<byte> ObjectIn(ReadOnlyMemory<byte> message) => message[ObjectStart..ObjectEnd];

    /// <summary>The message with another setup in it, and nothing else changed.</summary>
    public byte[] WithObject(ReadOnlySpan<byte> message, ReadOnlySpan<byte> setup) => [.. message[..ObjectStart], .. setup, .. message[ObjectEnd..]];

    private static LiveSetup? Read(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> other, bool isNeeded = true)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
        LiveSetup? setup = null;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isSetup = reader.ValueTextEquals(name) || (!other.IsEmpty && reader.ValueTextEquals(other));
                reader.Read();
                if (isSetup && reader.TokenType == JsonTokenType.StartObject)
                    setup = ReadSetup(ref reader, default);
                else
                    reader.Skip();
            }

            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException) // a string that is no text
        {
            return null;
        }

        return setup ?? (isNeeded ? null : new LiveSetup());
    }

    private static LiveSetup ReadSetup(ref Utf8JsonReader reader, LiveSetup setup)
    {
        int start = (int)reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isModel = reader.ValueTextEquals("model"u8);
            bool isResumption = reader.ValueTextEquals("sessionResumption"u8) || reader.ValueTextEquals("session_resumption"u8);
            bool isInner = reader.ValueTextEquals("setup"u8); // in the request for a token it may stand one deeper
            reader.Read();
            if (isModel && reader.TokenType == JsonTokenType.String)
                setup = setup with { Model = reader.GetString(), ModelStart = (int)reader.TokenStartIndex, ModelEnd = (int)reader.BytesConsumed };
            else if (isResumption && reader.TokenType == JsonTokenType.StartObject)
                setup = setup with { Handle = ReadHandle(ref reader) };
            else if (isInner && reader.TokenType == JsonTokenType.StartObject)
                setup = ReadSetup(ref reader, setup);
            else
                reader.Skip();
        }

        return setup.ObjectEnd > 0 ? setup : setup with { ObjectStart = start, ObjectEnd = (int)reader.BytesConsumed }; // the innermost one
    }

    private static string? ReadHandle(ref Utf8JsonReader reader)
    {
        string? handle = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isHandle = reader.ValueTextEquals("handle"u8);
            reader.Read();
            if (isHandle && reader.TokenType == JsonTokenType.String)
                handle = reader.GetString();
            else
                reader.Skip();
        }

        return handle is { Length: > 0 } ? handle : null; // an empty one asks for handles and takes up nothing
    }

    /// <inheritdoc/>
    public override string ToString() => new StringBuilder("setup of ").Append(Model ?? "-").ToString(); // a handle is a capability: not for logs
}
