using System.Buffers;
using System.Text.Json;

namespace Pollux.Protocols.Anthropic.Answers;

/// <summary>An error in Anthropic's form.</summary>
/// <param name="Type">Its class, such as <c>invalid_request_error</c>.</param>
/// <param name="Message">What happened, whose fault it is, what to do. English.</param>
/// <param name="RequestId">The id of the request, as its header names it.</param>
public sealed record MessagesError(string Type, string Message, string? RequestId)
{
    /// <summary>What clients look at to send the request in another form; <see langword="null"/>: nothing.</summary>
    public string? Code { get; init; }

    /// <summary>The member of the request that is not supported; told beside <see cref="Code"/>.</summary>
    public string? Unsupported { get; init; }

    /// <summary>Writes the error object, which is the whole body of a failed answer.</summary>
    public void WriteBody(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, MessagesJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString(MessagesJson.Type, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString(MessagesJson.Type, Type);
        json.WriteString("message"u8, Message);
        if (Code is not null)
        {
            json.WriteStartObject("details"u8);
            json.WriteString("error_code"u8, Code);
            json.WriteStartArray("unsupported"u8);
            json.WriteStringValue(Unsupported);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (RequestId is not null)
            json.WriteString("request_id"u8, RequestId);
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes the error as the last event of a stream.</summary>
    public void WriteEvent(IBufferWriter<byte> output)
    {
        output.Write("event: error\ndata: "u8);
        WriteBody(output);
        output.Write("\n\n"u8);
    }
}
