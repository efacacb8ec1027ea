using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Protocols.Anthropic.Requests;
using Pollux.Protocols.Anthropic.Translation;
using Pollux.Protocols.Gemini;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Translation;

namespace Pollux.Tests.Protocols.Anthropic;

/// <summary>What becomes of requests for messages, in tables of cases: a change to a small request, and what Gemini is asked.</summary>
public sealed class MessagesTranslatorTests
{
    private const string Gemini3 = "gemini-3.5-flash";
    private const string Gemini25 = "gemini-2.5-flash";
    private const string Tool = """{"name":"f","description":"Does","input_schema":{"type":"object","properties":{"x":{"type":"string"}}}}""";

    /// <summary>Model, what is added to the request, where to look in Gemini's, and what must stand there (nothing: it must be absent).</summary>
    public static TheoryData<string, string, string, string?> Cases => new()
    {
        { Gemini3, """{"system":"A"}""", "systemInstruction.parts.0.text", "\"A\"" },
        { Gemini3, """{"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":""},{"type":"text","text":"B"}]}""", "systemInstruction.parts", """[{"text":"A"},{"text":"B"}]""" },
        { Gemini3, """{"max_tokens":100}""", "generationConfig.maxOutputTokens", "100" },
        { Gemini25, """{"temperature":0.5}""", "generationConfig.temperature", "0.5" },
        { Gemini25, """{"top_k":5,"top_p":0.9}""", "generationConfig.topK", "5" },
        { Gemini3, """{"stop_sequences":["a","b"]}""", "generationConfig.stopSequences", """["a","b"]""" },
        { Gemini3, """{"thinking":{"type":"enabled","budget_tokens":20000}}""", "generationConfig.thinkingConfig.thinkingLevel", "\"HIGH\"" },
        { Gemini25, """{"thinking":{"type":"enabled","budget_tokens":2000}}""", "generationConfig.thinkingConfig.thinkingBudget", "2000" },
        { Gemini25, """{"thinking":{"type":"disabled"}}""", "generationConfig.thinkingConfig.thinkingBudget", "0" },
        { Gemini25, """{"thinking":{"type":"adaptive"}}""", "generationConfig.thinkingConfig.thinkingBudget", "-1" },
        { Gemini3, """{"thinking":{"type":"adaptive"},"output_config":{"effort":"medium"}}""", "generationConfig.thinkingConfig.thinkingLevel", "\"MEDIUM\"" },
        { Gemini3, """{"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"x":{"type":"string"}}}}}}""", "generationConfig.responseMimeType", "\"application/json\"" },
        { Gemini3, """{"output_format":{"type":"json_schema","schema":{"type":"object"}}}""", "generationConfig.responseMimeType", "\"application/json\"" },
        { Gemini3, """{"service_tier":"standard_only"}""", "serviceTier", "\"standard\"" },
        { Gemini3, """{"service_tier":"auto"}""", "serviceTier", null },
        { Gemini3, $$$"""{"tools":[{{{Tool}}}]}""", "tools.0.functionDeclarations.0.name", "\"f\"" },
        { Gemini3, $$$"""{"tools":[{{{Tool}}}],"tool_choice":{"type":"any"}}""", "toolConfig.functionCallingConfig.mode", "\"ANY\"" },
        { Gemini3, $$$"""{"tools":[{{{Tool}}}],"tool_choice":{"type":"none"}}""", "toolConfig.functionCallingConfig.mode", "\"NONE\"" },
        { Gemini3, $$$"""{"tools":[{{{Tool}}}],"tool_choice":{"type":"auto"}}""", "toolConfig", null },
        { Gemini3, $$$"""{"tools":[{{{Tool}}}],"tool_choice":{"type":"tool","name":"f"}}""", "toolConfig.functionCallingConfig.allowedFunctionNames", """["f"]""" },
        { Gemini3, """{"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":null}]}""", "tools.0", """{"googleSearch":{}}""" },
        { Gemini3, """{"tools":[{"type":"web_fetch_20250910","name":"web_fetch"}]}""", "tools.0", """{"urlContext":{}}""" },
        { Gemini3, """{"tools":[{"type":"code_execution_20250825","name":"code_execution"}]}""", "tools.0", """{"codeExecution":{}}""" },
        { Gemini3, """{"tools":[{"type":"bash_20250124","name":"bash"}]}""", "tools.0.functionDeclarations.0.parametersJsonSchema.properties.command.type", "\"string\"" },
        { Gemini3, """{"tools":[{"type":"text_editor_20250728","name":"str_replace_based_edit_tool"}]}""", "tools.0.functionDeclarations.0.name", "\"str_replace_based_edit_tool\"" },
        { Gemini3, """{"tools":[{"type":"computer_20250124","name":"computer"}]}""", "tools.0.functionDeclarations.0.parametersJsonSchema.required", """["action"]""" },
        { Gemini3, """{"tools":[{"type":"computer_20250124","name":"computer","display_width_px":1024,"display_height_px":768}]}""", "tools.0.functionDeclarations.0.description", "\"Uses mouse and keyboard of a screen, and takes screenshots of it. The screen is 1024 pixels wide and 768 high.\"" },
        { Gemini3, """{"tools":[{"type":"memory_20250818","name":"memory"}]}""", "tools.0.functionDeclarations.0.parametersJsonSchema.required", """["command"]""" },
        { Gemini3, """{"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"b"}]}]}""", "contents", """[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]""" },
        { Gemini25, """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""", "contents.1", """{"role":"model","parts":[{"text":"b"}]}""" },
        { Gemini3, """{"messages":[{"role":"user","content":"a"},{"role":"system","content":"S"}]}""", "systemInstruction.parts.0.text", "\"S\"" },
        { Gemini3, """{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]}]}""", "contents.0.parts.0.inlineData.mimeType", "\"image/png\"" },
        { Gemini3, """{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]}]}""", "contents.0.parts.0.fileData.fileUri", "\"https://example.com/a.png\"" },
        { Gemini3, """{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"files/abc"}}]}]}""", "contents.0.parts.0.fileData.fileUri", "\"https://generativelanguage.googleapis.com/v1beta/files/abc\"" },
        { Gemini3, """{"messages":[{"role":"user","content":[{"type":"document","title":"T","context":"C","source":{"type":"content","content":[{"type":"text","text":"D"}]}}]}]}""", "contents.0.parts", """[{"text":"T"},{"text":"C"},{"text":"D"}]""" },
        { Gemini3, """{"messages":[{"role":"user","content":[{"type":"search_result","title":"T","source":"https://s","content":[{"type":"text","text":"D"}]}]}]}""", "contents.0.parts", """[{"text":"T\nhttps://s"},{"text":"D"}]""" },
        { Gemini3, """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"compaction","content":"So far."},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]}""", "contents.1.parts.0.text", "\"So far.\"" },
        { Gemini3, """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"code_execution","input":{"code":"print(1)"}},{"type":"code_execution_tool_result","tool_use_id":"s","content":{"type":"code_execution_result","stdout":"1\n","stderr":"","return_code":0,"content":[]}}]},{"role":"user","content":"c"}]}""", "contents.1.parts", """[{"text":"```\nprint(1)\n```"},{"text":"```\n1\n\n```"}]""" },
        { Gemini3, """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}},{"type":"web_search_tool_result","tool_use_id":"s","content":[]},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]}""", "contents.1.parts", """[{"text":"b"}]""" },
    };

