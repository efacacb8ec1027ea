using System.Buffers;
using System.Text;
using System.Text.Json;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Protocols.OpenAI.Answers;
using Pollux.Protocols.OpenAI.Images;
using Pollux.Protocols.Shaping;

namespace Pollux.Tests.Protocols.Images;

/// <summary>OAI-10: what Imagen answers, read, and pictures written.</summary>
public sealed class MadePictureTests
{
    [Theory]
    [InlineData("""{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"QUJD"}]}""", "image/png QUJD", null)]
    [InlineData("""{"predictions":[{"bytesBase64Encoded":"QQ=="},{"mimeType":"image/jpeg","bytesBase64Encoded":"QUI="}]}""", "image/png QQ==,image/jpeg QUI=", null)]
    [InlineData("""{"predictions":[{"raiFilteredReason":"a"},{"raiFilteredReason":"b"}]}""", "", "a")]
    [InlineData("""{"predictions":[{"raiFilteredReason":"a"},{"safetyAttributes":{"scores":[1,{"x":2}]},"bytesBase64Encoded":"QUJD"}],"x":[{"bytesBase64Encoded":"no"}]}""", "image/png QUJD", "a")]
    [InlineData("""{"x":{"predictions":[{"bytesBase64Encoded":"no"}]}}""", "", null)]
    [InlineData("""{}""", "", null)]
    public void Imagens_answers_are_read(string body, string expected, string? reason)
    {
        var pictures = new List<MadePicture>();

        Assert.True(MadePicture.TryAddFromImagen(Encoding.UTF8.GetBytes(body), pictures, out string? filtered));

        Assert.Equal(expected, string.Join(',', pictures.Select(static picture => $"{picture.MediaType} {Encoding.UTF8.GetString(picture.Data.Span[1..^1])}")));
        Assert.Equal(reason, filtered);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("""{"predictions":[{"bytesBase64Encoded":"QUJD"}""")]
    public void What_is_no_answer_is_told(string body) =>
        Assert.False(MadePicture.TryAddFromImagen(Encoding.UTF8.GetBytes(body), [], out _));

    [Fact]
    public void A_chat_of_pictures_is_an_answer_like_any_other()
    {
        var json = new ArrayBufferWriter<byte>();
        MadePicture[] pictures = [new("image/png", Encoding.UTF8.GetBytes("\"QUJD\"")), new("image/png", default)];

        PictureChatAnswer.Write(pictures, [null, "https://a.example/b(c).png"], new GeminiUsage(1, 0, 2, 3, 0, 6, 0, 0), json);
        var answer = new Answer();
        Assert.True(AnswerReader.TryRead(json.WrittenMemory, answer));

        AnswerCandidate candidate = Assert.Single(answer.Candidates.ToArray());
        Assert.Equal("![Generated Image 1](data:image/png;base64,QUJD)\n\n![Generated Image 2](https://a.example/b%28c%29.png)", answer.Text(answer.PartsOf(candidate)[0].Value));
        Assert.Equal((FinishReason.Stop, 1, 2, 3), (candidate.FinishReason, answer.Usage.Prompt, answer.Usage.Candidates, answer.Usage.Thoughts));
    }

    [Fact]
    public void A_picture_with_an_address_is_told_by_it_and_another_by_its_data()
    {
        var answer = new Answer();
        AnswerReader.TryRead(Encoding.UTF8.GetBytes("""{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QUJD"}},{"inlineData":{"mimeType":"image/png","data":"REVG"}}]},"finishReason":"STOP"}]}"""), answer);
        var context = new ChatAnswerContext { Id = "x", Created = 0, Model = "m", Calls = new NoCalls(), ListsPictures = true };
        context.Pictures.Add(answer.PartsOf(answer.Candidates[0])[1].Content, "https://a.example/\"b\"(c).png");
        var output = new ArrayBufferWriter<byte>();

        ChatBodyWriter.Write(answer, context, output);

        JsonElement message = JsonElement.Parse(output.WrittenSpan).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("![image](data:image/png;base64,QUJD)\n\n![image](https://a.example/\"b\"%28c%29.png)", message.GetProperty("content").GetString());
        Assert.Equal("data:image/png;base64,QUJD", Assert.Single(message.GetProperty("images").EnumerateArray().ToArray()).GetProperty("image_url").GetProperty("url").GetString());
    }

    private sealed class NoCalls : ICallRegister
    {
        public string Register(string? geminiId, string? signature) => "call";
    }
}
