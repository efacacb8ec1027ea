using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.Anthropic.Translation;

/// <summary>Translates pictures and documents.</summary>
internal static class BlockMedia
{
    private const string Pdf = "application/pdf";

    public static Part Picture(MessagesScope scope, MessagesBlock block, string path)
    {
        var source = SourceOf(scope, block, path);
        return FromSource(scope, source, source.MediaType?.ToLowerInvariant(), $"{path}.source")
            ?? throw Unknown($"{path}.source", "base64, url and file");
    }

    /// <summary>A document: its title and its context stand before it.</summary>
    public static void AppendDocument(MessagesScope scope, MessagesBlock block, string path, List<Part> parts)
    {
        var source = SourceOf(scope, block, path);
        if (scope.TryText(block.Title, out var title))
            BlockContent.AddText(title, parts);
        if (scope.TryText(block.Context, out var context))
            BlockContent.AddText(context, parts);
        ReportCitations(scope, block, path);

        var place = $"{path}.source";
        switch (source.Type)
        {
            case "text":
                BlockContent.AddText(BlockContent.TextOf(scope, source.Data, $"{place}.data"), parts);
                break;
            case "content":
                BlockContent.AppendContent(scope, source.Content, $"{place}.content", parts);
                break;
            default:
                // Anthropic takes no other documents by address than PDF; base64 says itself what it is.
                var type = source.MediaType?.ToLowerInvariant() ?? (source.Type is "url" ? Pdf : null);
                parts.Add(FromSource(scope, source, type, place) ?? throw Unknown(place, "base64, text, url, content and file"));
                break;
        }
    }

    /// <summary>Gemini cites what it searched itself, and nothing else.</summary>
    public static void ReportCitations(MessagesScope scope, MessagesBlock block, string path)
    {
        if (block.Citations.FirstByte(scope.Body) == (byte)'{' && scope.Value(block.Citations).Utf8.Span.IndexOf("true"u8) >= 0)
            scope.Losses.Add($"{path}.citations", LossKind.Dropped, "Gemini does not cite places of documents.");
    }

    private static MessagesSource SourceOf(MessagesScope scope, MessagesBlock block, string path)
    {
        var source = scope.Object(block.Source, AnthropicJson.Default.MessagesSource, $"{path}.source")
            ?? throw MessagesScope.Wrong(block.Source, $"{path}.source", "an object");
        source.Move(block.Source.Start);
        return source;
    }

    private static Part? FromSource(MessagesScope scope, MessagesSource source, string? type, string path) => source.Type switch
    {
        "base64" => MediaParts.FromData(scope, BlockContent.TextOf(scope, source.Data, $"{path}.data"), type, $"{path}.data", detail: null),
        "url" => MediaParts.FromText(scope, BlockContent.TextOf(scope, source.Url, $"{path}.url"), type, $"{path}.url", detail: null),
        "file" when source.FileId is { Length: > 0 } id => MediaParts.FromFile(id, type, $"{path}.file_id"),
        "file" => throw new RequestFormatException($"'{path}.file_id' is missing.", $"{path}.file_id", RequestFormatCodes.MissingParameter),
        _ => null,
    };

    private static RequestFormatException Unknown(string path, string supported) =>
        new($"'{path}.type' is not known. Supported are {supported}.", $"{path}.type", RequestFormatCodes.UnsupportedValue);
}
