using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Responses.Requests;

/// <summary><c>input</c>: a text, or a list of items.</summary>
/// <param name="Whole">Where it stands.</param>
/// <param name="Items">The items; <see langword="null"/> for a text.</param>
[JsonConverter(typeof(ResponsesInputConverter))]
public sealed record ResponsesInput(JsonSlice Whole, List<ResponsesItem?>? Items);

/// <summary>Reads the items in the same pass as the rest, so that their slices refer to the body.</summary>
public sealed class ResponsesInputConverter : JsonConverter<ResponsesInput>
{
    /// <inheritdoc/>
    public override ResponsesInput? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int start = checked((int)reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return new ResponsesInput(new JsonSlice(start, checked((int)reader.BytesConsumed) - start), Items: null);
            case JsonTokenType.StartArray:
                try
                {
                    var items = JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<List<ResponsesItem?>>)options.GetTypeInfo(typeof(List<ResponsesItem?>)));
                    return new ResponsesInput(new JsonSlice(start, checked((int)reader.BytesConsumed) - start), items ?? []);
                }
                catch (JsonException fault)
                {
                    throw new JsonException(fault.Message, "$.input" + (fault.Path ?? "$")[1..], fault.LineNumber, fault.BytePositionInLine, fault.InnerException);
                }

            default:
                throw new RequestFormatException("'input' must be a string or a list of items.", "input", RequestFormatCodes.InvalidType);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ResponsesInput value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Requests are only read.");
}
