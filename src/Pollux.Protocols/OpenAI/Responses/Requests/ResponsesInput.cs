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
                Utf8JsonReader begin = reader;
                var items = (JsonTypeInfo<List<ResponsesItem?>>)options.GetTypeInfo(typeof(List<ResponsesItem?>));
                try
                {
                    // Not the serializer itself, whose slices would count from the list's begin.
                    List<ResponsesItem?>? read = ((JsonConverter<List<ResponsesItem?>>)items.Converter).Read(ref reader, typeof(List<ResponsesItem?>), options);
                    return new ResponsesInput(new JsonSlice(start, checked((int)reader.BytesConsumed) - start), read ?? []);
                }
                catch (JsonException fault)
                {
                    throw Located(fault, ref begin, items);
                }

            default:
                throw new RequestFormatException("'input' must be a string or a list of items.", "input", RequestFormatCodes.InvalidType);
        }
    }

    /// <summary>Finds the place of a fault, which only the serializer itself tells, by reading once more.</summary>
    private static JsonException Located(JsonException fault, ref Utf8JsonReader begin, JsonTypeInfo<List<ResponsesItem?>> items)
    {
        try
        {
            JsonSerializer.Deserialize(ref begin, items);
            return fault;
        }
        catch (JsonException again)
        {
            return new JsonException(again.Message, "$.input" + (again.Path ?? "$")[1..], again.LineNumber, again.BytePositionInLine, again.InnerException);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ResponsesInput value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Requests are only read.");
}
