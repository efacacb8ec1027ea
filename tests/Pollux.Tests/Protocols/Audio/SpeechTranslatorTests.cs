using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Audio;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Audio;

/// <summary>OAI-12, the pure part of speech: what a request becomes, and how samples are found and wrapped. In bodies a ' stands for a ".</summary>
public sealed class SpeechTranslatorTests
{
    [Theory]
    [InlineData("'voice':'alloy'", "Kore", "voice:approximated")]
    [InlineData("'voice':'Shimmer'", "Zephyr", "voice:approximated")]
    [InlineData("'voice':'puck'", "Puck", "")]
    [InlineData("'voice':'Zubenelgenubi'", "Zubenelgenubi", "")]
    [InlineData("'voice':null", "Leda", "")]
    [InlineData("'user':'x'", "Leda", "user:dropped")]
    public void A_voice_is_one_of_Googles(string members, string voice, string losses)
    {
        SpeechTranslation translation = Translate("'input':'Hi','response_format':'wav'," + members);

        JsonNode config = Written(translation)["generationConfig"]!;
        Assert.Equal(voice, config["speechConfig"]!["voiceConfig"]!["prebuiltVoiceConfig"]!["voiceName"]!.GetValue<string>());
        Assert.Equal("AUDIO", config["responseModalities"]!.AsArray().Single()!.GetValue<string>());
        Assert.Equal(losses, translation.Losses.ToHeader());
    }

    [Theory]
    [InlineData("", "", "Hi", "")]
    [InlineData("'speed':1", "", "Hi", "")]
    [InlineData("'speed':1", "slowly", "Hi", "")]
    [InlineData("", "slowly", "Read the following text aloud slowly:\n\nHi", "")]
    [InlineData("'speed':1.5", "slowly", "Read the following text aloud at 1.5 times the usual pace:\n\nHi", "speed:approximated")]
    [InlineData("'instructions':'Be sad. '", "", "Be sad.\n\nRead the following text aloud:\n\nHi", "")]
    [InlineData("'instructions':'Be sad.','speed':0.25", "", "Be sad.\n\nRead the following text aloud at 0.25 times the usual pace:\n\nHi", "speed:approximated")]
    public void Wishes_stand_in_front_of_the_text(string members, string pace, string prompt, string losses)
    {
        SpeechTranslation translation = Translate($"'input':'Hi','response_format':'pcm'{(members.Length > 0 ? "," : "")}{members}", pace);

        Assert.Equal(prompt, Written(translation)["contents"]![0]!["parts"]![0]!["text"]!.GetValue<string>());
        Assert.Equal(losses, translation.Losses.ToHeader());
    }

    [Theory]
    [InlineData("", true, SpeechFormat.Mp3, "")]
    [InlineData("", false, SpeechFormat.Wav, "response_format:changed")]
    [InlineData(",'response_format':'opus'", true, SpeechFormat.Opus, "")]
    [InlineData(",'response_format':'pcm'", false, SpeechFormat.Pcm, "")]
    public void A_format_is_what_can_be_had(string members, bool encoder, SpeechFormat format, string losses)
    {
        SpeechTranslation translation = Translate("'input':'Hi'" + members, encoder: encoder);

        Assert.Equal((format, losses), (translation.Format, translation.Losses.ToHeader()));
    }

    [Theory]
    [InlineData("'voice':'alloy'", "input", "")]
    [InlineData("'input':' '", "input", "")]
    [InlineData("'input':7", "input", "a string")]
    [InlineData("'input':'Hi','voice':'nobody'", "voice", "Zephyr")]
    [InlineData("'input':'Hi','voice':{'id':'v1'}", "voice", "")]
    [InlineData("'input':'Hi','speed':9", "speed", "0.25")]
    [InlineData("'input':'Hi','speed':0", "speed", "")]
    [InlineData("'input':'Hi','response_format':'mp3'", "response_format", "wav or pcm")]
    [InlineData("'input':'Hi','response_format':'midi'", "response_format", "wav or pcm")]
    [InlineData("'input':'Hi','stream_format':'carrier pigeon'", "stream_format", "sse")]
    public void What_cannot_be_is_refused_by_the_name_of_its_field(string members, string param, string word)
    {
        var fault = Assert.Throws<RequestFormatException>(() => Translate(members, encoder: false));

        Assert.Equal(param, fault.Param);
        Assert.Contains(word, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audio/L16;codec=pcm;rate=24000", "AQIDBA==", 24000, "01020304")]
    [InlineData("audio/L16;rate=16000", "AQIDBA==", 16000, "01020304")]
    [InlineData("audio/pcm", "AQIDBA\\u003d\\u003d", 24000, "01020304")]
    [InlineData("audio/L16;rate=7", "AQI=", 24000, "0102")]
    public void Samples_are_found_with_their_rate(string type, string base64, int rate, string samples)
    {
        var reader = new SpeechReader();

        Assert.True(reader.Read(Spoken(type, base64)));
        Assert.Equal((rate, samples, false), (reader.Rate, Convert.ToHexString(reader.Samples.Span), reader.IsUnreadable));
    }

    [Fact]
    public void The_header_of_a_wave_file_is_taken_off_and_its_rate_kept()
    {
        var file = new ArrayBufferWriter<byte>();
        WavHeader.Write(22050, 1, 4, file);
        file.Write<byte>([1, 2, 3, 4]);
        var reader = new SpeechReader();

        Assert.True(reader.Read(Spoken("audio/wav", Convert.ToBase64String(file.WrittenSpan))));
        Assert.Equal((22050, "01020304", false), (reader.Rate, Convert.ToHexString(reader.Samples.Span), reader.IsUnreadable));
        Assert.Equal(WavHeader.Length + 4, file.WrittenCount);
        Assert.Equal("524946462800000057415645666D7420100000000100010022560000", Convert.ToHexString(file.WrittenSpan[..28]));
    }

    [Theory]
    [InlineData("audio/mpeg", "AQIDBA==")]
    [InlineData("image/png", "AQIDBA==")]
    [InlineData("audio/L16", "not base64")]
    [InlineData("audio/wav", "UklGRgAAAABXQVZF")]
    public void Sound_of_another_kind_is_told_and_not_played(string type, string base64)
    {
        var reader = new SpeechReader();

        Assert.False(reader.Read(Spoken(type, base64)));
        Assert.True(reader.IsUnreadable);
    }

    private static Answer Spoken(string type, string base64)
    {
        var answer = new Answer();
        Assert.True(AnswerReader.TryRead(
            Encoding.UTF8.GetBytes($$$"""{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"{{{type}}}","data":"{{{base64}}}"}}]}}]}"""), answer));
        return answer;
    }

    private static SpeechTranslation Translate(string members, string pace = "", bool encoder = true)
    {
        byte[] body = Encoding.UTF8.GetBytes($"{{{members.Replace('\'', '"')}}}");
        return SpeechTranslator.ToGemini(SpeechTranslator.Read(body), body, new SpeechContext("Leda", pace, encoder));
    }

    private static JsonNode Written(SpeechTranslation translation)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
            translation.Request.WriteTo(json);
        return JsonNode.Parse(output.WrittenSpan)!;
    }
}
