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

    /// <summary>The value of a slice of the body.</summary>
    public RawJson Value(JsonSlice slice) => slice.In(Body);

    /// <summary>The value of a slice if that is a JSON string.</summary>
    public bool TryText(JsonSlice slice, out RawJson text)
    {
        text = slice.FirstByte(Body) == (byte)'"' ? Value(slice) : default;
        return !text.IsEmpty;
    }

    /// <summary>The name to send for a function, reported when it had to change.</summary>
    /// <exception cref="RequestFormatException">There is no name.</exception>
    public RawJson FunctionName(JsonSlice name, string param, bool report)
    {
        if (!TryText(name, out var text) || text.IsEmptyText)
            throw new RequestFormatException($"'{param}' must be the name of a function.", param, RequestFormatCodes.MissingParameter);
        var sent = Names.ToGemini(text, out var renamed);
        if (renamed && report)
            Losses.Add(param, LossKind.Changed, "Gemini refuses this name; it knows the function under another, and answers are mapped back.");
        return sent;
    }
}
