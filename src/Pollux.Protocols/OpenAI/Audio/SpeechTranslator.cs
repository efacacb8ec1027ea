using System.Globalization;
using System.Text;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;

namespace Pollux.Protocols.OpenAI.Audio;

/// <summary>What holds where a speech request says nothing, and what can be had.</summary>
/// <param name="Voice">One of Google's voices.</param>
/// <param name="Pace">How fast, as an adverb for the model; empty for the usual pace.</param>
/// <param name="CanCompress">Whether there is an encoder.</param>
public sealed record SpeechContext(string Voice, string Pace, bool CanCompress);

/// <summary>A speech request as Gemini is asked it.</summary>
/// <param name="Request">What is asked.</param>
/// <param name="Format">How the client wants it.</param>
/// <param name="Events">Whether it comes as server-sent events.</param>
/// <param name="Losses">What was lost.</param>
public sealed record SpeechTranslation(GenerateContentRequest Request, SpeechFormat Format, bool Events, LossReport Losses);

/// <summary>Turns OpenAI's speech requests into Gemini's.</summary>
public static class SpeechTranslator
{
    private const double Slowest = 0.25; // OpenAI's bounds
    private const double Fastest = 4;

    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body.</param>
    /// <exception cref="RequestFormatException">The body is not such a request.</exception>
    public static SpeechRequest Read(ReadOnlyMemory<byte> body) => RequestReader.ReadBody(LoneSurrogates.Repair(body, out _), SpeechJson.Default.SpeechRequest);

    /// <summary>Translates a request.</summary>
    /// <exception cref="RequestFormatException">It cannot be expressed for Gemini.</exception>
    public static SpeechTranslation ToGemini(SpeechRequest request, ReadOnlyMemory<byte> body, SpeechContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var losses = new LossReport();
        string input = request.Input ?? throw new RequestFormatException("'input' is missing.", "input", RequestFormatCodes.MissingParameter);
        if (string.IsNullOrWhiteSpace(input))
            throw new RequestFormatException("'input' has no text to speak.", "input");

        var gemini = new GenerateContentRequest();
        gemini.GenerationConfig.ResponseModalities.Add("AUDIO");
        gemini.GenerationConfig.SpeechConfig = SpeechVoices.Config(Voice(request.Voice, body, context, losses));
        var turn = new Content(Content.User);
        turn.Parts.Add(Part.FromText(Prompt(input, request.Instructions, Pace(request.Speed, context, losses))));
        gemini.Contents.Add(turn);
        SpeechFormat format = Format(request.ResponseFormat, context, losses);
        bool events = request.StreamFormat switch
        {
            null or "audio" => false,
            "sse" => true,
            _ => throw new RequestFormatException("'stream_format' must be audio or sse.", "stream_format"),
        };
        foreach (string member in request.Unknown?.Keys ?? Enumerable.Empty<string>())
            losses.Add(member, LossKind.Dropped, "This member is not known.");
        return new SpeechTranslation(gemini, format, events, losses);
    }

    private static string Voice(JsonSlice asked, ReadOnlyMemory<byte> body, SpeechContext context, LossReport losses)
    {
        if (asked.IsEmpty)
            return context.Voice;
        if (asked.In(body).AsText() is not { } name)
            throw new RequestFormatException("'voice' must be a name: voices that were made at OpenAI are not to be had here.", "voice", RequestFormatCodes.UnsupportedValue);
        if (SpeechVoices.TryFind(name, out string? own))
            return own;
        if (!SpeechVoices.TryApproximate(name, out string? near))
            throw new RequestFormatException($"There is no such voice. 'voice' can be {SpeechVoices.Names}.", "voice");
        losses.Add("voice", LossKind.Approximated, $"{near} is the nearest of Gemini's voices.");
        return near;
    }

    /// <summary>Gemini has no parameter for the pace; its models follow words in front of the text.</summary>
    private static string Pace(double? speed, SpeechContext context, LossReport losses)
    {
        switch (speed)
        {
            case null:
                return context.Pace;
            case 1:
                return "";
            case >= Slowest and <= Fastest:
                losses.Add("speed", LossKind.Approximated, "The model is asked for this pace in words.");
                return string.Create(CultureInfo.InvariantCulture, $"at {speed.Value:0.##} times the usual pace");
            default:
                throw new RequestFormatException(string.Create(CultureInfo.InvariantCulture, $"'speed' must be from {Slowest} to {Fastest}."), "speed");
        }
    }

    /// <summary>Without a wish the text goes as it is: what stands in front of it may be spoken, too.</summary>
    private static string Prompt(string input, string? instructions, string pace)
    {
        bool told = !string.IsNullOrWhiteSpace(instructions);
        if (!told && pace.Length == 0)
            return input;
        var prompt = new StringBuilder();
        if (told)
            prompt.Append(instructions!.Trim()).Append("\n\n");
        prompt.Append("Read the following text aloud");
        if (pace.Length > 0)
            prompt.Append(' ').Append(pace);
        return prompt.Append(":\n\n").Append(input).ToString();
    }

    private static SpeechFormat Format(string? asked, SpeechContext context, LossReport losses)
    {
        if (asked is null)
        {
            if (context.CanCompress)
                return SpeechFormat.Mp3;
            losses.Add("response_format", LossKind.Changed, "There is no encoder for mp3, OpenAI's default; this is wav.");
            return SpeechFormat.Wav;
        }

        SpeechFormat format = SpeechFormats.Find(asked)
            ?? throw new RequestFormatException($"'response_format' must be {(context.CanCompress ? "mp3, opus, aac, flac, wav or pcm" : "wav or pcm")}.", "response_format");
        return !format.IsCompressed || context.CanCompress
            ? format
            : throw new RequestFormatException(
                $"{asked} cannot be made here, since ffmpeg is not installed beside the gateway. 'response_format' can be wav or pcm.", "response_format", RequestFormatCodes.UnsupportedValue);
    }
}
