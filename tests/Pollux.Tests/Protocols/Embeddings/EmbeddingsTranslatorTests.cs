using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.OpenAI.Embeddings;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Embeddings;

/// <summary>OAI-11, the pure part: what an embeddings request becomes. In bodies a ' stands for a ".</summary>
public sealed class EmbeddingsTranslatorTests
{
    private const string Older = "gemini-embedding-001";
    private const string Newer = "gemini-embedding-2";

    [Theory]
    [InlineData("'input':'hello'", "hello")]
    [InlineData("'input':['hello']", "hello")]
    [InlineData("'input':['a','b','c']", "a|b|c")]
    [InlineData("'input':['  ','\\t\\n']", "  |\t\n")]
    [InlineData("'input':'Hello \\u4e16\\u754c'", "Hello 世界")]
    [InlineData("'input':'cut \\ud83d'", "cut \ufffd")]
    [InlineData("'input':'x','user':'somebody','encoding_format':null,'dimensions':null", "x")]
    public void Texts_go_one_by_one_in_their_order(string members, string texts)
    {
        JsonNode[] requests = [.. Batch(members).AsArray().Select(static item => item!)];

        Assert.Equal(texts, string.Join('|', requests.Select(static request => request["content"]!["parts"]![0]!["text"]!.GetValue<string>())));
        Assert.All(requests, static request => Assert.Equal("models/" + Older, request["model"]!.GetValue<string>()));
        Assert.All(requests, static request => Assert.Equal(["model", "content"], request.AsObject().Select(static member => member.Key)));
    }

    [Theory]
    [InlineData("'dimensions':256", "{'outputDimensionality':256}")]
    [InlineData("'dimensions':'768'", "{'outputDimensionality':768}")]
    [InlineData("'google':{'task_type':'retrieval_document','title':'T'}", "{'taskType':'RETRIEVAL_DOCUMENT','title':'T'}")]
    [InlineData("'extra_body':{'google':{'task_type':'CLUSTERING'}}", "{'taskType':'CLUSTERING'}")]
    public void What_Google_takes_besides_stands_in_every_request(string members, string expected)
    {
        foreach (JsonNode? request in Batch("'input':['a','b']," + members).AsArray())
        {
            request!.AsObject().Remove("model");
            request.AsObject().Remove("content");
            Assert.Equal(expected.Replace('\'', '"'), request.ToJsonString());
        }
    }

