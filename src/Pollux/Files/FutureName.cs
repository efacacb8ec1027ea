using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pollux.Files;

/// <summary>
/// The name that a file will have when its upload is final. Google lets clients choose it; where one does not, the gateway does, in the
/// form of Google's own: so the file can be found when the answer that tells its name is lost.
/// </summary>
/// <param name="Name">For example <c>files/abc</c>.</param>
/// <param name="IsOurs">The gateway chose it, so nothing else can have it.</param>
internal sealed record FutureName(string Name, bool IsOurs)
{
    private const string IdCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int IdLength = 12; // as many as Google's own have

    /// <summary>Reads the name out of what a client says about a file, or puts one in.</summary>
    /// <param name="description">In JSON; may be empty.</param>
    /// <param name="sent">What is to be sent: all that the client said, and a name.</param>
    /// <returns><see langword="null"/>: it cannot be understood; the upstream will judge it.</returns>
    public static FutureName? Settle(ReadOnlyMemory<byte> description, out ReadOnlyMemory<byte> sent)
    {
        sent = description;
        var ours = new FutureName(FileNames.Prefix + RandomNumberGenerator.GetString(IdCharacters, IdLength), IsOurs: true);
        string member = $"\"name\":\"{ours.Name}\"";
        if (description.IsEmpty)
        {
            sent = Encoding.ASCII.GetBytes($"{{\"file\":{{{member}}}}}");
            return ours;
        }

        try
        {
            (int place, bool isEmpty, bool isRoot, string? given) = Look(description.Span);
            if (given is not null)
                return FileNames.TryRead(given, out string? name) && name == given ? new FutureName(name, IsOurs: false) : null;
            if (place == 0)
                return null;
            sent = Inserted(description.Span, place, (isRoot ? $"\"file\":{{{member}}}" : member) + (isEmpty ? "" : ","));
            return ours;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Where a name can be put in, behind the brace of the file or of the whole; or the name that is there.</summary>
    private static (int Place, bool IsEmpty, bool IsRoot, string? Given) Look(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return default;
        (int Place, bool IsEmpty, bool IsRoot, string? Given) found = ((int)reader.BytesConsumed, true, true, null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isFile = reader.ValueTextEquals("file"u8);
            reader.Read();
            if (!isFile)
            {
                found = found with { IsEmpty = found.IsRoot ? false : found.IsEmpty };
                reader.Skip();
                continue;
            }

            if (reader.TokenType != JsonTokenType.StartObject || !found.IsRoot)
                return default; // nothing, or two of them
            found = ((int)reader.BytesConsumed, true, false, null);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isName = reader.ValueTextEquals("name"u8);
                reader.Read();
                found.IsEmpty = false;
                if (isName)
                    found.Given = reader.GetString() ?? "";
                else
                    reader.Skip();
            }
        }

        return found;
    }

    private static byte[] Inserted(ReadOnlySpan<byte> json, int place, string text) => [.. json[..place], .. Encoding.ASCII.GetBytes(text), .. json[place..]];
}
