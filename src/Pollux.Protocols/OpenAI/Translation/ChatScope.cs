using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Translation;

/// <summary>What the steps of one translation share.</summary>
internal sealed class ChatScope(ChatRequest chat, ReadOnlyMemory<byte> body, in ChatTranslationContext context)
{
    public ChatRequest Chat { get; } = chat;

    /// <summary>The buffer that all slices of <see cref="Chat"/> refer to.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    public ChatTranslationContext Context { get; } = context;

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
}
