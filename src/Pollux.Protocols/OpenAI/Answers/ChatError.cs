using System.Buffers;
using System.Text.Json;

namespace Pollux.Protocols.OpenAI.Answers;

/// <summary>An error in OpenAI's form.</summary>
/// <param name="Message">What happened, whose fault it is, what to do. English.</param>
/// <param name="Type">The class, such as <c>invalid_request_error</c> or <c>server_error</c>.</param>
/// <param name="Param">The request's field, if one is to blame.</param>
/// <param name="Code">A word that programs look at, or <see langword="null"/>.</param>
public sealed record ChatError(string Message, string Type, string? Param = null, string? Code = null)
{
    /// <summary>Writes the error object, which is the whole body of a failed answer.</summary>
    public void WriteBody(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, ChatJson.WriterOptions);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, Message);
        json.WriteString("type"u8, Type);
        json.WriteString("param"u8, Param);
        json.WriteString("code"u8, Code);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>
    /// Writes the error as a stream event. No <c>[DONE]</c> follows: it would tell that the answer is complete.
    /// </summary>
    public void WriteEvent(IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        WriteBody(output);
        output.Write("\n\n"u8);
    }
}
