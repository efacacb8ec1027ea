using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Audio;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Audio;

/// <summary>OAI-12, the pure part of transcription: fields, prompts, files, and how transcripts are read and written. In JSON a ' stands for a ".</summary>
public sealed class TranscriptionTests
{
    [Theory]
    [InlineData("model=", "model")]
    [InlineData("model=m;response_format=diarized_json", "response_format")]
    [InlineData("model=m;response_format=rtf", "response_format")]
    [InlineData("model=m;temperature=hot", "temperature")]
    [InlineData("model=m;temperature=1.5", "temperature")]
    [InlineData("model=m;stream=maybe", "stream")]
    [InlineData("model=m;language=english!", "language")]
    [InlineData("model=m;response_format=verbose_json;timestamp_granularities[]=syllable", "timestamp_granularities[]")]
    public void What_cannot_be_is_refused_by_the_name_of_its_field(string fields, string param) =>
        Assert.Equal(param, Assert.Throws<RequestFormatException>(() => Read(fields)).Param);

    [Theory]
    [InlineData("model=m", "")]
    [InlineData("model=m;user=x;temperature=0;language=zh-TW;prompt=x", "")]
    [InlineData("model=m;include[]=logprobs;chunking_strategy=auto", "include[]:dropped;chunking_strategy:dropped")]
    [InlineData("model=m;response_format=srt;stream=true", "stream:dropped")]
    [InlineData("model=m;timestamp_granularities[]=word", "timestamp_granularities[]:dropped")]
    public void What_has_no_counterpart_is_reported(string fields, string losses) =>
        Assert.Equal(losses, Read(fields).Losses.ToHeader());

