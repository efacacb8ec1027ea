using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;

namespace Pollux.Protocols.Translation;

/// <summary>What the steps of one translation share, whatever the dialect. Not thread-safe.</summary>
/// <param name="body">The buffer that all slices of the request refer to.</param>
/// <param name="context">The model that is asked, and what is remembered of earlier answers.</param>
internal class TranslationScope(ReadOnlyMemory<byte> body, in TranslationContext context)
{
    /// <summary>The buffer that all slices of the request refer to.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    public TranslationContext Context { get; } = context;

    public ModelCapabilities Model { get; } = context.Model;

    public GenerateContentRequest Request { get; } = new();

    public LossReport Losses { get; } = new();

    public FunctionNames Names { get; } = new(context.Model.MaxFunctionNameLength);

    public List<RemoteMedia> RemoteMedia { get; } = [];

    public List<PastPicture> PastPictures { get; } = [];

    /// <summary>The value of a slice of the body.</summary>
    public RawJson Value(JsonSlice slice) => slice.In(Body);

    /// <summary>The value of a slice if that is a JSON string.</summary>
    public bool TryText(JsonSlice slice, out RawJson text)
    {
        text = slice.FirstByte(Body) == (byte)'"' ? Value(slice) : default;
        return !text.IsEmpty;
    }

    /// <summary>The name to send for a function.</summary>
    /// <param name="name">The client's name.</param>
    /// <param name="sent">A JSON string.</param>
    /// <param name="renamed">Whether it had to change.</param>
    /// <returns>Whether there is a name at all.</returns>
    public bool TryFunctionName(JsonSlice name, out RawJson sent, out bool renamed)
    {
        if (!TryText(name, out var text) || text.IsEmptyText)
        {
            (sent, renamed) = (default, false);
            return false;
        }
        sent = Names.ToGemini(text, out renamed);
        return true;
    }

    /// <summary>Reports that something was left out, if there was something.</summary>
    public void ReportIf(bool lost, string path, string why)
    {
        if (lost)
            Losses.Add(path, LossKind.Dropped, why);
    }
}
