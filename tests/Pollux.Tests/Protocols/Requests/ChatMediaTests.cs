using System.Text;
using Pollux.Protocols.Translation;
using static Pollux.Tests.Protocols.Requests.ChatCase;

namespace Pollux.Tests.Protocols.Requests;

public sealed class ChatMediaTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUg==";

    private static ChatCase Part(string part, string model = Flash35, bool defer = false) =>
        Of($$"""{"messages":[{"role":"user","content":[{{part}}]}]}""", model, defer: defer);

    private static RequestFormatException PartFault(string part, string model = Flash25) =>
        Fault($$"""{"messages":[{"role":"user","content":[{"type":"text","text":"look"},{{part}}]}]}""", model);

    [Theory]
    [InlineData("data:image/png;base64," + Png, "image/png", Png)]
    [InlineData("data:image/jpeg;base64,/9j/4AAQ", "image/jpeg", "/9j/4AAQ")]
    [InlineData("data:image/jpg;base64,/9j/4AAQ", "image/jpeg", "/9j/4AAQ")]
    [InlineData("data:image/webp;base64,UklGRg==", "image/webp", "UklGRg==")]
    [InlineData("data:image/heic;base64,AAAA", "image/heic", "AAAA")]
    [InlineData("data:image/heif;base64,AAAA", "image/heif", "AAAA")]
    [InlineData("data:image/gif;base64,R0lGODlh", "image/gif", "R0lGODlh")]
    [InlineData("data:application/pdf;base64,JVBERi0x", "application/pdf", "JVBERi0x")]
    [InlineData("DATA:Image/PNG;charset=utf-8;BASE64,AAAA", "image/png", "AAAA")]
    [InlineData("data:;base64," + Png, "image/png", Png)]
    [InlineData("data:application/octet-stream;base64,UklGRiQAAABXRUJQVlA4", "image/webp", "UklGRiQAAABXRUJQVlA4")]
    [InlineData("data:image\\/jpeg;base64,\\/9j\\/4AAQ", "image/jpeg", "/9j/4AAQ")]
    [InlineData("data:image/png;base64,AA\\nAA", "image/png", "AAAA")]
    [InlineData("data:image/png;base64,_-8", "image/png", "_-8")]
    [InlineData("data:image/png;base64,+/8", "image/png", "+/8")]
    [InlineData(Png, "image/png", Png)]
    public void Picture_inside_the_request(string url, string type, string data)
    {
        foreach (var part in new[] { $$$"""{"type":"image_url","image_url":{"url":"{{{url}}}"}}""", $$"""{"type":"image_url","image_url":"{{url}}"}""" })
            Same($$$"""{"inlineData":{"mimeType":"{{{type}}}","data":"{{{data}}}"}}""", Part(part).Contents![0]!["parts"]![0]);
    }

    [Theory]
    [InlineData("data:image/png;base64,%%%", RequestFormatCodes.InvalidMedia)]
    [InlineData("data:image/png;base64,", RequestFormatCodes.InvalidMedia)]
    [InlineData("data:image/png;base64,A", RequestFormatCodes.InvalidMedia)]
    [InlineData("data:image/png,AAAA", RequestFormatCodes.InvalidMedia)]
    [InlineData("data:image/png;base64", RequestFormatCodes.InvalidMedia)]
    [InlineData("data:image/svg+xml;base64,AAAA", RequestFormatCodes.InvalidMedia)]
    [InlineData("data:;base64,AAAA", RequestFormatCodes.InvalidMedia)]
    [InlineData("hello", RequestFormatCodes.InvalidMedia)]
    [InlineData("", RequestFormatCodes.InvalidMedia)]
    [InlineData("file:///etc/passwd", RequestFormatCodes.UnsupportedValue)]
    [InlineData("ftp://host/x.png", RequestFormatCodes.UnsupportedValue)]
    [InlineData("https://", RequestFormatCodes.InvalidMedia)]
    [InlineData("https://example.com/a.png", RequestFormatCodes.UnsupportedValue)]
    public void A_picture_that_cannot_be_read_is_a_fault_that_names_the_part(string url, string code)
    {
        var fault = PartFault($$$"""{"type":"image_url","image_url":{"url":"{{{url}}}"}}""");
        Assert.Equal(("messages[0].content[1].image_url.url", code), (fault.Param, fault.Code));
        Assert.True(url.Length < 6 || !fault.Message.Contains(url, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"type":"image_url"}""", "messages[0].content[1].image_url")]
    [InlineData("""{"type":"image_url","image_url":{}}""", "messages[0].content[1].image_url")]
    [InlineData("""{"type":"image_url","image_url":{"url":5}}""", "messages[0].content[1].image_url")]
    [InlineData("""{"type":"image_url","image_url":[]}""", "messages[0].content[1].image_url")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"AAAA","format":"midi"}}""", "messages[0].content[1].input_audio.format")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"?","format":"wav"}}""", "messages[0].content[1].input_audio.data")]
    [InlineData("""{"type":"file","file":{"file_id":"file-abc"}}""", "messages[0].content[1].file.file_id")]
    [InlineData("""{"type":"file","file":{"file_data":"AAAA","filename":"x.unknown"}}""", "messages[0].content[1].file.file_data")]
    [InlineData("""{"type":"file","file":{"file_id":7}}""", "messages[0].content[1].file.file_id")]
    public void A_media_part_with_a_fault_names_its_place(string part, string param) => Assert.Equal(param, PartFault(part).Param);

    [Theory]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}""", "audio/wav")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}}""", "audio/mp3")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"AAAA","format":"flac"}}""", "audio/flac")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"AAAA","format":"ogg"}}""", "audio/ogg")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"AAAA","format":"aac"}}""", "audio/aac")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"AAAA","format":"aiff"}}""", "audio/aiff")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"data:;base64,AAAA","format":"wav"}}""", "audio/wav")]
    [InlineData("""{"type":"input_video","input_video":{"data":"AAAA","format":"mp4"}}""", "video/mp4")]
    [InlineData("""{"type":"video_url","video_url":{"url":"data:video/webm;base64,AAAA"}}""", "video/webm")]
    [InlineData("""{"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA","filename":"a.pdf"}}""", "application/pdf")]
    [InlineData("""{"type":"file","file":{"file_data":"AAAA","filename":"notes.txt"}}""", "text/plain")]
    public void Sound_video_and_files_inside_the_request(string part, string type) =>
        Same($$$"""{"inlineData":{"mimeType":"{{{type}}}","data":"AAAA"}}""", Part(part).Contents![0]!["parts"]![0]);

    [Theory]
    [InlineData("https://example.com/a.png?x=1", Flash35, "image/png", true)]
    [InlineData("https://example.com/a", Flash35, null, true)]
    [InlineData("http://example.com/a.jpg", Flash35, "image/jpeg", false)]
    [InlineData("https://example.com/a.png", Flash25, "image/png", false)]
    public void An_address_goes_as_file_data_and_is_listed(string url, string model, string? type, bool googleFetches)
    {
        var chat = Part($$$"""{"type":"image_url","image_url":{"url":"{{{url}}}"}}""", model, defer: true);
        var data = chat.Contents![0]!["parts"]![0]!["fileData"]!;
        Assert.Equal((url, type), ((string?)data["fileUri"], (string?)data["mimeType"]));
        Assert.Equal(("messages[0].content[0].image_url.url", googleFetches), (Assert.Single(chat.Translation.RemoteMedia).Path, chat.Translation.RemoteMedia[0].GoogleFetches));
    }

    [Theory]
    [InlineData("""{"type":"video_url","video_url":{"url":"https://www.youtube.com/watch?v=x"}}""", "https://www.youtube.com/watch?v=x")]
    [InlineData("""{"type":"video_url","video_url":{"url":"https://youtu.be/x"}}""", "https://youtu.be/x")]
    [InlineData("""{"type":"image_url","image_url":{"url":"https://generativelanguage.googleapis.com/v1beta/files/x"}}""", "https://generativelanguage.googleapis.com/v1beta/files/x")]
    [InlineData("""{"type":"image_url","image_url":{"url":"gs://bucket/x"}}""", "gs://bucket/x")]
    [InlineData("""{"type":"file","file":{"file_id":"files/x"}}""", "https://generativelanguage.googleapis.com/v1beta/files/x")]
    public void Addresses_that_every_model_reads(string part, string uri)
    {
        var chat = Part(part, Flash25);
        Assert.Equal(uri, (string?)chat.Contents![0]!["parts"]![0]!["fileData"]!["fileUri"]);
        Assert.Empty(chat.Translation.RemoteMedia);
    }

    [Theory]
    [InlineData("low", Flash35, "MEDIA_RESOLUTION_LOW", 0)]
    [InlineData("high", Flash35, "MEDIA_RESOLUTION_HIGH", 0)]
    [InlineData("auto", Flash35, null, 0)]
    [InlineData("high", Flash25, null, 1)]
    public void Detail_becomes_the_resolution_of_the_part(string detail, string model, string? level, int losses)
    {
        var chat = Part($$$"""{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"{{{detail}}}"}}""", model);
        Assert.Equal(level, (string?)chat.Contents![0]!["parts"]![0]!["mediaResolution"]?["level"]);
        Assert.Equal(losses, chat.Losses.Count);
    }

    [Fact]
    public void Megabytes_are_neither_copied_nor_decoded_by_the_translation()
    {
        var body = Encoding.UTF8.GetBytes($$$"""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{new string('A', 8 << 20)}}}"}}]}]}""");
        Of(body);
        var context = new Pollux.Protocols.Translation.TranslationContext(Pollux.Protocols.Gemini.Models.ModelCatalog.Default.Find(Flash35), NoSignatures.Instance);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var chat = Pollux.Protocols.OpenAI.Translation.ChatTranslator.ToGemini(Pollux.Protocols.OpenAI.Requests.ChatRequestReader.Read(body), body, context);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(8 << 20, chat.Request.Contents[0].Parts[0].InlineData!.Base64.Length);
        Assert.True(allocated < 64 * 1024, $"{allocated} bytes allocated");
    }
}
