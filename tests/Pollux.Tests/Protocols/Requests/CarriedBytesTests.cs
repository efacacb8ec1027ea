using System.Text;
using System.Text.Json;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.OpenAI.Requests;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Requests;

/// <summary>Slices, raw values and the repair of half characters.</summary>
public sealed class CarriedBytesTests
{
    [Theory]
    [InlineData("\"text\"")]
    [InlineData("\"esc\\\"aped \\u00e9 é\"")]
    [InlineData("[1, {\"a\": [\"]\"]}, \"}\"]")]
    [InlineData("{ \"a\" : null }")]
    [InlineData("12.5e3")]
    [InlineData("true")]
    public void A_slice_points_at_exactly_the_bytes_of_its_value(string value)
    {
        var body = Encoding.UTF8.GetBytes($$"""
              { "model" : "é", "unknown": {{value}},
                "stop" :   {{value}}  , "messages": [ {"role":"user", "content": {{value}} }, {"role":"user","content":{{value}}} ], "tool_choice":{{value}} }
            """);
        var chat = ChatRequestReader.Read(body);
        foreach (var slice in new[] { chat.Stop, chat.ToolChoice, chat.Messages![0]!.Content, chat.Messages[1]!.Content, (JsonSlice)chat.Unknown!["unknown"] })
            Assert.Equal(value, Encoding.UTF8.GetString(slice.In(body).Utf8.Span));
    }

    [Fact]
    public void A_null_is_an_absent_slice() => Assert.True(ChatRequestReader.Read("{\"stop\":null}"u8.ToArray()).Stop.IsEmpty);

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("a\"b\\c\n\u0001é😀+/", null)]
    public void String_makes_a_json_string(string text, string? token)
    {
        foreach (var raw in new[] { RawJson.String(text), RawJson.String(Encoding.UTF8.GetBytes(text)) })
        {
            Assert.Equal(text, raw.AsText());
            Assert.Equal(text, JsonSerializer.Deserialize<string>(raw.Utf8.Span));
            Assert.True(token is null || raw.ToString() == token);
        }
    }

    [Fact]
    public void Parse_refuses_what_is_not_one_value()
    {
        Assert.ThrowsAny<JsonException>(() => RawJson.Parse("{"));
        Assert.ThrowsAny<JsonException>(() => RawJson.Parse("1 2"));
    }

    [Theory]
    [InlineData("\"plain\"", "\"plain\"", 0)]
    [InlineData(@"""\ud83d\ude00""", @"""\ud83d\ude00""", 0)]
    [InlineData(@"""\uD83D""", @"""\ufffd""", 1)]
    [InlineData(@"""\ude00""", @"""\ufffd""", 1)]
    [InlineData(@"""\ud83d\ud83d\ude00""", @"""\ufffd\ud83d\ude00""", 1)]
    [InlineData(@"""\ud83dx\ude00""", @"""\ufffdx\ufffd""", 2)]
    [InlineData(@"""\\ud83d""", @"""\\ud83d""", 0)]
    [InlineData(@"""\\\ud83d""", @"""\\\ufffd""", 1)]
    [InlineData(@"""\u4e2d\ud7ff\ue000""", @"""\u4e2d\ud7ff\ue000""", 0)]
    public void Repair_replaces_half_characters_only(string json, string expected, int count)
    {
        var repaired = LoneSurrogates.Repair(Encoding.UTF8.GetBytes(json), out var found);
        Assert.Equal((expected, count), (Encoding.UTF8.GetString(repaired.Span), found));
    }

    [Fact]
    public void Inline_data_is_written_with_quotes_around_the_slice()
    {
        var request = new GenerateContentRequest();
        var content = new Content(Content.User);
        content.Parts.Add(new Part { InlineData = new InlineData("image/png", "xxAA+/xx"u8.ToArray().AsMemory(2, 4)) });
        request.Contents.Add(content);
        Assert.Equal("""{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"AA+/"}}]}]}""", Encoding.UTF8.GetString(ChatCase.Write(request)));
    }

    [Fact]
    public void Header_of_a_report_is_visible_ascii()
    {
        var losses = new LossReport();
        Assert.Equal("", losses.ToHeader());
        losses.Add("a\r\nb;c:d é", LossKind.Dropped, "x");
        losses.Add("n", LossKind.Changed, "y");
        losses.Add("e", LossKind.Approximated, "z");
        Assert.Equal("a__b_c_d__:dropped;n:changed;e:approximated", losses.ToHeader());
    }
}
