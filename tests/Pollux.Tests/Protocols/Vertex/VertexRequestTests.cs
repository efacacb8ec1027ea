using System.Text;
using System.Text.Json.Nodes;
using Pollux.Protocols.Gemini.Vertex;

namespace Pollux.Tests.Protocols.Vertex;

/// <summary>What becomes of a request of the Gemini API on its way to Vertex AI.</summary>
[Trait("Feature", "UPS-1")]
public sealed class VertexRequestTests
{
    [Fact]
    public void A_body_that_suits_is_sent_as_it_is()
    {
        byte[] body = """{ "contents": [ {"role":"user","parts":[{"text":"a\u0041"}]} ], "labels": {"a":"b"} }"""u8.ToArray();

        VertexBody adapted = VertexRequest.ForGeneration(body);

        Assert.True(adapted.Body.Equals(new ReadOnlyMemory<byte>(body)));
        Assert.Null(adapted.Losses);
    }

    [Theory]
    [InlineData("""{"contents":[{"parts":[{"text":"a"}]}]}""", """{"contents":[{"role":"user","parts":[{"text":"a"}]}]}""", null)]
    [InlineData("""{"contents":[{"role":"function","parts":[{"text":"a"}]}]}""", """{"contents":[{"role":"user","parts":[{"text":"a"}]}]}""", null)]
    [InlineData("""{"model":"models/x","contents":[{"role":"user","parts":[]}]}""", """{"contents":[{"role":"user","parts":[]}]}""", null)]
    [InlineData("""{"contents":[{"role":"user","parts":[{"text":"a","partMetadata":{}},{"toolCall":{"id":"1"}}]}]}""", """{"contents":[{"role":"user","parts":[{"text":"a"}]}]}""", "contents[0].parts[0].partMetadata:dropped;contents[0].parts[1].toolCall:dropped")]
    [InlineData("""{"contents":[],"tools":[{"google_search":{"time_range_filter":{}}}],"store":false}""", """{"contents":[],"tools":[{"google_search":{}}]}""", "tools[0].google_search.time_range_filter:dropped;store:dropped")]
    [InlineData("""{"contents":[],"nobodyKnows":1}""", """{"contents":[],"nobodyKnows":1}""", null)]
    [InlineData("""{"contents":7}""", """{"contents":7}""", null)]
    public void A_body_is_changed_as_far_as_it_must(string body, string expected, string? losses)
    {
        VertexBody adapted = VertexRequest.ForGeneration(Encoding.UTF8.GetBytes(body));

        Assert.Null(adapted.Refusal);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(adapted.Body.Span)), Encoding.UTF8.GetString(adapted.Body.Span));
        Assert.Equal(losses, adapted.Losses);
    }

    [Theory]
    [InlineData("""{"contents":[{"role":"user","parts":[{"text":"a"}]}]}""")]
    [InlineData("""{"generateContentRequest":{"model":"models/x","contents":[{"parts":[{"text":"a"}]}],"safetySettings":[]}}""")]
    [InlineData("""{"generate_content_request":{"contents":[{"parts":[{"text":"a"}]}],"tool_config":{}}}""")]
    public void Tokens_are_counted_flat(string body)
    {
        VertexBody adapted = VertexRequest.ForCount(Encoding.UTF8.GetBytes(body));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"contents":[{"role":"user","parts":[{"text":"a"}]}]}"""), JsonNode.Parse(adapted.Body.Span)), Encoding.UTF8.GetString(adapted.Body.Span));
        Assert.Null(adapted.Losses);
    }

    [Theory]
    [InlineData("v1beta/models/gemini-3.5-flash:generateContent", true)]
    [InlineData("v1/models/gemini-3.5-flash:countTokens", true)]
    [InlineData("v1beta/models/x:predictLongRunning", false)]
    [InlineData("v1beta/tunedModels/x:generateContent", false)]
    [InlineData("v1beta/models/../x:generateContent", false)]
    [InlineData("v1beta/models", false)]
    [InlineData("v1beta/openai/chat/completions", false)]
    public void Only_what_Vertex_has_is_asked_there(string path, bool served) => Assert.Equal(served, VertexPath.TryRead(path, out _));

    [Fact]
    public void Vectors_are_asked_one_by_one_and_joined_in_their_order()
    {
        byte[] body = """{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"},{"text":"b"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"t","outputDimensionality":2},{"content":{"parts":[{"text":"c"}]}}]}"""u8.ToArray();
        VertexEmbeddings vectors = VertexEmbeddings.Read("gemini-embedding-001", isBatch: true, body, out _)!;

        Assert.Equal("predict", vectors.Action);
        Assert.Equal("""{"instances":[{"content":"a\nb","task_type":"RETRIEVAL_DOCUMENT","title":"t"}],"parameters":{"autoTruncate":false,"outputDimensionality":2}}""", Encoding.UTF8.GetString(vectors.Bodies[0].Span));
        Assert.True(vectors.TryTake(1, """{"predictions":[{"embeddings":{"values":[3,4.5],"statistics":{"token_count":5.0}}}]}"""u8.ToArray()));
        Assert.True(vectors.TryTake(0, """{"predictions":[{"embeddings":{"values":[1,2],"statistics":{"token_count":2}}}]}"""u8.ToArray()));
        Assert.Equal("""{"embeddings":[{"values":[1,2]},{"values":[3,4.5]}],"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7}}""", Encoding.UTF8.GetString(vectors.Join()));
        Assert.False(vectors.TryTake(0, "{}"u8.ToArray()));
    }

    [Fact]
    public void Newer_models_keep_their_own_form() =>
        Assert.Equal("embedContent", VertexEmbeddings.Read("gemini-embedding-2", isBatch: false, """{"content":{"parts":[{"text":"a"}]}}"""u8.ToArray(), out _)!.Action);

    [Fact]
    public void A_picture_is_no_text_for_the_older_models()
    {
        Assert.Null(VertexEmbeddings.Read("gemini-embedding-001", isBatch: false, """{"content":{"parts":[{"inlineData":{}}]}}"""u8.ToArray(), out string? refusal));
        Assert.Contains("text alone", refusal, StringComparison.Ordinal);
    }
}
