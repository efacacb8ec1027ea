using System.Text;
using Pollux.Protocols.OpenAI.Images;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Images;

/// <summary>OAI-10: marks in prompts, sizes, and which of them wins.</summary>
public sealed class ImagesReaderTests
{
    [Theory]
    [InlineData("a cat {n:3}", "a cat", 3, null)]
    [InlineData("{ratio:16:9} a cat", "a cat", null, "16:9")]
    [InlineData("a {n:2} cat {ratio:3:4} sleeps", "a cat sleeps", 2, "3:4")]
    [InlineData("a cat {n: 4 }", "a cat", 4, null)]
    [InlineData("{n:1}{n:4} a cat", "a cat", 1, null)]
    [InlineData("a  cat in {braces}", "a  cat in {braces}", null, null)]
    [InlineData("json {\"n\":7}", "json {\"n\":7}", null, null)]
    public void Marks_are_read_and_taken_out(string prompt, string rest, int? count, string? ratio) =>
        Assert.Equal(new PromptMarks(rest, count, ratio), PromptMarks.Read(prompt));

    [Theory]
    [InlineData("{n:0}")]
    [InlineData("{n:5}")]
    [InlineData("{n:-1}")]
    [InlineData("{n:two}")]
    [InlineData("{n:}")]
    [InlineData("{n:1} {n:9} {ratio:9:1}")]
    [InlineData("{ratio:2:1}")]
    [InlineData("{ratio:16/9}")]
    [InlineData("{ratio:}")]
    public void A_bad_mark_is_refused(string mark)
    {
        RequestFormatException fault = Assert.Throws<RequestFormatException>(() => Read($$"""{"prompt":"a cat {{mark}}"}"""));

        Assert.Equal("prompt", fault.Param);
    }

    [Theory]
    [InlineData("a cat", null, "1:1")]
    [InlineData("a cat", "auto", "1:1")]
    [InlineData("a cat", "1024x1024", "1:1")]
    [InlineData("a cat", "1792x1024", "16:9")]
    [InlineData("a cat", "1024x1792", "9:16")]
    [InlineData("a cat", "1536x1024", "3:2")]
    [InlineData("a cat", "1024x1536", "2:3")]
    [InlineData("a cat {ratio:4:3}", null, "4:3")]
    [InlineData("a cat {ratio:4:3}", "auto", "4:3")]
    [InlineData("a cat {ratio:4:3}", "1024x1792", "9:16")]
    [InlineData("a cat {ratio:4:3}", "1024x1024", "1:1")]
    public void A_size_that_was_sent_wins_over_the_mark_and_the_mark_over_the_square(string prompt, string? size, string ratio) =>
        Assert.Equal(ratio, Read(size is null ? $$"""{"prompt":"{{prompt}}"}""" : $$"""{"prompt":"{{prompt}}","size":"{{size}}"}""").Ratio);

    [Theory]
    [InlineData("a cat", null, 1)]
    [InlineData("a cat", 10, 10)]
    [InlineData("a cat {n:3}", null, 3)]
    [InlineData("a cat {n:1}", 4, 1)]
    [InlineData("a cat {n:4}", 1, 4)]
    public void The_mark_wins_over_the_number(string prompt, int? n, int count) =>
        Assert.Equal(count, Read(n is null ? $$"""{"prompt":"{{prompt}}"}""" : $$"""{"prompt":"{{prompt}}","n":{{n}}}""").Count);

    [Theory]
    [InlineData("""{}""", "prompt")]
    [InlineData("""{"prompt":" "}""", "prompt")]
    [InlineData("""{"prompt":5}""", "prompt")]
    [InlineData("""{"prompt":"{n:2}"}""", "prompt")]
    [InlineData("""{"prompt":"x","n":0}""", "n")]
    [InlineData("""{"prompt":"x","n":11}""", "n")]
    [InlineData("""{"prompt":"x","n":1.5}""", "n")]
    [InlineData("""{"prompt":"x","n":[1]}""", "n")]
    [InlineData("""{"prompt":"x","size":"1027x1792"}""", "size")]
    [InlineData("""{"prompt":"x","size":1024}""", "size")]
    [InlineData("""{"prompt":"x","response_format":"png"}""", "response_format")]
    [InlineData("""{"prompt":"x","output_format":"gif"}""", "output_format")]
    [InlineData("""{"prompt":"x","output_compression":101}""", "output_compression")]
    [InlineData("""{"prompt":"x","stream":true}""", "stream")]
    [InlineData("""{"prompt":"x","image":"data:image/png;base64,AAAA"}""", "image")]
    [InlineData("""[]""", null)]
    [InlineData("""{"prompt":""", null)]
    [InlineData("""{"prompt":"\ud800"}""", null)]
    public void What_is_wrong_is_named(string body, string? param) =>
        Assert.Equal(param, Assert.Throws<RequestFormatException>(() => Read(body)).Param);

    [Theory]
    [InlineData("\"quality\":\"auto\",\"background\":\"auto\",\"moderation\":\"auto\",\"stream\":false,\"user\":null", "")]
    [InlineData("\"quality\":\"hd\",\"style\":\"vivid\",\"user\":\"me\"", "quality:dropped;style:dropped;user:dropped")]
    [InlineData("\"background\":\"transparent\",\"moderation\":\"low\",\"partial_images\":2", "background:dropped;moderation:dropped;partial_images:dropped")]
    [InlineData("\"size\":\"256x256\"", "size:approximated")]
    [InlineData("\"whatever\":{\"a\":[1]}", "whatever:dropped")]
    public void What_has_no_counterpart_is_reported(string members, string losses) =>
        Assert.Equal(losses, Read($$"""{"prompt":"x",{{members}}}""").Losses.ToHeader());

    [Fact]
    public void An_edit_without_a_size_keeps_that_of_its_picture()
    {
        Assert.Null(ImagesReader.Read([new("prompt", "x")], isEdit: true).Ratio);
        Assert.Equal("16:9", ImagesReader.Read([new("prompt", "x {ratio:16:9}")], isEdit: true).Ratio);
    }

    private static ImagesRequest Read(string body) => ImagesReader.Read(Encoding.UTF8.GetBytes(body));
}
