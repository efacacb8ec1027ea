using System.Text;
using Pollux.Protocols.Gemini.Tokens;

namespace Pollux.Tests.Protocols.Tokens;

public sealed class PromptEstimateTests
{
    [Theory]
    [InlineData("""{"contents":[{"role":"user","parts":[{"text":"What is the capital of France?"}]}]}""", 7, 18)]
    [InlineData("""{"contents":[{"parts":[{"text":"法国的首都是哪里？请用中文回答。"}]}]}""", 9, 20)]
    [InlineData("""{"contents":[{"parts":[{"text":"\u6cd5\u56fd\u7684\u9996\u90fd\u662f\u54ea\u91cc\uff1f"}]}]}""", 5, 14)]
    [InlineData("""{"contents":[{"parts":[{"text":"Какой город является столицей Франции?"}]}]}""", 10, 24)]
    [InlineData("""{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]}""", 1120, 1130)]
    [InlineData("""{"contents":[{"parts":[{"inline_data":{"data":"AAAA","mime_type":"image/png"}}]}]}""", 1120, 1130)]
    [InlineData("""{"contents":[{"parts":[{"fileData":{"fileUri":"https://example.com/a-name-that-is-very-very-long-and-counts-for-nothing"}}]}]}""", 1000, 1010)]
    [InlineData("""{"contents":[{"parts":[{"text":"Yes","thoughtSignature":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}]}""", 1, 8)]
    [InlineData("""{"contents":[{"parts":[{"text":"Yes"}]}],"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"},{"category":"HARM_CATEGORY_HATE_SPEECH","threshold":"OFF"}]}""", 1, 10)]
    [InlineData("{}", 1, 1)]
    [InlineData("", 1, 1)]
    public void A_body_counts_about_as_many_tokens_as_Google_would(string body, int atLeast, int atMost) =>
        Assert.InRange(PromptEstimate.Of(Encoding.UTF8.GetBytes(body)).Total, atLeast, atMost);

    [Theory]
    [InlineData("""{"contents":[{"parts":[{"text":"TEXT"}]}]}""")]
    [InlineData("""{"contents":[{"role":"user","parts":[{"text":"TEXT"}]}],"generationConfig":{"temperature":1,"stopSequences":["a stop that counts for nothing"],"responseMimeType":"application/json"}}""")]
    [InlineData("""{"system_instruction":{"parts":[{"text":"TEXT"}]},"contents":[],"generation_config":{"max_output_tokens":10}}""")]
    public void The_frame_around_a_text_counts_nothing(string body) =>
        Assert.Equal(500, PromptEstimate.Of(Encoding.UTF8.GetBytes(body.Replace("TEXT", new string('x', 2_000), StringComparison.Ordinal))).Total);

    [Theory]
    [InlineData("""{"contents":[],"cachedContent":"cachedContents/a"}""", "cachedContents/a")]
    [InlineData("""{"cached_content":"cachedContents/a","contents":[]}""", "cachedContents/a")]
    [InlineData("""{"generateContentRequest":{"cachedContent":"cachedContents/a"}}""", "cachedContents/a")]
    [InlineData("""{"tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/a","fileSearchStores/b"]}}],"contents":[{"parts":[{"text":"x"}]}]}""", "fileSearchStores/a,fileSearchStores/b")]
    [InlineData("""{"tools":[{"file_search":{"file_search_store_names":["fileSearchStores/a",{"odd":[1]},"fileSearchStores/b"],"top_k":3}}]}""", "fileSearchStores/a")]
    [InlineData("""{"\u0063ached\u0043ontent":"cachedContents/a"}""", "cachedContents/a")]
    [InlineData("""{"\ud800achedContent":"cachedContents/a"}""", "")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"args":{"cachedContent":"cachedContents/a"}}}]}]}""", "")]
    [InlineData("""{"cachedContent":{"odd":"cachedContents/a"},"contents":[{"parts":[{"text":"cachedContents/b"}]}]}""", "")]
    public void What_a_request_names_of_things_that_live_at_the_upstream_is_found(string body, string names) =>
        Assert.Equal(names, string.Join(',', PromptEstimate.Of(Encoding.UTF8.GetBytes(body)).ResourceNames ?? []));

    [Fact]
    public void A_schema_of_the_answer_counts_and_so_does_an_argument_that_is_named_like_a_part_of_the_frame()
    {
        string text = new('x', 400);

        Assert.InRange(PromptEstimate.Of(Encoding.UTF8.GetBytes($$$"""{"generationConfig":{"topK":3,"responseJsonSchema":{"type":"object","description":"{{{text}}}"} } }""")).Total, 100, 120);
        Assert.InRange(PromptEstimate.Of(Encoding.UTF8.GetBytes($$$"""{"contents":[{"parts":[{"functionCall":{"args":{"role":"{{{text}}}"} } }]}]}""")).Total, 100, 110);
    }

    [Theory]
    [InlineData("video/mp4", 125_000, 263, 0.3)]       // a second at 1 Mbit/s
    [InlineData("audio/mpeg", 16_000, 32, 0.3)]        // a second at 128 kbit/s
    [InlineData("audio/wav", 32_000, 32, 0.3)]         // a second at 16 kHz and 16 bits
    [InlineData("application/pdf", 51_600, 258, 0.3)]  // a page of 50 kB
    public void Media_count_by_their_length(string type, int bytes, int tokens, double tolerance)
    {
        string body = $$$"""{"contents":[{"parts":[{"inlineData":{"mimeType":"{{{type}}}","data":"{{{Convert.ToBase64String(new byte[bytes])}}}"}}]}]}""";

        Assert.InRange(PromptEstimate.Of(Encoding.UTF8.GetBytes(body)).Total, (int)(tokens * (1 - tolerance)), (int)(tokens * (1 + tolerance)) + 6);
    }

    [Fact]
    public void A_longer_text_counts_more_and_a_cut_body_counts_what_is_there()
    {
        string text = string.Concat(Enumerable.Repeat("The quick brown fox jumps over the lazy dog. ", 1000));
        byte[] body = Encoding.UTF8.GetBytes($$"""{"contents":[{"parts":[{"text":"{{text}}"}]}]}""");

        Assert.InRange(PromptEstimate.Of(body).Total, text.Length / 5, text.Length / 3);
        Assert.InRange(PromptEstimate.Of("""{"contents":[{"parts":[{"text":"one two three four five"},"""u8).Total, 5, 12);
    }

    [Fact]
    public void Only_texts_are_counted_for_sure()
    {
        string text = new('a', 4_000);
        PromptTokens tokens = PromptEstimate.Of(Encoding.UTF8.GetBytes($$$"""{"contents":[{"parts":[{"text":"{{{text}}}"},{"inlineData":{"mimeType":"video/mp4","data":"{{{text}}}"}}]}]}"""));

        Assert.InRange(tokens.Surely, 600, 620);
        Assert.InRange(tokens.Total, 1_000, 1_030);
    }
}
