using System.Text.Json;

namespace Pollux.Protocols.Gemini.Answers;

/// <summary>Reads one part of a candidate.</summary>
internal static class PartReader
{
    /// <summary>Reads the object the reader stands on.</summary>
    public static AnswerPart Read(ref Utf8JsonReader reader)
    {
        var part = new AnswerPart();
        int start = (int)reader.TokenStartIndex;
        while (AnswerReader.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("text"u8))
                Take(ref part, PartKind.Text, AnswerReader.Value(ref reader, JsonTokenType.String));
            else if (reader.ValueTextEquals("thought"u8))
                part.IsThought = ReadTrue(ref reader);
            else if (reader.ValueTextEquals("thoughtSignature"u8))
                part.Signature = AnswerReader.Value(ref reader, JsonTokenType.String);
            else if (reader.ValueTextEquals("functionCall"u8))
                ReadObject(ref reader, ref part, PartKind.FunctionCall, "name"u8, "args"u8, JsonTokenType.StartObject);
            else if (reader.ValueTextEquals("inlineData"u8))
                ReadObject(ref reader, ref part, PartKind.InlineData, "mimeType"u8, "data"u8, JsonTokenType.String);
            else if (reader.ValueTextEquals("executableCode"u8))
                ReadObject(ref reader, ref part, PartKind.ExecutableCode, "language"u8, "code"u8, JsonTokenType.String);
            else if (reader.ValueTextEquals("codeExecutionResult"u8))
                ReadObject(ref reader, ref part, PartKind.CodeExecutionResult, "outcome"u8, "output"u8, JsonTokenType.String);
            else if (reader.ValueTextEquals("fileData"u8))
                ReadObject(ref reader, ref part, PartKind.FileData, "mimeType"u8, "fileUri"u8, JsonTokenType.String);
            else if (reader.ValueTextEquals("toolCall"u8) || reader.ValueTextEquals("toolResponse"u8))
                Take(ref part, PartKind.ServerTool, AnswerReader.Value(ref reader, JsonTokenType.StartObject));
            else
                AnswerReader.Value(ref reader);
        }

        part.Whole = new Slice(start, (int)reader.BytesConsumed - start);
        return part;
    }

    private static void Take(ref AnswerPart part, PartKind kind, Slice value)
    {
        if (!value.Exists)
            return;
        part.Kind = kind;
        part.Value = value;
    }

    private static bool ReadTrue(ref Utf8JsonReader reader)
    {
        reader.Read();
        bool value = reader.TokenType == JsonTokenType.True;
        reader.Skip();
        return value;
    }

    private static void ReadObject(
        ref Utf8JsonReader reader, ref AnswerPart part, PartKind kind,
        ReadOnlySpan<byte> nameProperty, ReadOnlySpan<byte> contentProperty, JsonTokenType contentType)
    {
        reader.Read();
        int start = (int)reader.TokenStartIndex;
        if (!AnswerReader.EnterObject(ref reader))
            return;

        while (AnswerReader.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals(nameProperty))
                part.Name = AnswerReader.Value(ref reader, JsonTokenType.String);
            else if (reader.ValueTextEquals(contentProperty))
                part.Content = AnswerReader.Value(ref reader, contentType);
            else if (reader.ValueTextEquals("id"u8))
                part.Id = AnswerReader.Value(ref reader, JsonTokenType.String);
            else
                AnswerReader.Value(ref reader);
        }

        part.Kind = kind;
        part.Value = new Slice(start, (int)reader.BytesConsumed - start);
    }
}
