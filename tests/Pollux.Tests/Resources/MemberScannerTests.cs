using System.Text;
using Pollux.Resources;

namespace Pollux.Tests.Resources;

/// <summary>The scanner finds what JSON says, however the network cuts it.</summary>
public sealed class MemberScannerTests
{
    private static readonly string[] Words = ["name", "id", "response", "video", "uri", "interaction", "list"];

    [Theory]
    [InlineData("""{"name":"a/b"}""", "name=a/b")]
    [InlineData("""{ "name" : "a/b" , "other" : { "name" : "c/d" } }""", "name=a/b;?.name=c/d")]
    [InlineData("""{"response":{"list":[{"video":{"uri":"u1"}},{"video":{"uri":"u2"}}]},"id":"x"}""", "response.list.video.uri=u1;response.list.video.uri=u2;id=x")]
    [InlineData("""{"list":["a","b"],"id":"x"}""", "list=a;list=b;id=x")]
    [InlineData("""{"text":"{\"name\":\"no\"}","id":"x\u003dy\/z"}""", "id=x=y/z")]
    [InlineData("""{"text":"a \\","name":"b"}""", "name=b")]
    [InlineData("""{"n":1,"t":true,"o":null,"e":"","name":""}""", "name=")]
    [InlineData("""[{"name":"a"},{"name":"b"}]""", "name=a;name=b")]
    [InlineData("event: interaction.created\ndata: {\"interaction\":{\"id\":\"v1_x\"}}\n\nevent: done\ndata: [DONE]\n\n", "interaction.id=v1_x")]
    [InlineData("<!DOCTYPE html><p class=\"name\">: \"a\"", "")]
    [InlineData("""}}]]{"name":"a"}""", "name=a")]
    [InlineData("""{"name":"\ud800"}""", "")]
    [InlineData("""{"name":"cut""", "")]
    public void Members_are_found_in_pieces_of_every_size(string text, string due)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        foreach (int size in (int[])[1, 2, 3, 7, bytes.Length])
        {
            var found = new List<string>();
            var scanner = new MemberScanner(Words, (path, value) => found.Add($"{path}={value}"));
            foreach (byte[] piece in bytes.Chunk(size))
                scanner.Feed(piece);

            Assert.Equal(due, string.Join(';', found));
        }
    }

    [Theory]
    [InlineData("""{"id":1,"name": 23 ,"list":[4,{"id":5}],"other":6}""", "id=1;name=23;list.id=5")]
    [InlineData("""{"id":-1,"name":1.5,"uri":1e3,"response":true,"video":null,"list":""}""", "")]
    [InlineData("""{"id":"7","name":999999999999999999,"uri":1000000000000000000}""", "name=999999999999999999")]
    [InlineData("""{"text":"\"id\":5,","interaction":{"id":8}}""", "interaction.id=8")]
    [InlineData("event: 1\ndata: {\"id\":9}\n\nevent: done\ndata: 10\n\n", "id=9")]
    public void Whole_numbers_are_found_in_pieces_of_every_size(string text, string due)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        foreach (int size in (int[])[1, 2, 3, 7, bytes.Length])
        {
            var found = new List<string>();
            var scanner = new MemberScanner(Words, static (_, _) => { }, (path, value) => found.Add($"{path}={value}"));
            foreach (byte[] piece in bytes.Chunk(size))
                scanner.Feed(piece);

            Assert.Equal(due, string.Join(';', found));
        }
    }

    [Theory]
    [InlineData(2048, 1)]
    [InlineData(2049, 0)]
    [InlineData(5_000_000, 0)]
    public void A_long_text_is_passed_over_and_what_follows_is_found(int length, int seen)
    {
        var found = new List<string>();
        var scanner = new MemberScanner(Words, (_, value) => found.Add(value));

        foreach (byte[] piece in Encoding.UTF8.GetBytes($$"""{"name":"{{new string('a', length)}}","id":"x"}""").Chunk(64 * 1024))
            scanner.Feed(piece);

        Assert.Equal(seen + 1, found.Count);
        Assert.Equal("x", found[^1]);
    }

    [Fact]
    public void What_lies_too_deep_is_passed_over()
    {
        var found = new List<string>();
        var scanner = new MemberScanner(Words, (path, value) => found.Add($"{path}={value}"));

        scanner.Feed(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"response\":", 500)) + "{\"name\":\"a\"}" + new string('}', 500) + "{\"name\":\"b\"}"));

        Assert.Equal(["name=b"], found);
    }
}
