using System.Text;
using System.Text.Json;
using Pollux.Protocols.Translation;
using Pollux.Protocols.Xai;

namespace Pollux.Tests.Protocols.Xai;

[Trait("Feature", "UPS-3")]
public sealed class XaiPicturePromptTests
{
    [Theory]
    [InlineData("3 cats", 3)]
    [InlineData("10 cats", 10)]
    [InlineData("make me 4 cats", 4)]
    [InlineData("draw some 4 cats", null)] // the eleventh character
    [InlineData("1920s style", null)]
    [InlineData("0 or 5 cats", 5)]
    [InlineData("cats", null)]
    [InlineData("", null)]
    [InlineData("99999999999999999999 cats", null)]
    public void A_count_is_the_first_fitting_number_within_ten_characters(string prompt, int? count) =>
        Assert.Equal(count, XaiPicturePrompt.CountIn(prompt));

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"cats"}]}""", "cats", 1)]
    [InlineData("""{"model":"m","n":4,"messages":[{"role":"user","content":"cats"}]}""", "cats", 4)]
    [InlineData("""{"model":"m","n":4,"messages":[{"role":"user","content":"2 cats"}]}""", "2 cats", 2)]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"dogs"},{"role":"assistant","content":"no"},{"role":"user","content":[{"type":"text","text":"birds"},{"type":"text","text":"cats"}]}]}""", "cats", 1)]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"cats"},{"role":"user","content":[{"type":"image_url"}]}]}""", "cats", 1)]
    public void The_prompt_is_the_users_last_text(string body, string prompt, int count)
    {
        XaiPicturePrompt read = XaiPicturePrompt.Read(Encoding.UTF8.GetBytes(body));

        Assert.Equal((prompt, count), (read.Prompt, read.Count));
    }

    [Fact]
    public void What_does_not_go_on_is_reported_and_what_xAI_has_goes_on()
    {
        XaiPicturePrompt read = XaiPicturePrompt.Read("""{"model":"grok-imagine-image","temperature":1,"size":"1024x1536","user":"u\u0031","messages":[{"role":"user","content":"cats"}]}"""u8.ToArray());

        Assert.Equal(["temperature", "size"], read.Losses.Losses.Select(static loss => loss.Path));
        using JsonDocument sent = JsonDocument.Parse(read.ToRequest(asBytes: true));
        Assert.Equal(("u1", "2:3", "b64_json"), (sent.RootElement.GetProperty("user").GetString(), sent.RootElement.GetProperty("aspect_ratio").GetString(), sent.RootElement.GetProperty("response_format").GetString()));
    }

    [Theory]
    [InlineData("""{"model":"m"}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":" "}]}""")]
    [InlineData("""{"model":"m","messages":"cats"}""")]
    [InlineData("""{"model":"m","messages":[1,null,{"role":1,"content":"cats"}]}""")]
    [InlineData("""{"model":"m","n":0,"messages":[{"role":"user","content":"cats"}]}""")]
    [InlineData("""{"model":"m","n":"2","messages":[{"role":"user","content":"cats"}]}""")]
    public void A_body_without_a_prompt_or_with_a_wrong_count_is_refused(string body) =>
        Assert.Throws<RequestFormatException>(() => XaiPicturePrompt.Read(Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("""{"data":[]}""", 0, 0)]
    [InlineData("""{"data":[{"url":"https://a.example/1.jpg"},{"url":"javascript:alert(1)"},{"url":"https://a.example/) [x]("}]}""", 1, 0)]
    [InlineData("""{"data":[{"url":"https://a.example/1.jpg","respect_moderation":false},{"b64_json":"AAAA","respect_moderation":true}],"usage":null}""", 1, 1)]
    public void Pictures_are_read_and_what_is_none_is_left_out(string body, int pictures, int withheld)
    {
        XaiPictureAnswer answer = XaiPictureAnswer.Read(Encoding.UTF8.GetBytes(body))!;

        Assert.Equal((pictures, withheld), (answer.Pictures.Count, answer.Withheld));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"data":[""")]
    public void What_is_no_answer_is_told_apart(string body) => Assert.Null(XaiPictureAnswer.Read(Encoding.UTF8.GetBytes(body)));
}