    [Fact]
    public void A_translation_has_no_language_of_its_own()
    {
        TranscriptionRequest request = TranscriptionRequest.Read([new("model", "m"), new("language", "de")], translate: true);

        Assert.Equal((null, "language:dropped"), (request.Language, request.Losses.ToHeader()));
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "response_format=json;temperature=0.5", "{'temperature':0.5}", "")]
    [InlineData("gemini-3.8-flash", "response_format=text;temperature=0.5", null, "temperature:dropped")]
    [InlineData("gemini-1.5-flash", "response_format=srt", "OBJECT", "")]
    [InlineData("gemini-2.5-flash", "response_format=srt", "object", "")]
    public void Times_are_asked_for_by_a_schema_and_sampling_where_there_is_one(string model, string fields, string? config, string losses)
    {
        TranscriptionRequest request = Read("model=m;language=de;prompt=Pollux;" + fields);
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
            TranscriptionTranslator.ToGemini(request, new InlineData("audio/wav", "AAAA"u8.ToArray()), ModelCatalog.Default.Find(model)).WriteTo(json);
        JsonNode written = JsonNode.Parse(output.WrittenSpan)!;

        JsonNode parts = written["contents"]![0]!["parts"]!;
        Assert.Equal("""{"mimeType":"audio/wav","data":"AAAA"}""", parts[0]!["inlineData"]!.ToJsonString());
        Assert.Contains("The language is de.", parts[1]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.EndsWith("\nPollux", parts[1]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
        JsonNode? made = written["generationConfig"];
        if (config is "object" or "OBJECT")
            Assert.Equal(config, made![config == "object" ? "responseJsonSchema" : "responseSchema"]!["type"]!.GetValue<string>());
        else
            Assert.Equal(config?.Replace('\'', '"'), made?.ToJsonString());
        Assert.Equal(losses, request.Losses.ToHeader());
    }

    [Fact]
    public void A_model_without_schemas_gives_no_times() =>
        Assert.Equal("response_format", Assert.Throws<RequestFormatException>(() => TranscriptionTranslator.ToGemini(
            Read("model=m;response_format=vtt"), new InlineData("audio/wav", default), ModelCatalog.Default.Find("gemini-3.5-transcribe"))).Param);

    [Theory]
    [InlineData("52494646000000005741564500", "x.bin", null, "audio/wav")]
    [InlineData("494433040000000000000000", null, null, "audio/mp3")]
    [InlineData("FFFB90640000000000000000", null, null, "audio/mp3")]
    [InlineData("FFF150800000000000000000", null, null, "audio/aac")]
    [InlineData("4F6767530000000000000000", "x.opus", null, "audio/ogg")]
    [InlineData("664C61430000000000000000", null, null, "audio/flac")]
    [InlineData("464F524D0000000041494646", null, null, "audio/aiff")]
    [InlineData("00000020667479704D344120", null, null, "audio/m4a")]
    [InlineData("000000206674797069736F6D", "x.mp4", null, "video/mp4")]
    [InlineData("1A45DFA30000000000000000", "x.webm", "video/webm", "audio/webm")]
    [InlineData("00", "speech.MP3", "text/plain", "audio/mp3")]
    [InlineData("00", "speech.mpga", null, "audio/mpeg")]
    [InlineData("00", null, "Audio/X-Wav; a=b", "audio/wav")]
    [InlineData("00", "speech.txt", "audio/wav", null)]
    [InlineData("00", null, null, null)]
    [InlineData("00", null, "application/octet-stream", null)]
    public void A_file_is_told_by_its_bytes_its_name_or_the_client(string head, string? name, string? told, string? type)
    {
        byte[] bytes = Convert.FromHexString(head);

        if (type is null)
            Assert.Equal("file", Assert.Throws<RequestFormatException>(() => SoundFiles.TypeOf(bytes, name, told)).Param);
        else
            Assert.Equal(type, SoundFiles.TypeOf(bytes, name, told));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{'segments':{}}")]
    [InlineData("{'segments':[{'start':0,'end':1}]}")]
    [InlineData("{'segments':[{'start':'a','end':1,'text':'x'}]}")]
    [InlineData("{'segments':[{'start':2,'end':1,'text':'x'}]}")]
    [InlineData("{'segments':[{'start':-1,'end':1,'text':'x'}]}")]
    [InlineData("{'segments':[{'start':5,'end':6,'text':'x'},{'start':1,'end':2,'text':'y'}]}")]
    [InlineData("{'segments':[{'start':0,'end':1e9,'text':'x'}]}")]
    [InlineData("{'segments':[],'words':[{'start':0,'end':1}]}")]
    public void Times_that_cannot_be_are_no_transcript(string json) => Assert.Null(Transcript.Read(json.Replace('\'', '"')));

    [Fact]
    public void A_transcript_is_written_in_every_form()
    {
        Transcript transcript = Transcript.Read("""
            {"language":"german","segments":[
              {"start":0,"end":1.5,"text":" One --> two\n\n "},
              {"start":3661.25,"end":3662,"text":"你好。"},{"start":3662,"end":3663,"text":"再见"}],
             "words":[{"start":0,"end":0.5,"word":"One"}]}
            """)!;

        Assert.Equal("1\n00:00:00,000 --> 00:00:01,500\nOne -> two\n\n2\n01:01:01,250 --> 01:01:02,000\n你好。\n\n3\n01:01:02,000 --> 01:01:03,000\n再见\n\n", Write(transcript, "srt"));
        Assert.Equal("WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nOne -> two\n\n01:01:01.250 --> 01:01:02.000\n你好。\n\n01:01:02.000 --> 01:01:03.000\n再见\n\n", Write(transcript, "vtt"));
        JsonNode verbose = JsonNode.Parse(Write(transcript, "verbose_json;timestamp_granularities[]=word;timestamp_granularities[]=segment"))!;
        Assert.Equal(("transcribe", "german", "One --> two你好。再见"), (verbose["task"]!.GetValue<string>(), verbose["language"]!.GetValue<string>(), verbose["text"]!.GetValue<string>()));
        Assert.Equal(3663, verbose["duration"]!.GetValue<double>());
        Assert.Equal([0, 1, 2], verbose["segments"]!.AsArray().Select(static segment => segment!["id"]!.GetValue<int>()));
        Assert.Equal("""[{"word":"One","start":0,"end":0.5}]""", verbose["words"]!.ToJsonString());
        Assert.Null(JsonNode.Parse(Write(transcript, "verbose_json;timestamp_granularities[]=word"))!["segments"]);
        Assert.Null(JsonNode.Parse(Write(transcript, "verbose_json"))!["words"]);
    }

    private static TranscriptionRequest Read(string fields) =>
        TranscriptionRequest.Read([.. fields.Split(';').Select(static field => new KeyValuePair<string, string>(field.Split('=')[0], field.Split('=')[1]))], translate: false);

    private static string Write(Transcript transcript, string form)
    {
        var output = new ArrayBufferWriter<byte>();
        TranscriptWriter.Write(transcript, Read("model=m;response_format=" + form), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
