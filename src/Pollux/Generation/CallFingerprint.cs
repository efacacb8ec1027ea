using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Pollux.Buffers;
using Pollux.Protocols.Gemini;
using Pollux.Settings;

namespace Pollux.Generation;

/// <summary>
/// What makes two calls the same for the response cache: SHA-256 over the model, what is sent to it, media included, and for
/// whom. Not whether it streams: an answer can be given either way. Every piece is hashed with its length before it, so that
/// two calls which differ anywhere differ here. Pure.
/// </summary>
internal static class CallFingerprint
{
    /// <summary>Of a translated request: how the client wrote it, and what never reached the model, makes no difference.</summary>
    /// <param name="settings">How much of the conversation counts.</param>
    /// <param name="model">The model asked.</param>
    /// <param name="endUser">Whom the client named as its user, in any form; empty when nobody.</param>
    /// <param name="request">The request; the same afterwards.</param>
    /// <param name="written">It, as written.</param>
    /// <returns><see langword="null"/> when nothing is kept.</returns>
    public static byte[]? OfTranslated(ReplySettings settings, string model, ReadOnlySpan<byte> endUser, GenerateContentRequest request, ReadOnlySpan<byte> written)
    {
        if (!settings.Enabled)
            return null;
        using IncrementalHash hash = Begin(settings, model, "");
        Append(hash, settings.SharedByCallers ? default : endUser);
        if (settings.LastTurns is not { } turns || request.Contents.Count <= turns)
        {
            Append(hash, written);
            return hash.GetHashAndReset();
        }

        Content[] all = [.. request.Contents];
        request.Contents.RemoveRange(0, all.Length - turns);
        using var shortened = new PooledBuffer(Math.Max(written.Length / 2, 1024));
        using (var json = new Utf8JsonWriter(shortened, new JsonWriterOptions { SkipValidation = true }))
            request.WriteTo(json);
        request.Contents.Clear();
        request.Contents.AddRange(all);
        Append(hash, shortened.Written.Span);
        return hash.GetHashAndReset();
    }

    /// <summary>Of a native body: white space between its tokens makes no difference; the order of members does.</summary>
    /// <param name="settings">How much of the conversation counts.</param>
    /// <param name="model">The model with the version of the API.</param>
    /// <param name="query">The query without credentials.</param>
    /// <param name="body">A well-formed JSON object.</param>
    /// <returns><see langword="null"/> when nothing is kept.</returns>
    public static byte[]? OfNative(ReplySettings settings, string model, string query, ReadOnlySpan<byte> body)
    {
        if (!settings.Enabled)
            return null;
        using IncrementalHash hash = Begin(settings, model, WithoutForm(query));
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            bool turns = settings.LastTurns is not null && reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && reader.ValueTextEquals("contents"u8);
            Append(hash, reader);
            if (!turns || !reader.Read())
                continue;
            int passedOver = reader.TokenType == JsonTokenType.StartArray ? Math.Max(0, CountElements(reader) - settings.LastTurns!.Value) : 0;
            Append(hash, reader);
            for (; passedOver > 0; passedOver--)
            {
                reader.Read();
                reader.Skip();
            }
        }

        return hash.GetHashAndReset();
    }

    private static IncrementalHash Begin(ReplySettings settings, string model, string query)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> turns = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(turns, settings.LastTurns ?? 0); // what was compared in part is no whole conversation
        Append(hash, turns);
        Append(hash, Encoding.UTF8.GetBytes(model));
        Append(hash, Encoding.UTF8.GetBytes(query));
        return hash;
    }

    /// <summary>The query but for what says whether the answer streams.</summary>
    private static string WithoutForm(string query)
    {
        if (query is "" or "alt=sse")
            return "";
        var kept = new StringBuilder();
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(query))
        {
            if (pair.DecodeName().Span is "alt" or "$alt" && pair.DecodeValue().Span is "sse" or "json")
                continue;
            kept.Append(pair.EncodedName.Span).Append('=').Append(pair.EncodedValue.Span).Append('&');
        }

        return kept.ToString();
    }

    private static int CountElements(Utf8JsonReader reader)
    {
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            reader.Skip();
        }

        return count;
    }

    private static void Append(IncrementalHash hash, in Utf8JsonReader token)
    {
        hash.AppendData([(byte)token.TokenType]);
        Append(hash, token.ValueSpan);
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> piece)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, piece.Length);
        hash.AppendData(length);
        hash.AppendData(piece);
    }
}
