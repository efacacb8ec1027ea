using System.Text.Json;
using Pollux.FakeGemini;

namespace Pollux.Tests.FakeGemini;

/// <summary>The fake's own mind, its other methods, and scripted answers. In bodies a ' stands for a ".</summary>
public sealed class AnswerTests
{
    private const string Tools = "'tools':[{'functionDeclarations':[{'name':'add','parametersJsonSchema':{'type':'object','properties':{'a':{'type':'integer'}},'required':['a']}}]}]";

    [Fact]
    public async Task Text_is_said_back_with_usage()
    {
        JsonElement answer = await AskAsync("gemini-2.5-flash", "'contents':[{'parts':[{'text':'hello'},{'inlineData':{'mimeType':'image/png','data':'AAAA'}}]}],'generationConfig':{'thinkingConfig':{'thinkingBudget':0}}");

        Assert.Equal("You said: hello\nYou sent image/png of 3 bytes.", TextOf(answer));
        Assert.Equal(260, answer.GetProperty("usageMetadata").GetProperty("promptTokenCount").GetInt32());
        Assert.Equal("gemini-2.5-flash", answer.GetProperty("modelVersion").GetString());
        Assert.False(answer.GetProperty("usageMetadata").TryGetProperty("thoughtsTokenCount", out _));
    }

    [Fact]
    public async Task Calls_carry_ids_and_one_signature_that_comes_back()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        const string Ask = "{'role':'user','parts':[{'text':'call add {\\'a\\':1}\\ncall add {\\'a\\':2}'}]}";

        JsonElement first = await AskAsync(upstream, Upstream.Model, $"'contents':[{Ask}],{Tools}");
        JsonElement content = first.GetProperty("candidates")[0].GetProperty("content");
        JsonElement[] parts = [.. content.GetProperty("parts").EnumerateArray()];
        Assert.Equal(2, parts.Length);
        Assert.True(parts[0].TryGetProperty("thoughtSignature", out _));
        Assert.False(parts[1].TryGetProperty("thoughtSignature", out _));
        Assert.Equal(8, parts[1].GetProperty("functionCall").GetProperty("id").GetString()!.Length);

