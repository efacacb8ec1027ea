using System.Text;
using System.Text.Json;

namespace Pollux.Protocols.Gemini.Tokens;

/// <summary>
/// Estimates how many input tokens a request has, without asking anybody: from the characters of its texts and the sizes of
/// its media. Rough by some ten percent for text and more for media; who uses it corrects it by what answers tell.
/// Sources: Google's token page (a token is about four characters of English; 258 tokens a picture tile, 32 a second of
/// sound, 263 a second of film, 258 a page) and its media resolution page (1,120 a picture on Gemini 3). The rates of other
/// scripts and of bytes per second are assumptions.
/// </summary>
public static class PromptEstimate
{
    private const double TokensPerAsciiByte = 0.25;
    private const double TokensPerTwoByteCharacter = 0.35;   // Latin with marks, Greek, Cyrillic, Hebrew, Arabic
    private const double TokensPerThreeByteCharacter = 0.65; // Chinese, Japanese, Korean, Indic, Thai
    private const double TokensPerFourByteCharacter = 2;     // pictographs, rare ideographs
    private const int TokensPerPicture = 1120;
    private const double BytesPerFilmToken = 420;            // 1 Mbit/s
    private const double BytesPerSoundToken = 500;           // 128 kbit/s
    private const double BytesPerWaveToken = 1000;           // 16 kHz, 16 bits
    private const double BytesPerPageToken = 200;            // 50 kB a page
    private const int TokensPerFile = 1000;                  // nothing is known of a file that is only named
    private const int LongestUri = 2048;                     // those of Gemini's files have some sixty characters
    private const int DeepestCache = 2;                      // countTokens puts the request one level deeper; below that it is an argument of a function
    private const int LongestRole = 8;                       // "function"

    /// <summary>Estimates a body of <c>generateContent</c> in either spelling.</summary>
    /// <param name="body">The JSON. What is not well-formed counts up to the fault.</param>
    public static PromptTokens Of(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        var tokens = new PromptTokens();
        try
        {
            while (reader.Read())
                Add(ref reader, ref tokens);
        }
        catch (JsonException)
        {
            // whoever sends it is told elsewhere
        }

        return tokens;
    }

    /// <summary>Estimates a member whose name the reader stands on, and reads on to the end of its value.</summary>
    /// <param name="reader">Stands on the member's name.</param>
    /// <param name="tokens">Is added to.</param>
    /// <exception cref="JsonException">This is no JSON.</exception>
    public static void AddMember(ref Utf8JsonReader reader, ref PromptTokens tokens)
    {
        int depth = reader.CurrentDepth;
        Add(ref reader, ref tokens);
        if (reader.TokenType != JsonTokenType.PropertyName)
            return; // its value was read with it

        while (reader.Read())
        {
            Add(ref reader, ref tokens);
            if (reader.CurrentDepth <= depth && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                return;
        }
    }

    /// <summary>Estimates a text.</summary>
    /// <param name="text">UTF-8, as it stands in JSON.</param>
    public static double OfText(ReadOnlySpan<byte> text)
    {
        if (Ascii.IsValid(text))
            return OfAscii(text);

        int ascii = 0;
        double tokens = 0;
        foreach (byte b in text)
        {
            if (b < 0x80)
                ascii++;
            else if (b >= 0xF0)
                tokens += TokensPerFourByteCharacter;
            else if (b >= 0xE0)
                tokens += TokensPerThreeByteCharacter;
            else if (b >= 0xC0)
                tokens += TokensPerTwoByteCharacter;
        }

        return tokens + (ascii * TokensPerAsciiByte);
    }

    private static double OfAscii(ReadOnlySpan<byte> text)
    {
        int escapes = text.Count("\\u"u8); // six bytes for one character that is seldom Latin
        return ((text.Length - (6 * escapes)) * TokensPerAsciiByte) + (escapes * TokensPerThreeByteCharacter);
    }

    /// <summary>Reads the value of a property that counts otherwise than as text.</summary>
    private static void Add(ref Utf8JsonReader reader, ref PromptTokens tokens)
    {
        if (reader.TokenType == JsonTokenType.String)
            tokens.Text += OfText(reader.ValueSpan);
        else if (reader.TokenType == JsonTokenType.PropertyName)
            AddProperty(ref reader, ref tokens);
    }

    private static void AddProperty(ref Utf8JsonReader reader, ref PromptTokens tokens)
    {
        switch (KindOf(ref reader))
        {
            case MemberKind.Frame:
                break;
            case MemberKind.Role:
                Utf8JsonReader ahead = reader;
                if (ahead.Read() && ahead.TokenType == JsonTokenType.String && ahead.ValueSpan.Length <= LongestRole)
                    reader = ahead; // else it is an argument of a function that has this name too, and counts
                break;
            case MemberKind.Config:
                AddConfig(ref reader, ref tokens);
                break;
            case MemberKind.Media:
                tokens.Media += OfMedia(ref reader);
                break;
            case MemberKind.File:
                AddFile(ref reader, ref tokens);
                break;
            case MemberKind.Resource:
                AddResources(ref reader, ref tokens);
                break;
            case MemberKind.NoPrompt:
                reader.Read();
                reader.Skip();
                break;
            default:
                tokens.Text += OfText(reader.ValueSpan); // names of arguments and of a schema's members are part of the prompt
                break;
        }
    }

    private static void AddFile(ref Utf8JsonReader reader, ref PromptTokens tokens)
    {
        tokens.Media += TokensPerFile;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isUri = reader.ValueTextEquals("fileUri"u8) || reader.ValueTextEquals("file_uri"u8);
            reader.Read();
            if (isUri && reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= LongestUri)
                (tokens.FileUris ??= []).Add(reader.GetString()!);
            reader.Skip();
        }
    }

