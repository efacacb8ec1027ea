using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;

namespace Pollux.Protocols.OpenAI.Images;

/// <summary>A picture in an answer of the upstream, still as base64 inside its JSON, which must outlive it.</summary>
/// <param name="MediaType">Such as <c>image/png</c>.</param>
/// <param name="Data">The JSON string of its base64.</param>
public readonly record struct MadePicture(string MediaType, ReadOnlyMemory<byte> Data)
{
    /// <summary>The pictures of an answer of a Gemini model, drafts among its thoughts left out.</summary>
    public static void AddFrom(Answer answer, ICollection<MadePicture> pictures)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(pictures);
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part is { Kind: PartKind.InlineData, IsThought: false, Content.Length: > 2 })
                    pictures.Add(new MadePicture(answer.Text(part.Name) ?? "image/png", answer.Json.Slice(part.Content.Start, part.Content.Length)));
            }
        }
    }

    /// <summary>The pictures of an answer of Imagen.</summary>
    /// <param name="body">The whole answer.</param>
    /// <param name="pictures">Receives them.</param>
    /// <param name="filtered">Why a picture was withheld, if one was.</param>
    /// <returns>Whether it could be read.</returns>
    public static bool TryAddFromImagen(ReadOnlyMemory<byte> body, ICollection<MadePicture> pictures, out string? filtered)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        filtered = null;
        try
        {
            var reader = new Utf8JsonReader(body.Span);
            string? mediaType = null;
            ReadOnlyMemory<byte> data = default;
            bool inPredictions = false;
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName when reader.CurrentDepth == 1:
                        inPredictions = reader.ValueTextEquals("predictions"u8);
                        reader.Read();
                        if (!inPredictions)
                            reader.Skip();
                        break;
                    case JsonTokenType.PropertyName when inPredictions && reader.CurrentDepth == 3:
                        bool isType = reader.ValueTextEquals("mimeType"u8), isData = reader.ValueTextEquals("bytesBase64Encoded"u8), isReason = reader.ValueTextEquals("raiFilteredReason"u8);
                        reader.Read();
                        if (reader.TokenType != JsonTokenType.String)
                            reader.Skip();
                        else if (isType)
                            mediaType = reader.GetString();
                        else if (isData)
                            data = body.Slice((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
                        else if (isReason)
                            filtered ??= reader.GetString();
                        break;
                    case JsonTokenType.EndObject when inPredictions && reader.CurrentDepth == 2:
                        if (data.Length > 2)
                            pictures.Add(new MadePicture(mediaType ?? "image/png", data));
                        (mediaType, data) = (null, default);
                        break;
                }
            }

            return true;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
