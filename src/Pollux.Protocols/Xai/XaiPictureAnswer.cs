using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pollux.Protocols.Xai;

/// <summary>A picture of xAI's: either an address or bytes.</summary>
/// <param name="Address">Where it is found, for a while.</param>
/// <param name="Data">Its bytes in base64, as they stand in the answer, with quotes.</param>
/// <param name="MediaType">What it is.</param>
public readonly record struct XaiPicture(string? Address, ReadOnlyMemory<byte> Data, string MediaType);

/// <summary>What every piece of a chat's answer begins with.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Created">When it was made, in seconds.</param>
/// <param name="Model">The model as asked.</param>
/// <param name="Stream">Whether it is a stream.</param>
/// <param name="IncludeUsage">Whether a stream ends with usage.</param>
public sealed record XaiPictureChatHead(string Id, long Created, string Model, bool Stream, bool IncludeUsage);

/// <summary>xAI's answer to a request for pictures, to be shown in a chat.</summary>
/// <param name="Pictures">Those that may be shown.</param>
/// <param name="RevisedPrompt">The prompt as xAI changed it, of the first that has one.</param>
/// <param name="Withheld">So many were withheld by moderation.</param>
/// <param name="CostTicks">What it cost, in xAI's unit; <see langword="null"/>: not told.</param>
public sealed record XaiPictureAnswer(IReadOnlyList<XaiPicture> Pictures, string? RevisedPrompt, int Withheld, long? CostTicks)
{
    private static readonly SearchValues<char> EndsMarkdown = SearchValues.Create(" ()<>\r\n");
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }; // it is JSON, not a page; base64 stays as long as it is

    /// <summary>Reads it.</summary>
    /// <returns><see langword="null"/>: it is none.</returns>
    public static XaiPictureAnswer? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            var pictures = new List<XaiPicture>();
            string? revised = null;
            int withheld = 0;
            long? cost = null;
            bool found = false;
            var reader = new Utf8JsonReader(json.Span);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isData = reader.ValueTextEquals("data"u8), isUsage = reader.ValueTextEquals("usage"u8);
                reader.Read();
                if (isData && reader.TokenType == JsonTokenType.StartArray)
                {
                    found = true;
                    while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                        ReadPicture(ref reader, json, pictures, ref revised, ref withheld);
                }
                else if (isUsage && reader.TokenType == JsonTokenType.StartObject)
                {
                    while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    {
                        bool isCost = reader.ValueTextEquals("cost_in_usd_ticks"u8);
                        reader.Read();
                        if (isCost && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long ticks))
                            cost = ticks;
                        reader.Skip();
                    }
                }
                else
                {
                    reader.Skip();
                }
            }

            return found ? new XaiPictureAnswer(pictures, revised, withheld, cost) : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Writes the chat's answer: one body, or all events of a stream.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="head">What it begins with.</param>
    /// <param name="addresses">Where each picture stands; <see langword="null"/>: it stands in the answer itself.</param>
    public void Write(IBufferWriter<byte> output, XaiPictureChatHead head, IReadOnlyList<string?> addresses)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(addresses);
        if (!head.Stream)
        {
            using var json = Begin(output, head, "chat.completion"u8);
            json.WriteStartArray("choices"u8);
            json.WriteStartObject();
            json.WriteNumber("index"u8, 0);
            json.WriteStartObject("message"u8);
            json.WriteString("role"u8, "assistant"u8);
            WriteContent(json, addresses);
            json.WriteNull("refusal"u8);
            json.WriteEndObject();
            json.WriteNull("logprobs"u8);
            json.WriteString("finish_reason"u8, "stop"u8);
            json.WriteEndObject();
            json.WriteEndArray();
            WriteUsage(json);
            json.WriteEndObject();
            return;
        }

        WriteChunk(output, head, static (json, _, _) =>
        {
            json.WriteString("role"u8, "assistant"u8);
            json.WriteString("content"u8, ""u8);
        }, addresses, isLast: false);
        WriteChunk(output, head, static (json, answer, addresses) => answer.WriteContent(json, addresses), addresses, isLast: false);
        WriteChunk(output, head, static (_, _, _) => { }, addresses, isLast: true);
        if (head.IncludeUsage)
        {
            output.Write("data: "u8);
            using (var json = Begin(output, head, "chat.completion.chunk"u8))
            {
                json.WriteStartArray("choices"u8);
                json.WriteEndArray();
                WriteUsage(json);
                json.WriteEndObject();
            }

            output.Write("\n\n"u8);
        }

        output.Write("data: [DONE]\n\n"u8);
    }

    private static void ReadPicture(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, List<XaiPicture> pictures, ref string? revised, ref int withheld)
    {
        string? address = null;
        ReadOnlyMemory<byte> data = default;
        string mediaType = "image/jpeg";
        bool moderated = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isAddress = reader.ValueTextEquals("url"u8), isData = reader.ValueTextEquals("b64_json"u8), isType = reader.ValueTextEquals("mime_type"u8);
            bool isRevised = reader.ValueTextEquals("revised_prompt"u8), isVerdict = reader.ValueTextEquals("respect_moderation"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                if (isAddress)
                    address = reader.GetString();
                else if (isData && !reader.ValueIsEscaped)
                    data = json.Slice((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
                else if (isType)
                    mediaType = reader.GetString()!;
                else if (isRevised)
                    revised ??= reader.GetString() is { Length: > 0 } text ? text : null;
            }

            moderated |= isVerdict && reader.TokenType == JsonTokenType.False;
            reader.Skip();
        }

        if (moderated)
            withheld++;
        else if (IsAddress(address) || data.Length > 2)
            pictures.Add(new XaiPicture(IsAddress(address) ? address : null, data, mediaType.StartsWith("image/", StringComparison.Ordinal) && mediaType.Length < 40 ? mediaType : "image/jpeg"));
    }

    /// <summary>What can stand in Markdown as a picture.</summary>
    private static bool IsAddress(string? text) =>
        text is not null && (text.StartsWith("https://", StringComparison.Ordinal) || text.StartsWith("http://", StringComparison.Ordinal)) && !text.AsSpan().ContainsAny(EndsMarkdown);

    private static Utf8JsonWriter Begin(IBufferWriter<byte> output, XaiPictureChatHead head, ReadOnlySpan<byte> kind)
    {
        var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("id"u8, head.Id);
        json.WriteString("object"u8, kind);
        json.WriteNumber("created"u8, head.Created);
        json.WriteString("model"u8, head.Model);
        return json;
    }

    private void WriteChunk(
        IBufferWriter<byte> output, XaiPictureChatHead head, Action<Utf8JsonWriter, XaiPictureAnswer, IReadOnlyList<string?>> delta, IReadOnlyList<string?> addresses, bool isLast)
    {
        output.Write("data: "u8);
        using (var json = Begin(output, head, "chat.completion.chunk"u8))
        {
            json.WriteStartArray("choices"u8);
            json.WriteStartObject();
            json.WriteNumber("index"u8, 0);
            json.WriteStartObject("delta"u8);
            delta(json, this, addresses);
            json.WriteEndObject();
            if (isLast)
                json.WriteString("finish_reason"u8, "stop"u8);
            else
                json.WriteNull("finish_reason"u8);
            json.WriteEndObject();
            json.WriteEndArray();
            if (head.IncludeUsage)
                json.WriteNull("usage"u8);
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }

    /// <summary>The revised prompt, a blank line, and a line for each picture; bytes go over piece by piece.</summary>
    private void WriteContent(Utf8JsonWriter json, IReadOnlyList<string?> addresses)
    {
        json.WritePropertyName("content"u8);
        if (RevisedPrompt is not null)
            Say(RevisedPrompt + "\n\n");
        for (int i = 0; i < Pictures.Count; i++)
        {
            Say($"{(i > 0 ? "\n" : "")}![image{i + 1}](");
            if (addresses[i] is { } address)
            {
                Say(address);
            }
            else
            {
                Say($"data:{Pictures[i].MediaType};base64,");
                json.WriteStringValueSegment(Pictures[i].Data.Span[1..^1], isFinalSegment: false);
            }

            json.WriteStringValueSegment(")"u8, isFinalSegment: i == Pictures.Count - 1);
        }

        void Say(string text) => json.WriteStringValueSegment(Encoding.UTF8.GetBytes(text), isFinalSegment: false); // one encoding for all segments
    }

    /// <summary>xAI counts pictures, not tokens.</summary>
    private void WriteUsage(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, 0);
        json.WriteNumber("completion_tokens"u8, 0);
        json.WriteNumber("total_tokens"u8, 0);
        if (CostTicks is { } cost)
            json.WriteNumber("cost_in_usd_ticks"u8, cost);
        json.WriteEndObject();
    }
}
