using System.Text.Json;

namespace Pollux.Protocols.Gemini.Answers;

/// <summary>
/// Reads the JSON of a Gemini answer or stream event into an <see cref="Answer"/>. Members and enum values that are not
/// known are passed over: Google adds them, and none is a reason to fail.
/// </summary>
public static class AnswerReader
{
    /// <summary>Reads <paramref name="json"/>.</summary>
    /// <param name="json">One JSON value; an array is looked into, since an error may be wrapped in one.</param>
    /// <param name="answer">Filled anew; its slices point into <paramref name="json"/>.</param>
    /// <returns>Whether it was well-formed JSON of the expected shape.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> json, Answer answer)
    {
        answer.Reset(json);
        try
        {
            var reader = new Utf8JsonReader(json.Span);
            if (!reader.Read())
                return false;

            if (reader.TokenType == JsonTokenType.StartArray && (!reader.Read() || reader.TokenType == JsonTokenType.EndArray))
                return false;

            if (reader.TokenType != JsonTokenType.StartObject)
                return false;

            ReadAnswer(ref reader, answer);
            return true;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // The second: text that had to be looked at is no valid UTF-8 or holds half a character.
            answer.Reset(json);
            return false;
        }
    }

    private static void ReadAnswer(ref Utf8JsonReader reader, Answer answer)
    {
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("candidates"u8))
            {
                reader.Read();
                ReadCandidates(ref reader, answer);
            }
            else if (reader.ValueTextEquals("usageMetadata"u8))
            {
                reader.Read();
                ReadUsage(ref reader, answer);
            }
            else if (reader.ValueTextEquals("modelVersion"u8))
            {
                answer.ModelVersion = Value(ref reader, JsonTokenType.String);
            }
            else if (reader.ValueTextEquals("responseId"u8))
            {
                answer.ResponseId = Value(ref reader, JsonTokenType.String);
            }
            else if (reader.ValueTextEquals("promptFeedback"u8))
            {
                reader.Read();
                ReadPromptFeedback(ref reader, answer);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                answer.Error = Value(ref reader, JsonTokenType.StartObject);
            }
            else
            {
                Value(ref reader);
            }
        }
    }

    private static void ReadCandidates(ref Utf8JsonReader reader, Answer answer)
    {
        if (!EnterArray(ref reader))
            return;

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                ReadCandidate(ref reader, answer);
            else
                reader.Skip();
        }
    }

    private static void ReadCandidate(ref Utf8JsonReader reader, Answer answer)
    {
        var candidate = new AnswerCandidate { FinishReason = FinishReason.None, FirstPart = answer.NextPart };
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("content"u8))
            {
                reader.Read();
                ReadContent(ref reader, answer, ref candidate);
            }
            else if (reader.ValueTextEquals("finishReason"u8))
            {
                reader.Read();
                candidate.FinishReason = FinishReasons.Read(ref reader);
                candidate.FinishReasonToken = Current(ref reader);
            }
            else if (reader.ValueTextEquals("index"u8))
            {
                reader.Read();
                candidate.Index = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int index) && index >= 0 ? index : 0;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("finishMessage"u8))
            {
                candidate.FinishMessage = Value(ref reader, JsonTokenType.String);
            }
            else if (reader.ValueTextEquals("groundingMetadata"u8))
            {
                candidate.Grounding = Value(ref reader, JsonTokenType.StartObject);
            }
            else if (reader.ValueTextEquals("logprobsResult"u8))
            {
                candidate.Logprobs = Value(ref reader, JsonTokenType.StartObject);
            }
            else
            {
                Value(ref reader);
            }
        }

        answer.Add(candidate);
    }

    private static void ReadContent(ref Utf8JsonReader reader, Answer answer, ref AnswerCandidate candidate)
    {
        if (!EnterObject(ref reader))
            return;

        while (NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("parts"u8))
            {
                Value(ref reader);
                continue;
            }

            reader.Read();
            int start = (int)reader.TokenStartIndex;
            if (!EnterArray(ref reader))
                continue;

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }

                answer.Add(PartReader.Read(ref reader));
                candidate.PartCount++;
            }

            candidate.Parts = new Slice(start, (int)reader.BytesConsumed - start);
        }
    }

    private static void ReadPromptFeedback(ref Utf8JsonReader reader, Answer answer)
    {
        if (!EnterObject(ref reader))
            return;

        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("blockReason"u8))
                answer.BlockReason = Value(ref reader);
            else if (reader.ValueTextEquals("blockReasonMessage"u8))
                answer.BlockMessage = Value(ref reader, JsonTokenType.String);
            else
                Value(ref reader);
        }
    }

    private static void ReadUsage(ref Utf8JsonReader reader, Answer answer)
    {
        if (!EnterObject(ref reader))
            return;

        int prompt = 0, cached = 0, candidates = 0, thoughts = 0, toolUse = 0, total = 0, promptAudio = 0, promptImage = 0, candidatesAudio = 0;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("promptTokenCount"u8))
                prompt = Count(ref reader);
            else if (reader.ValueTextEquals("candidatesTokenCount"u8))
                candidates = Count(ref reader);
            else if (reader.ValueTextEquals("totalTokenCount"u8))
                total = Count(ref reader);
            else if (reader.ValueTextEquals("thoughtsTokenCount"u8))
                thoughts = Count(ref reader);
            else if (reader.ValueTextEquals("cachedContentTokenCount"u8))
                cached = Count(ref reader);
            else if (reader.ValueTextEquals("toolUsePromptTokenCount"u8))
                toolUse = Count(ref reader);
            else if (reader.ValueTextEquals("promptTokensDetails"u8))
                promptAudio = AudioShare(ref reader, out promptImage);
            else if (reader.ValueTextEquals("candidatesTokensDetails"u8))
                candidatesAudio = AudioShare(ref reader, out _);
            else
                Value(ref reader);
        }

        answer.HasUsage = prompt > 0 || total > 0 || candidates > 0; // an event with nothing but trafficType says nothing
        answer.Usage = new GeminiUsage(prompt, cached, candidates, thoughts, toolUse, total, promptAudio, candidatesAudio) { PromptImage = promptImage };
    }

    private static int AudioShare(ref Utf8JsonReader reader, out int image)
    {
        int share = image = 0;
        reader.Read();
        if (!EnterArray(ref reader))
            return 0;

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            bool audio = false, picture = false;
            int count = 0;
            while (NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("modality"u8))
                {
                    reader.Read();
                    audio = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("AUDIO"u8);
                    picture = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("IMAGE"u8);
                    reader.Skip();
                }
                else if (reader.ValueTextEquals("tokenCount"u8))
                {
                    count = Count(ref reader);
                }
                else
                {
                    Value(ref reader);
                }
            }

            share += audio ? count : 0;
            image += picture ? count : 0;
        }

        return share;
    }

    private static int Count(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int count) && count >= 0)
            return count;

        // int64 fields may come as text in proto-JSON
        if (reader.TokenType == JsonTokenType.String && int.TryParse(reader.GetString(), out count) && count >= 0)
            return count;

        reader.Skip();
        return 0;
    }

    /// <summary>Moves to the next property of the object the reader is in; false at its end.</summary>
    internal static bool NextProperty(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>Moves over the value of the present property and tells where it stands.</summary>
    internal static Slice Value(ref Utf8JsonReader reader)
    {
        reader.Read();
        return Current(ref reader);
    }

    /// <summary>As <see cref="Value(ref Utf8JsonReader)"/>, but a value of another type counts as absent.</summary>
    internal static Slice Value(ref Utf8JsonReader reader, JsonTokenType expected)
    {
        reader.Read();
        bool fits = reader.TokenType == expected;
        Slice slice = Current(ref reader);
        return fits ? slice : default;
    }

    private static Slice Current(ref Utf8JsonReader reader)
    {
        int start = (int)reader.TokenStartIndex;
        bool isNull = reader.TokenType == JsonTokenType.Null;
        reader.Skip();
        return isNull ? default : new Slice(start, (int)reader.BytesConsumed - start);
    }

    internal static bool EnterObject(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
            return true;
        reader.Skip();
        return false;
    }

    private static bool EnterArray(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
            return true;
        reader.Skip();
        return false;
    }
}