    [Theory]
    [InlineData("'model':'m'", "input", RequestFormatCodes.MissingParameter)]
    [InlineData("'input':null", "input", RequestFormatCodes.MissingParameter)]
    [InlineData("'input':''", "input", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':[]", "input", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':['a','']", "input[1]", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':['a',null]", "input[1]", RequestFormatCodes.InvalidType)]
    [InlineData("'input':['a',{}]", "input[1]", RequestFormatCodes.InvalidType)]
    [InlineData("'input':[1,2,3]", "input", RequestFormatCodes.UnsupportedValue)]
    [InlineData("'input':[[1,2],[3]]", "input", RequestFormatCodes.UnsupportedValue)]
    [InlineData("'input':7", "input", RequestFormatCodes.InvalidType)]
    [InlineData("'input':{'a':1}", "input", RequestFormatCodes.InvalidType)]
    [InlineData("'input':'a','dimensions':-42", "dimensions", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':'a','dimensions':0", "dimensions", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':'a','dimensions':1.5", "dimensions", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':'a','dimensions':3073", "dimensions", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':'a','dimensions':{}", "dimensions", RequestFormatCodes.InvalidType)]
    [InlineData("'input':'a','encoding_format':'int8'", "encoding_format", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':'a','google':{'task_type':'DREAMING'}", "google.task_type", RequestFormatCodes.InvalidValue)]
    [InlineData("'input':'a','extra_body':{'google':{'title':'T'}}", "extra_body.google.title", RequestFormatCodes.InvalidValue)]
    public void What_cannot_be_is_refused_by_the_name_of_its_field(string members, string param, string code)
    {
        var fault = Assert.Throws<RequestFormatException>(() => Batch(members));

        Assert.Equal((param, code), (fault.Param, fault.Code));
    }

    [Fact]
    public void More_texts_than_OpenAI_takes_are_refused()
    {
        static string Body(int count) => $"'input':[{string.Join(',', Enumerable.Repeat("'a'", count))}]";

        Assert.Equal(21, Translate(Body(EmbeddingsTranslator.MostInputs)).Batches);
        Assert.Equal("input", Assert.Throws<RequestFormatException>(() => Translate(Body(EmbeddingsTranslator.MostInputs + 1))).Param);
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(100, "100")]
    [InlineData(101, "100,1")]
    [InlineData(250, "100,100,50")]
    public void A_batch_holds_a_hundred_texts(int count, string sizes)
    {
        EmbeddingsTranslation translation = Translate($"'input':[{string.Join(',', Enumerable.Range(0, count).Select(static number => $"'text {number}'"))}]");

        Assert.Equal(sizes, string.Join(',', Enumerable.Range(0, translation.Batches).Select(translation.SizeOf)));
        int read = 0;
        for (int batch = 0; batch < translation.Batches; batch++)
        {
            foreach (JsonNode? request in Write(translation, batch).AsArray())
                Assert.Equal($"text {read++}", request!["content"]!["parts"]![0]!["text"]!.GetValue<string>());
        }

        Assert.Equal(count, read);
    }

    [Fact]
    public void A_task_that_the_newer_model_does_not_know_is_a_loss_and_not_sent()
    {
        EmbeddingsTranslation translation = Translate("'input':'a','odd':1,'google':{'task_type':'RETRIEVAL_DOCUMENT','title':'T'}", Newer);

        Assert.Equal("google.task_type:dropped;google.title:dropped;odd:dropped", translation.Losses.ToHeader());
        Assert.False(Write(translation, 0)[0]!.AsObject().ContainsKey("taskType"));
    }

    [Theory]
    [InlineData("{'embeddings':[{'values':[3,4]},{'values':[0,1e-1]}]}", true)]
    [InlineData("{'usageMetadata':{'promptTokenCount':7,'promptTokenDetails':[{'tokenCount':7}]},'embeddings':[{'shape':[2],'values':[3,4]},{'values':[0,0.1]}],'more':{}}", true)]
    [InlineData("{'embeddings':[{'values':[3,4]}]}", false)]
    [InlineData("{'embeddings':[{'values':[3,4]},{'values':[1]}]}", false)]
    [InlineData("{'embeddings':[{'values':[3,4]},{'values':[1,2]},{'values':[1,2]}]}", false)]
    [InlineData("{'embeddings':[{'values':[3,4]},{'values':[]}]}", false)]
    [InlineData("{'embeddings':[{'values':[3,'x']},{'values':[1,2]}]}", false)]
    [InlineData("{'embeddings':[{'values':[3,4]},{", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    public void An_answer_is_read_only_when_it_is_whole(string answer, bool whole)
    {
        using var vectors = new EmbeddingVectors(2);

        Assert.Equal(whole, vectors.TryRead(Encoding.UTF8.GetBytes(answer.Replace('\'', '"')), 0, 2));
        if (!whole)
            return;
        Assert.Equal([3f, 4f], vectors[0].ToArray());
        Assert.Equal([0f, 0.1f], vectors[1].ToArray());
        Assert.Equal(answer.Contains("usage", StringComparison.Ordinal) ? 7 : 0, vectors.PromptTokens);
        vectors.Normalise();
        Assert.Equal([0.6f, 0.8f], vectors[0].ToArray());
    }

    [Theory]
    [InlineData(false, "{'object':'list','data':[{'object':'embedding','index':0,'embedding':[1,-0.5]}],'model':'m','usage':{'prompt_tokens':3,'total_tokens':3}}")]
    [InlineData(true, "{'object':'list','data':[{'object':'embedding','index':0,'embedding':'AACAPwAAAL8='}],'model':'m','usage':{'prompt_tokens':3,'total_tokens':3}}")]
    public void A_vector_is_written_as_numbers_or_as_little_endian_floats(bool base64, string expected)
    {
        using var vectors = new EmbeddingVectors(1);
        Assert.True(vectors.TryRead("{\"embeddings\":[{\"values\":[1,-0.5]}]}"u8, 0, 1));
        var output = new ArrayBufferWriter<byte>();

        EmbeddingsBodyWriter.Write(vectors, "m", base64, 3, output);

        Assert.Equal(expected.Replace('\'', '"'), Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("{'searchText':'a'}", "model")]
    [InlineData("{'model':'m'}", "searchText")]
    [InlineData("{'model':'m','searchText':''}", "searchText")]
    public void A_vector_query_names_what_is_missing(string body, string param) =>
        Assert.Equal(param, Assert.Throws<RequestFormatException>(() => EmbeddingsTranslator.ReadQuery(Bytes(body))).Param);

    [Theory]
    [InlineData("{'items':[{'text':'a'}]}", "model")]
    [InlineData("{'model':'m'}", "items")]
    [InlineData("{'model':'m','items':[]}", "items")]
    [InlineData("{'model':'m','items':[{'text':'a'},null]}", "items[1].text")]
    [InlineData("{'model':'m','items':[{'text':3}]}", "items[0].text")]
    public void A_vector_insert_names_what_is_missing(string body, string param) =>
        Assert.Equal(param, Assert.Throws<RequestFormatException>(() => EmbeddingsTranslator.ReadInsert(Bytes(body))).Param);

    private static byte[] Bytes(string body) => Encoding.UTF8.GetBytes(body.Replace('\'', '"'));

    private static JsonNode Batch(string members) => Write(Translate(members), 0);

    private static EmbeddingsTranslation Translate(string members, string model = Older)
    {
        byte[] body = Bytes($"{{{members}}}");
        return EmbeddingsTranslator.ToGemini(EmbeddingsTranslator.Read(body), body, ModelCatalog.Default.Find(model));
    }

    private static JsonNode Write(EmbeddingsTranslation translation, int batch)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
            translation.WriteBatch(batch, Older, json);
        return JsonNode.Parse(output.WrittenSpan)!["requests"]!;
    }
}