    /// <summary>What is added to a request, and what the loss report must name.</summary>
    public static TheoryData<string, string> Losses => new()
    {
        { """{"container":"c"}""", "container" },
        { """{"context_management":{"edits":[]}}""", "context_management" },
        { """{"mcp_servers":[{"name":"m"}]}""", "mcp_servers" },
        { """{"output_config":{"task_budget":{"total":1}}}""", "output_config.task_budget" },
        { """{"speed":"fast"}""", "speed" },
        { """{"service_tier":"gold"}""", "service_tier" },
        { """{"thinking":{"type":"enabled","budget_tokens":1024},"output_config":{"effort":"low"}}""", "output_config.effort" },
        { """{"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3}]}""", "tools[0].max_uses" },
        { """{"tools":[{"type":"advisor_20260301","name":"advisor"}]}""", "tools[0]" },
        { """{"tools":[{"name":"f","input_schema":{"type":"object"},"defer_loading":true}]}""", "tools[0].defer_loading" },
        { """{"tools":[{"name":"f","input_schema":{"type":"object"},"input_examples":[{}]}]}""", "tools[0].input_examples" },
        { """{"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}""", "tool_choice.disable_parallel_tool_use" },
        { """{"stop_sequences":["1","2","3","4","5","6"]}""", "stop_sequences" },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"container_upload","file_id":"f"}]}]}""", "messages[0].content[1]" },
        { """{"messages":[{"role":"user","content":[{"type":"text","text":"x","novelty":1}]}]}""", "messages[0].content[0].novelty" },
        { """{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"y"}]},{"role":"user","content":"z"}]}""", "messages[1].content[0]" },
        { """{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"web_search_tool_result","tool_use_id":"s","content":[]}]},{"role":"user","content":"z"}]}""", "messages[1].content[0]" },
        { """{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"gone","content":"late"}]}]}""", "messages[0]" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_request_becomes_what_gemini_understands(string model, string change, string place, string? expected)
    {
        JsonNode? at = Sent(Translate(change, model));
        foreach (string step in place.Split('.'))
            at = int.TryParse(step, out int index) ? at?[index] : at?[step];

        Assert.True(expected is null ? at is null : JsonNode.DeepEquals(JsonNode.Parse(expected), at), $"{place}: {at?.ToJsonString() ?? "absent"}");
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void What_cannot_be_carried_is_reported(string change, string path) =>
        Assert.Contains(Translate(change).Losses.Losses, loss => loss.Path == path);

    [Fact]
    public void Results_out_of_order_and_text_among_them_stand_in_the_order_of_the_calls_with_the_text_behind()
    {
        JsonNode contents = Sent(Translate("""
            {"messages":[{"role":"user","content":"go"},
             {"role":"assistant","content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"1","name":"a","input":{"x":1},"cache_control":{"type":"ephemeral"}},{"type":"tool_use","id":"2","name":"b","input":{}}]},
             {"role":"user","content":[{"type":"text","text":"first"},{"type":"tool_result","tool_use_id":"2","content":[{"type":"text","text":"two"}]},{"type":"text","text":"between"},{"type":"tool_result","tool_use_id":"1","content":"one"}]}]}
            """))["contents"]!;

        Assert.Equal(["I look.", "a", "b"], contents[1]!["parts"]!.AsArray().Select(static part => (part!["text"] ?? part["functionCall"]!["name"])!.GetValue<string>()));
        Assert.Equal(["a", "b", "first", "between"], contents[2]!["parts"]!.AsArray().Select(static part => (part!["text"] ?? part["functionResponse"]!["name"])!.GetValue<string>()));
        Assert.Equal("one", contents[2]!["parts"]![0]!["functionResponse"]!["response"]!["result"]!.GetValue<string>());
    }

    /// <summary>What thinking blocks carry, and which parts have signatures then.</summary>
    [Theory]
    [InlineData("""{"type":"thinking","thinking":"t","signature":"plx1.QUFBQQ=="},{"type":"text","text":"y"}""", "text QUFBQQ==")]
    [InlineData("""{"type":"thinking","thinking":"","signature":"plx1.QUFBQQ=="},{"type":"text","text":"y"},{"type":"tool_use","id":"1","name":"a","input":{}},{"type":"tool_use","id":"2","name":"b","input":{}}""", "text,a QUFBQQ==,b")]
    [InlineData("""{"type":"thinking","thinking":"t","signature":"plx1."},{"type":"text","text":"y"}""", "text")]
    [InlineData("""{"type":"thinking","thinking":"t","signature":"ErcBCkgIA"},{"type":"text","text":"y"}""", "text")]
    [InlineData("""{"type":"thinking","thinking":"t","signature":"plx1.not base64!"},{"type":"text","text":"y"}""", "text")]
    public void A_signature_belongs_to_the_first_call_behind_it_or_to_the_text(string blocks, string expected)
    {
        string results = string.Join(',', JsonNode.Parse($"[{blocks}]")!.AsArray().Where(static block => block!["id"] is not null).Select(static block => $$"""{"type":"tool_result","tool_use_id":"{{block!["id"]}}","content":"r"}"""));
        JsonNode contents = Sent(Translate($$"""{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{{blocks}}]},{"role":"user","content":[{{(results.Length > 0 ? results : """{"type":"text","text":"z"}""")}}]}]}"""))["contents"]!;

        Assert.Equal(expected, string.Join(',', contents[1]!["parts"]!.AsArray().Select(static part =>
            (part!["functionCall"]?["name"]?.GetValue<string>() ?? "text") + (part["thoughtSignature"] is { } signature ? $" {signature.GetValue<string>()}" : ""))));
    }

    private static MessagesTranslation Translate(string change, string model = Gemini3)
    {
        JsonObject asked = JsonNode.Parse("""{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":"Hello"}]}""")!.AsObject();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(change)!.AsObject())
            asked[name] = value?.DeepClone();
        byte[] body = Encoding.UTF8.GetBytes(asked.ToJsonString());
        return MessagesTranslator.ToGemini(MessagesRequestReader.Read(body), body, new TranslationContext(ModelCatalog.Default.Find(model), NoSignatures.Instance));
    }

    private static JsonNode Sent(MessagesTranslation translation)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
            translation.Request.WriteTo(json);
        return JsonNode.Parse(output.WrittenSpan)!;
    }
}
