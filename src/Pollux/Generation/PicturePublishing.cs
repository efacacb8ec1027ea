using Pollux.Affinity;
using Pollux.Buffers;
using Pollux.Pictures;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Images;
using Pollux.Protocols.Shaping;
using Pollux.Protocols.Translation;

namespace Pollux.Generation;

/// <summary>Puts made pictures into the store and says where they stand, before an answer that shows them is written.</summary>
internal sealed class PicturePublishing(PictureShelf shelf, SignatureVault vault)
{
    /// <summary>Whether pictures get addresses at all.</summary>
    public bool Stores => shelf.Stores;

    /// <summary>Publishes one picture.</summary>
    /// <param name="clientBase">How the client reaches the gateway.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Its address; <see langword="null"/>: it stands nowhere.</returns>
    public async ValueTask<string?> PublishAsync(Uri clientBase, MadePicture picture, CancellationToken cancellation)
    {
        if (!shelf.Stores)
            return null;
        using PooledBuffer? bytes = PictureBytes.Decode(picture.Data.Span);
        return bytes is null ? null : await shelf.PublishAsync(clientBase, bytes.Written, picture.MediaType, cancellation);
    }

    /// <summary>Whether there is anything to publish.</summary>
    public static bool HasPictures(Answer answer)
    {
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part.Kind == PartKind.InlineData)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Publishes the pictures of an answer, or of one event of a stream, and tells the writer their addresses.</summary>
    /// <param name="clientBase">How the client reaches the gateway.</param>
    /// <param name="answer">The answer or event.</param>
    /// <param name="addresses">Where the writer looks them up.</param>
    /// <param name="caller">Whose signatures are remembered: the ones that came with the pictures.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask PublishAsync(Uri clientBase, Answer answer, PictureAddresses addresses, string caller, CancellationToken cancellation)
    {
        SignatureVault.CallerSignatures signatures = vault.For(caller);
        foreach (AnswerPart part in Found(answer))
        {
            string mediaType = answer.Text(part.Name) ?? "";
            if (!mediaType.StartsWith("image/", StringComparison.OrdinalIgnoreCase) && !mediaType.StartsWith("video/", StringComparison.OrdinalIgnoreCase))
                continue;
            ReadOnlyMemory<byte> data = answer.Json.Slice(part.Content.Start, part.Content.Length);
            string? address = await PublishAsync(clientBase, new MadePicture(mediaType, data), cancellation);
            if (address is not null)
                addresses.Add(part.Content, address);
            if (answer.Text(part.Signature) is { Length: > 0 } signature)
                signatures.Remember(address is null ? PictureSignatures.IdOfData(data.Span[1..^1]) : PictureSignatures.IdOfAddress(address), signature);
        }
    }

    private static List<AnswerPart> Found(Answer answer)
    {
        var found = new List<AnswerPart>();
        foreach (ref readonly AnswerCandidate candidate in answer.Candidates)
        {
            foreach (ref readonly AnswerPart part in answer.PartsOf(candidate))
            {
                if (part is { Kind: PartKind.InlineData, IsThought: false, Content.Length: > 2 })
                    found.Add(part);
            }
        }

        return found;
    }
}
