using System.Text;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Images;

/// <summary>A chat request in which the last text of the user is a prompt for pictures.</summary>
/// <param name="Request">What is wanted.</param>
/// <param name="Model">The model as the client wrote it.</param>
/// <param name="Stream">Whether the answer is streamed.</param>
/// <param name="IncludeUsage">Whether a streamed answer ends with a chunk of usage.</param>
public sealed record PicturePrompt(ImagesRequest Request, string Model, bool Stream, bool IncludeUsage)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="RequestFormatException">The body is no chat request, or holds no such text.</exception>
    public static PicturePrompt Read(ReadOnlyMemory<byte> body)
    {
        ChatRequest chat = ChatRequestReader.Read(body);
        var losses = new LossReport();
        for (var i = (chat.Messages?.Count ?? 0) - 1; i >= 0; i--)
        {
            if (chat.Messages![i] is not { Role: "user" } message)
                continue;
            var fields = new List<KeyValuePair<string, string>> { new("prompt", TextOf(message, body, i, losses)) };
            ImagesRequest request = ImagesReader.Read(fields, isEdit: false) with { Losses = losses };
            if (chat.N is >= 1 and <= ImagesReader.MostPictures && PromptMarks.Read(fields[0].Value).Count is null)
                request = request with { Count = (int)chat.N };
            if (i > 0)
                losses.Add("messages", LossKind.Dropped, "Only the last text of the user is the prompt.");
            return new PicturePrompt(request, chat.Model ?? "", chat.Stream is true, chat.StreamOptions?.IncludeUsage is true);
        }

        throw new RequestFormatException("'messages' hold no text of the user, which is the prompt here.", "messages", RequestFormatCodes.MissingParameter);
    }

    private static string TextOf(ChatMessage message, ReadOnlyMemory<byte> body, int index, LossReport losses)
    {
        if (message.Content.FirstByte(body) == (byte)'"')
            return message.Content.In(body).AsText() ?? "";
        if (message.Content.FirstByte(body) != (byte)'[')
            throw new RequestFormatException($"'messages[{index}].content' must be a string or a list of content parts.", $"messages[{index}].content", RequestFormatCodes.InvalidType);
        ReadOnlyMemory<byte> list = message.Content.In(body).Utf8;
        var text = new StringBuilder();
        foreach (ChatContentPart? part in RequestReader.Read(list.Span, OpenAIJson.Default.ListChatContentPart, $"messages[{index}].content") ?? [])
        {
            if (part is not null && part.Text.FirstByte(list) == (byte)'"')
                text.Append(text.Length > 0 ? "\n" : "").Append(part.Text.In(list).AsText());
            else
                losses.Add($"messages[{index}].content", LossKind.Dropped, "Only text is read here; a model for pictures reads pictures, too.");
        }

        return text.ToString();
    }
}