        string responses = "{'role':'user','parts':[{'functionResponse':{'name':'add','response':{'sum':1}}},{'functionResponse':{'name':'add','response':{'sum':2}}}]}";
        JsonElement second = await AskAsync(upstream, Upstream.Model, $"'contents':[{{'role':'user','parts':[{{'text':'x'}}]}},{content.GetRawText()},{responses}],{Tools}");
        Assert.StartsWith("add answered: {\"sum\":1}", TextOf(second), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Early_models_give_no_ids_and_mode_any_demands_a_call()
    {
        JsonElement answer = await AskAsync("gemini-2.5-flash", $"'contents':[{{'parts':[{{'text':'hi'}}]}}],{Tools},'toolConfig':{{'functionCallingConfig':{{'mode':'ANY'}}}}");

        JsonElement call = answer.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("functionCall");
        Assert.False(call.TryGetProperty("id", out _));
        Assert.Equal(1, call.GetProperty("args").GetProperty("a").GetInt32());
    }

    [Theory]
    [InlineData("'responseJsonSchema':{'$defs':{'N':{'type':'object','properties':{'v':{'type':'string'},'next':{'$ref':'#/$defs/N'}},'required':['v']}},'type':'object','properties':{'n':{'$ref':'#/$defs/N'},'l':{'type':'array','items':{'type':'integer'},'minItems':2}}}")]
    [InlineData("'responseSchema':{'type':'OBJECT','properties':{'n':{'type':'STRING','enum':['a','b']},'l':{'type':'ARRAY','items':{'type':'NUMBER'},'minItems':'2'}}}")]
    public async Task Json_fits_the_schema(string schema)
    {
        JsonElement answer = await AskAsync("gemini-2.5-flash", $"'contents':[{{'parts':[{{'text':'hi'}}]}}],'generationConfig':{{'responseMimeType':'application/json',{schema}}}");

        JsonElement json = JsonElement.Parse(TextOf(answer));
        Assert.True(json.TryGetProperty("n", out _));
        Assert.Equal(2, json.GetProperty("l").GetArrayLength());
    }

    [Theory]
    [InlineData("'stopSequences':['said']", "You ", "STOP", 0)]
    [InlineData("'maxOutputTokens':26", "You said", "MAX_TOKENS", 24)]
    public async Task Limits_of_the_output_hold(string config, string text, string reason, int thoughts)
    {
        JsonElement answer = await AskAsync(Upstream.Model, $"'contents':[{{'parts':[{{'text':'hello'}}]}}],'generationConfig':{{{config}}}");

        Assert.Equal(text, TextOf(answer));
        Assert.Equal(reason, answer.GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        if (thoughts > 0) Assert.Equal(thoughts, answer.GetProperty("usageMetadata").GetProperty("thoughtsTokenCount").GetInt32());
    }

    [Fact]
    public async Task Thoughts_can_use_up_all_tokens()
    {
        JsonElement answer = await AskAsync(Upstream.Model, "'contents':[{'parts':[{'text':'hello'}]}],'generationConfig':{'maxOutputTokens':10}");

        Assert.False(answer.GetProperty("candidates")[0].GetProperty("content").TryGetProperty("parts", out _));
        Assert.Equal("MAX_TOKENS", answer.GetProperty("candidates")[0].GetProperty("finishReason").GetString());
    }

    [Fact]
    public async Task Image_model_makes_a_picture_and_speech_model_a_sound()
    {
        JsonElement picture = await AskAsync("gemini-3-pro-image", "'contents':[{'parts':[{'text':'a cat'}]}]");
        JsonElement sound = await AskAsync("gemini-3.8-flash-tts", "'contents':[{'parts':[{'text':'say hi'}]}],'generationConfig':{'responseModalities':['AUDIO']}");

        Assert.Contains("\"mimeType\":\"image/png\"", JsonSerializer.Serialize(picture), StringComparison.Ordinal);
        Assert.Contains("audio/L16;codec=pcm;rate=24000", JsonSerializer.Serialize(sound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recording_is_heard_and_divided_where_a_schema_says_so()
    {
        const string Recording = "'contents':[{'parts':[{'inlineData':{'mimeType':'audio/wav','data':'AAAA'}},{'text':'write it down'}]}]";

        JsonElement plain = await AskAsync("gemini-2.5-flash-lite", Recording);
        JsonElement timed = await AskAsync("gemini-2.5-flash-lite", Recording + ",'generationConfig':{'responseMimeType':'application/json','responseJsonSchema':{'type':'object','properties':{'segments':{'type':'array'}}}}");

        Assert.Equal("This is audio/wav. It has 3 bytes.", TextOf(plain));
        JsonElement[] segments = [.. JsonElement.Parse(TextOf(timed)).GetProperty("segments").EnumerateArray()];
        Assert.Equal(["This is audio/wav.", "It has 3 bytes."], segments.Select(static segment => segment.GetProperty("text").GetString()));
        Assert.Equal(segments[0].GetProperty("end").GetDouble(), segments[1].GetProperty("start").GetDouble());
    }

    [Fact]
    public async Task Embeddings_have_the_size_asked_for()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        const string One = "'content':{'parts':[{'text':'a'}]},'outputDimensionality':8";
        using HttpResponseMessage single = await upstream.PostAsync("embedContent", $"{{{One}}}".Replace('\'', '"'), "gemini-embedding-001");
        using HttpResponseMessage batch = await upstream.PostAsync("batchEmbedContents", $"{{'requests':[{{'model':'models/gemini-embedding-2',{One}}}]}}".Replace('\'', '"'), "gemini-embedding-2");

        JsonElement answer = await Upstream.ReadAsync(batch);
        Assert.Equal(8, (await Upstream.ReadAsync(single)).GetProperty("embedding").GetProperty("values").GetArrayLength());
        Assert.Equal(8, answer.GetProperty("embeddings")[0].GetProperty("values").GetArrayLength());
        Assert.True(answer.GetProperty("usageMetadata").TryGetProperty("promptTokenDetails", out _));
    }

    [Fact]
    public async Task Models_come_in_pages()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        HashSet<string> names = [];
        string token = "";
        do
        {
            using HttpResponseMessage response = await upstream.SendAsync(HttpMethod.Get, $"v1/models?pageSize=7&pageToken={token}");
            JsonElement page = await Upstream.ReadAsync(response);
            foreach (JsonElement model in page.GetProperty("models").EnumerateArray()) Assert.True(names.Add(model.GetProperty("name").GetString()!));
            token = page.TryGetProperty("nextPageToken", out JsonElement next) ? next.GetString()! : "";
        }
        while (token.Length > 0);

        Assert.Equal(FakeModelCatalog.Default.Count, names.Count);
        using HttpResponseMessage one = await upstream.SendAsync(HttpMethod.Get, "v1beta/models/gemini-3.8-flash");
        Assert.True((await Upstream.ReadAsync(one)).GetProperty("thinking").GetBoolean());
    }

    [Fact]
    public async Task Rules_come_in_order_and_run_out()
    {
        await using Upstream upstream = await Upstream.StartAsync();
        FakeRule rule = upstream.Server.Script.ForModel(Upstream.Model).Times(2).Reply(FakeReply.Text("once"), FakeReply.Text("twice"));
        upstream.Server.Script.ForKey(Upstream.Key).Reply(FakeReply.Text("else"));
        upstream.Server.Script.Next(FakeReply.Text("next"));

        List<string> said = [];
        for (int i = 0; i < 4; i++) said.Add(TextOf(await AskAsync(upstream, Upstream.Model, "'contents':[{'parts':[{'text':'hi'}]}]")));

        Assert.Equal(["next", "once", "twice", "else"], said);
        Assert.Equal(2, rule.Used);
        Assert.Equal(4, upstream.Server.Received.Total);
    }

    public static TheoryData<string, string> EmptyAnswers => new()
    {
        { nameof(FakeReply.NoContent), """[{"finishReason":"STOP","index":0}]""" },
        { nameof(FakeReply.NoParts), """[{"content":{"role":"model"},"finishReason":"STOP","index":0}]""" },
        { nameof(FakeReply.EmptyParts), """[{"content":{"parts":[],"role":"model"},"finishReason":"STOP","index":0}]""" },
        { nameof(FakeReply.ThoughtsOnly), """[{"content":{"parts":[{"text":"hm","thought":true}],"role":"model"},"finishReason":"STOP","index":0}]""" },
        { nameof(FakeReply.NoCandidates), "" },
    };

    [Theory]
    [MemberData(nameof(EmptyAnswers))]
    public async Task Empty_answer_has_the_recorded_shape(string kind, string candidates)
    {
        await using Upstream upstream = await Upstream.StartAsync();
        upstream.Server.Script.Next(kind switch
        {
            nameof(FakeReply.NoContent) => FakeReply.NoContent(),
            nameof(FakeReply.NoParts) => FakeReply.NoParts(),
            nameof(FakeReply.EmptyParts) => FakeReply.EmptyParts(),
            nameof(FakeReply.ThoughtsOnly) => FakeReply.ThoughtsOnly("hm"),
            _ => FakeReply.NoCandidates(),
        });

        JsonElement answer = await AskAsync(upstream, Upstream.Model, "'contents':[{'parts':[{'text':'hi'}]}]");

        Assert.Equal(candidates, answer.TryGetProperty("candidates", out JsonElement found) ? JsonSerializer.Serialize(found) : "");
    }

    [Fact]
    public void Chaos_is_the_same_for_the_same_seed()
    {
        ReceivedRequest request = new(1, default, "POST", Pollux.FakeGemini.Serving.GeminiPath.Parse("/v1beta/models/m:generateContent"), new Dictionary<string, string>(), new Dictionary<string, string>(), [], null);
        Func<ReceivedRequest, FakeReply?> one = FakeChaos.Seeded(0.5, new Random(7)), other = FakeChaos.Seeded(0.5, new Random(7));

        FakeReply?[] first = [.. Enumerable.Range(0, 50).Select(_ => one(request))];

        Assert.Equal(first, Enumerable.Range(0, 50).Select(_ => other(request)));
        Assert.Contains(first, static reply => reply is null);
        Assert.Contains(first, static reply => reply is not null);
    }

    private static async Task<JsonElement> AskAsync(string model, string body)
    {
        await using Upstream upstream = await Upstream.StartAsync();
        return await AskAsync(upstream, model, body);
    }

    private static async Task<JsonElement> AskAsync(Upstream upstream, string model, string body)
    {
        using HttpResponseMessage response = await upstream.PostAsync("generateContent", $"{{{body}}}".Replace('\'', '"'), model);
        JsonElement answer = await Upstream.ReadAsync(response);
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer;
    }

    private static string TextOf(JsonElement answer) =>
        answer.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString()!;
}
