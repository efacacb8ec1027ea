using System.Buffers;
using System.Text.Json;
using Pollux.Upstream;

namespace Pollux.Files;

/// <summary>Changes the addresses of files in a body of ours; all else stays the bytes it is.</summary>
internal static class FileUriRewriting
{
    /// <summary>Changes them in a call, in all bodies that it may be sent with.</summary>
    /// <param name="call">Not sent yet.</param>
    /// <param name="names">The names of files by the addresses in the body; other addresses stay.</param>
    public static void Apply(UpstreamCall call, IReadOnlyDictionary<string, string> names)
    {
        call.Body = Rewritten(call.Body, names);
        if (call.ReplaceSignatures is { } replace)
            call.ReplaceSignatures = () => Rewritten(replace(), names);
    }

    private static ReadOnlyMemory<byte> Rewritten(ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string> names)
    {
        var output = new ArrayBufferWriter<byte>(body.Length + 256);
        var reader = new Utf8JsonReader(body.Span);
        int copied = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !(reader.ValueTextEquals("fileUri"u8) || reader.ValueTextEquals("file_uri"u8)))
                continue;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || !names.TryGetValue(reader.GetString()!, out string? name))
                continue;
            output.Write(body.Span[copied..(int)reader.TokenStartIndex]);
            output.Write(System.Text.Encoding.ASCII.GetBytes($"\"{FileNames.GoogleBase}{name}\""));
            copied = (int)reader.BytesConsumed;
        }

        output.Write(body.Span[copied..]);
        return output.WrittenMemory;
    }
}
