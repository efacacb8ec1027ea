using System.Text.Json;

namespace Pollux.Protocols.Gemini.Tokens;

/// <summary>
/// Estimates how many input tokens an interaction has, at the rates of <see cref="PromptEstimate"/>. Interactions have names of their own:
/// <c>input</c>, and media that lie flat in their step (<c>type</c>, <c>data</c> or <c>uri</c>, <c>mime_type</c>).
/// </summary>
public static class InteractionEstimate
{
    private const int TokensPerFile = 1000; // nothing is known of a file that is only named

    /// <summary>Estimates a body of <c>interactions</c>.</summary>
    /// <param name="body">The JSON. What is not well-formed counts up to the fault.</param>
    /// <returns>0 where an earlier interaction is named: its turns are part of the prompt, and nobody here knows them.</returns>
    public static int Of(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        double tokens = 0;
        var medium = default(Medium);
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName when reader.CurrentDepth == 1 && reader.ValueTextEquals("previous_interaction_id"u8):
                        reader.Read();
                        if (reader.TokenType == JsonTokenType.String)
                            return 0;
                        break;
                    case JsonTokenType.PropertyName:
                        tokens += OfMember(ref reader, ref medium);
                        break;
                    case JsonTokenType.String:
                        tokens += PromptEstimate.OfText(reader.ValueSpan); // in a list
                        break;
                    case JsonTokenType.EndObject:
                        tokens += medium.End(body, reader.CurrentDepth);
                        break;
                }
            }
        }
        catch (JsonException)
        {
            // whoever sends it is told elsewhere
        }

        return (int)Math.Clamp(Math.Ceiling(tokens), 1, int.MaxValue);
    }

    /// <summary>Reads the value of a member if it is a text, or adds nothing to a prompt.</summary>
    private static double OfMember(ref Utf8JsonReader reader, ref Medium medium)
    {
        int depth = reader.CurrentDepth - 1; // of the object that it stands in
        if (depth == 0 && IsSetting(ref reader))
        {
            reader.Read();
            reader.Skip();
            return 0;
        }

        bool isData = reader.ValueTextEquals("data"u8), isType = reader.ValueTextEquals("mime_type"u8), isUri = reader.ValueTextEquals("uri"u8);
        bool isFrame = reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("signature"u8);
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
            return 0;
        if (isType)
            medium.Set(depth, (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        if (isData)
            medium.Set(depth, reader.ValueSpan.Length * 3L / 4);
        return isUri ? TokensPerFile : isData || isType || isFrame ? 0 : PromptEstimate.OfText(reader.ValueSpan);
    }

    /// <summary>What says how to answer, and is not read by the model.</summary>
    private static bool IsSetting(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("model"u8) || reader.ValueTextEquals("agent"u8) || reader.ValueTextEquals("agent_config"u8) || reader.ValueTextEquals("generation_config"u8)
        || reader.ValueTextEquals("safety_settings"u8) || reader.ValueTextEquals("webhook_config"u8) || reader.ValueTextEquals("service_tier"u8) || reader.ValueTextEquals("environment"u8)
        || reader.ValueTextEquals("response_mime_type"u8) || reader.ValueTextEquals("response_modalities"u8) || reader.ValueTextEquals("continuation_token"u8) || reader.ValueTextEquals("cached_content"u8);

    /// <summary>The medium in the object under way: its size and its type may come in either order.</summary>
    private struct Medium
    {
        private int _depth;
        private long _bytes;
        private int _typeAt;
        private int _typeLength;

        public void Set(int depth, long bytes)
        {
            Enter(depth);
            _bytes = bytes;
        }

        public void Set(int depth, int typeAt, int typeLength)
        {
            Enter(depth);
            (_typeAt, _typeLength) = (typeAt, typeLength);
        }

        /// <summary>An object ends.</summary>
        /// <returns>What the medium in it counts.</returns>
        public double End(ReadOnlySpan<byte> body, int depth)
        {
            if (depth != _depth || _bytes == 0)
                return 0;
            double tokens = PromptEstimate.OfMedia(body.Slice(_typeAt, _typeLength), _bytes);
            this = default;
            return tokens;
        }

        private void Enter(int depth)
        {
            if (depth != _depth)
                (_depth, _bytes, _typeAt, _typeLength) = (depth, 0, 0, 0);
        }
    }
}