    /// <summary>What is only named lives elsewhere, and counts nothing here.</summary>
    private static void AddResources(ref Utf8JsonReader reader, ref PromptTokens tokens)
    {
        int depth = reader.CurrentDepth;
        reader.Read();
        bool isList = reader.TokenType == JsonTokenType.StartArray;
        while (!isList || (reader.Read() && reader.TokenType == JsonTokenType.String))
        {
            if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= LongestUri)
                (tokens.ResourceNames ??= []).Add(reader.GetString()!);
            if (!isList)
                break;
        }

        while (reader.CurrentDepth > depth)
            reader.Read(); // a list of something else than texts: the upstream will judge it
        reader.Skip();
    }

    /// <summary>Of the settings of generation only a schema is part of the prompt.</summary>
    private static void AddConfig(ref Utf8JsonReader reader, ref PromptTokens tokens)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.IndexOf("chema"u8) >= 0)
            {
                AddMember(ref reader, ref tokens);
                continue;
            }

            reader.Read();
            reader.Skip();
        }
    }

    /// <summary>What a member of this name adds to a prompt. Chosen by length first: the question is put for each name of a body.</summary>
    private static MemberKind KindOf(ref Utf8JsonReader reader) => JsonNames.LengthOf(ref reader) switch
    {
        4 => reader.ValueTextEquals("text"u8) ? MemberKind.Frame : reader.ValueTextEquals("role"u8) ? MemberKind.Role : MemberKind.Prompt,
        5 => Is(ref reader, MemberKind.Frame, "parts"u8),
        8 => reader.ValueTextEquals("contents"u8) ? MemberKind.Frame : Is(ref reader, MemberKind.File, "fileData"u8),
        9 => Is(ref reader, MemberKind.File, "file_data"u8),
        10 => Is(ref reader, MemberKind.Media, "inlineData"u8),
        11 => Is(ref reader, MemberKind.Media, "inline_data"u8),
        13 when reader.CurrentDepth <= DeepestCache => Is(ref reader, MemberKind.Resource, "cachedContent"u8),
        14 when reader.CurrentDepth <= DeepestCache && reader.ValueTextEquals("cached_content"u8) => MemberKind.Resource,
        14 => Is(ref reader, MemberKind.NoPrompt, "safetySettings"u8),
        15 => Is(ref reader, MemberKind.NoPrompt, "safety_settings"u8),
        16 => reader.ValueTextEquals("thoughtSignature"u8) ? MemberKind.NoPrompt : Is(ref reader, MemberKind.Config, "generationConfig"u8),
        17 => reader.ValueTextEquals("thought_signature"u8) ? MemberKind.NoPrompt
            : reader.ValueTextEquals("systemInstruction"u8) ? MemberKind.Frame : Is(ref reader, MemberKind.Config, "generation_config"u8),
        18 => Is(ref reader, MemberKind.Frame, "system_instruction"u8),
        20 => Is(ref reader, MemberKind.Resource, "fileSearchStoreNames"u8),
        23 => Is(ref reader, MemberKind.Resource, "file_search_store_names"u8),
        _ => MemberKind.Prompt,
    };

    private static MemberKind Is(ref Utf8JsonReader reader, MemberKind kind, ReadOnlySpan<byte> name) =>
        reader.ValueTextEquals(name) ? kind : MemberKind.Prompt;

    private static double OfMedia(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return 0;
        }

        ReadOnlySpan<byte> type = default;
        long bytes = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = reader.ValueTextEquals("mimeType"u8) || reader.ValueTextEquals("mime_type"u8);
            bool isData = reader.ValueTextEquals("data"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && isType)
                type = reader.ValueSpan;
            else if (reader.TokenType == JsonTokenType.String && isData)
                bytes = reader.ValueSpan.Length * 3L / 4;
            reader.Skip();
        }

        return OfMedia(type, bytes);
    }

    /// <summary>Estimates a medium by its type and size.</summary>
    internal static double OfMedia(ReadOnlySpan<byte> type, long bytes)
    {
        if (type.StartsWith("image/"u8))
            return TokensPerPicture;
        if (type.StartsWith("video/"u8))
            return bytes / BytesPerFilmToken;
        if (type.StartsWith("audio/wav"u8) || type.StartsWith("audio/x-wav"u8) || type.StartsWith("audio/l16"u8) || type.StartsWith("audio/pcm"u8))
            return bytes / BytesPerWaveToken;
        if (type.StartsWith("audio/"u8))
            return bytes / BytesPerSoundToken;
        return type.SequenceEqual("application/pdf"u8) ? bytes / BytesPerPageToken : bytes * TokensPerAsciiByte;
    }

    private enum MemberKind
    {
        /// <summary>Its name and its value.</summary>
        Prompt,

        /// <summary>Its value alone: the name belongs to the frame of the request.</summary>
        Frame,

        /// <summary>Whose turn it is.</summary>
        Role,

        /// <summary>Settings of generation.</summary>
        Config,

        /// <summary>A medium.</summary>
        Media,

        /// <summary>A medium that is only named.</summary>
        File,

        /// <summary>Names of what lives at the upstream: a cache, stores to search.</summary>
        Resource,

        /// <summary>Nothing.</summary>
        NoPrompt,
    }
}

/// <summary>What a prompt may count.</summary>
public record struct PromptTokens
{
    /// <summary>Of its texts.</summary>
    public double Text { get; set; }

    /// <summary>Of pictures, sounds, films and files: a guess from their sizes, which may be wrong by a factor of ten.</summary>
    public double Media { get; set; }

    /// <summary>The files that it names by address, as they stand there; <see langword="null"/>: none, as in most.</summary>
    public List<string>? FileUris { get; set; }

    /// <summary>The cache and the stores that it names, as they stand there; <see langword="null"/>: none, as in most.</summary>
    public List<string>? ResourceNames { get; set; }

    /// <summary>All together, at least 1.</summary>
    public readonly int Total => (int)Math.Clamp(Math.Ceiling(Text + Media), 1, int.MaxValue);

    /// <summary>So many are in it for sure: texts alone, less what their estimate may be too large by.</summary>
    public readonly int Surely => (int)Math.Min(Text * SureShare, int.MaxValue);

    private const double SureShare = 0.6;
}
