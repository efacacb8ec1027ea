using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;
using static Pollux.Tests.Protocols.Requests.ChatCase;

namespace Pollux.Tests.Protocols.Requests;

public sealed class ChatToolsTests
{
    private const string F = """{"type":"function","function":{"name":"f","description":"does f","parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}}""";
    private const string G = """{"type":"function","function":{"name":"g"}}""";

    [Theory]
    [InlineData(Flash25)]
    [InlineData(Flash38)]
    public void Functions_carry_their_schema_as_it_is(string model)
    {
        var chat = With($"\"tools\":[{F},{G}]", model);
        Same("""
            [{"functionDeclarations":[
              {"name":"f","description":"does f","parametersJsonSchema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}},
              {"name":"g"}]}]
            """, chat.Wire["tools"]);
        Assert.Null(chat.Wire["toolConfig"]);
        Assert.Empty(chat.Losses);
    }

    [Fact]
    public void Older_models_get_googles_own_schema_language() =>
        Same("""{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]}""",
            With($"\"tools\":[{F}]", "gemini-2.0-flash").Wire["tools"]![0]!["functionDeclarations"]![0]!["parameters"]);

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"type":"object"}""")]
    [InlineData("""{"type":"object","properties":{},"required":[],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}""")]
    public void A_function_without_arguments_has_no_schema(string parameters) =>
        Same("""{"name":"f"}""", With($$$"""
            "tools":[{"type":"function","function":{"name":"f","parameters":{{{parameters}}} }}]
            """).Wire["tools"]![0]!["functionDeclarations"]![0]);

    [Fact]
    public void Flat_functions_of_the_responses_api_are_understood() =>
        Assert.Equal("f", (string?)With("""
            "tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{}}}}]
            """).Wire["tools"]![0]!["functionDeclarations"]![0]!["name"]);

    [Theory]
    [InlineData("\"none\"", "NONE", null)]
    [InlineData("\"auto\"", null, null)]
    [InlineData("\"required\"", "ANY", null)]
    [InlineData("\"any\"", "ANY", null)]
    [InlineData("\"validated\"", "VALIDATED", null)]
    [InlineData("""{"type":"function","function":{"name":"f"}}""", "ANY", """["f"]""")]
    [InlineData("""{"type":"function","name":"f"}""", "ANY", """["f"]""")]
    [InlineData("""{"type":"auto"}""", null, null)]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}""", "ANY", """["f"]""")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}""", "VALIDATED", """["f"]""")]
    [InlineData("""{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"g"}]}""", "VALIDATED", """["g"]""")]
    public void Tool_choice_becomes_a_mode(string choice, string? mode, string? allowed)
    {
        var chat = With($"\"tools\":[{F},{G}],\"tool_choice\":{choice}");
        var config = chat.Wire["toolConfig"]?["functionCallingConfig"];
        Assert.Equal(mode, (string?)config?["mode"]);
        if (allowed is not null)
            Same(allowed, config!["allowedFunctionNames"]);
        Assert.Empty(chat.Losses);
    }

    [Fact]
    public void Allowed_tools_leave_the_others_out_where_there_is_no_mode_for_them()
    {
        var chat = With($$$"""
            "tools":[{{{F}}},{{{G}}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"g"}}]}}
            """, "gemini-2.0-flash");
        Same("""[{"functionDeclarations":[{"name":"g"}]}]""", chat.Wire["tools"]);
        Assert.Single(chat.Losses);
    }

    [Theory]
    [InlineData("\"tool_choice\":\"auto\"")]
    [InlineData("\"tools\":[],\"tool_choice\":\"none\"")]
    [InlineData("\"tools\":null")]
    public void Without_functions_there_is_nothing_to_choose(string members)
    {
        var chat = With(members);
        Assert.Null(chat.Wire["tools"]);
        Assert.Null(chat.Wire["toolConfig"]);
        Assert.Empty(chat.Losses);
    }

    [Theory]
    [InlineData(Flash35, "VALIDATED")]
    [InlineData("gemini-2.0-flash", null)]
    public void Strict_schemas_are_kept_by_validated_calls(string model, string? mode) =>
        Assert.Equal(mode, (string?)With("""
            "tools":[{"type":"function","function":{"name":"f","strict":true}}]
            """, model).Wire["toolConfig"]?["functionCallingConfig"]?["mode"]);

    [Theory]
    [InlineData("""{"type":"google_search"}""", "googleSearch")]
    [InlineData("""{"type":"web_search"}""", "googleSearch")]
    [InlineData("""{"type":"web_search_preview"}""", "googleSearch")]
    [InlineData("""{"type":"function","function":{"name":"googleSearch"}}""", "googleSearch")]
    [InlineData("""{"type":"function","function":{"name":"google_search","parameters":{}}}""", "googleSearch")]
    [InlineData("""{"google_search":{}}""", "googleSearch")]
    [InlineData("""{"googleSearch":{}}""", "googleSearch")]
    [InlineData("""{"type":"code_interpreter"}""", "codeExecution")]
    [InlineData("""{"type":"code_execution"}""", "codeExecution")]
    [InlineData("""{"type":"url_context"}""", "urlContext")]
    public void Tools_of_google_are_switched_on(string tool, string name)
    {
        var chat = With($"\"tools\":[{tool}]", Flash25);
        Same($$$"""[{"{{{name}}}":{}}]""", chat.Wire["tools"]);
        Assert.Empty(chat.Losses);
    }

    [Theory]
    [InlineData("\"web_search_options\":{}")]
    [InlineData("\"google\":{\"tools\":[{\"google_search\":{}}]}")]
    [InlineData("\"extra_body\":{\"google\":{\"tools\":[{\"googleSearch\":{}}]}}")]
    public void Search_is_switched_on_by_other_members(string members) =>
        Same("""[{"googleSearch":{}}]""", With(members).Wire["tools"]);

    [Fact]
    public void Search_beside_functions_is_dropped_before_gemini_3()
    {
        var chat = With($$"""
            "tools":[{{F}},{"type":"web_search"}]
            """, Flash25);
        Assert.Single(chat.Wire["tools"]!.AsArray());
        Assert.Equal(("tools.googleSearch", LossKind.Dropped), (chat.Losses[0].Path, Assert.Single(chat.Losses).Kind));
    }

    [Fact]
    public void Search_beside_functions_shows_its_calls_on_gemini_3()
    {
        var chat = With($$"""
            "tools":[{{F}},{"type":"web_search"}]
            """, Flash35);
        Assert.Equal(2, chat.Wire["tools"]!.AsArray().Count);
        Same("""{"includeServerSideToolInvocations":true}""", chat.Wire["toolConfig"]);
        Assert.Empty(chat.Losses);
    }

    [Theory]
    [InlineData(Flash25, false)]
    [InlineData(Flash35, true)]
    public void Json_beside_tools_is_asked_for_in_words_before_gemini_3(string model, bool native)
    {
        var chat = With($$$"""
            "tools":[{{{F}}}],"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"} } }
            """, model);
        Assert.Equal(native, (string?)chat.Config?["responseMimeType"] == "application/json");
        Assert.Equal(native, chat.Wire["systemInstruction"] is null);
        Assert.Equal(native ? 0 : 1, chat.Losses.Count);
        if (!native)
            Assert.Contains("""{"type":"object"}""", (string?)chat.Wire["systemInstruction"]!["parts"]![0]!["text"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"custom","custom":{"name":"x"}}""")]
    [InlineData("""{"type":"mcp","server_url":"https://x"}""")]
    public void Tools_that_gemini_does_not_have_are_reported(string tool)
    {
        var chat = With($"\"tools\":[{tool}]");
        Assert.Null(chat.Wire["tools"]);
        Assert.Equal("tools[0]", Assert.Single(chat.Losses).Path);
    }

    [Fact]
    public void Models_without_functions_drop_them()
    {
        var chat = With($"\"tools\":[{F}]", "gemini-3.1-flash-image");
        Assert.Null(chat.Wire["tools"]);
        Assert.Single(chat.Losses);
    }

    [Fact]
    public void A_second_function_of_the_same_name_is_dropped()
    {
        var chat = With($"\"tools\":[{G},{G}]");
        Assert.Single(chat.Wire["tools"]![0]!["functionDeclarations"]!.AsArray());
        Assert.Single(chat.Losses);
    }

    [Fact]
    public void Parallel_tool_calls_off_is_told_to_the_answer_side() =>
        Assert.True(With($"\"tools\":[{G}],\"parallel_tool_calls\":false").Translation.SingleCall);

    [Theory]
    [InlineData("mcp/server tool")]
    [InlineData("工具")]
    [InlineData("9lives")]
    [InlineData("a_very_long_name_a_very_long_name_a_very_long_name_a_very_long_name_a_very_long_name_a_very_long_name_a_very_long_name_a_very_long_name")]
    public void Names_that_gemini_refuses_are_mapped_there_and_back(string name)
    {
        var chat = Of($$$"""
            {"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"{{{name}}}","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"ok"}],
             "tools":[{"type":"function","function":{"name":"{{{name}}}"}}],"tool_choice":{"type":"function","function":{"name":"{{{name}}}"} } }
            """, Flash25);
        var sent = (string)chat.Wire["tools"]![0]!["functionDeclarations"]![0]!["name"]!;
        Assert.Matches("^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$", sent);
        Assert.Equal(sent, (string?)chat.Contents![1]!["parts"]![0]!["functionCall"]!["name"]);
        Assert.Equal(sent, (string?)chat.Contents[2]!["parts"]![0]!["functionResponse"]!["name"]);
        Assert.Equal(sent, (string?)chat.Wire["toolConfig"]!["functionCallingConfig"]!["allowedFunctionNames"]![0]);
        Assert.Equal(name, chat.Translation.Names.ToClient(sent));
        Assert.Equal("tools[0].function.name", Assert.Single(chat.Losses).Path);
    }

    [Fact]
    public void Renamed_names_stay_different_and_are_the_same_in_every_request()
    {
        var (one, other) = (new FunctionNames(64), new FunctionNames(64));
        Assert.NotEqual(one.ToGemini(RawJson.String("a b"), out _).AsText(), one.ToGemini(RawJson.String("a/b"), out _).AsText());
        Assert.Equal(one.ToGemini(RawJson.String("a b"), out _).AsText(), other.ToGemini(RawJson.String("a b"), out _).AsText());
        Assert.Equal("unknown", one.ToClient("unknown"));
    }

    [Theory]
    [InlineData("\"tools\":[{}]", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools[0].name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{}}]", "tools[0].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"\"}}]", "tools[0].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":5}}]", "tools[0].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":\"{}\"}}]", "tools[0].function.parameters")]
    [InlineData("\"functions\":[{\"description\":\"x\"}]", "functions[0].name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice")]
    [InlineData("\"tool_choice\":\"sometimes\"", "tool_choice")]
    [InlineData("\"tool_choice\":[]", "tool_choice")]
    [InlineData("\"tools\":{}", "tools")]
    [InlineData("\"google\":{\"tools\":5}", "google.tools")]
    public void A_fault_names_its_place(string members, string param) =>
        Assert.Equal(param, Fault($$"""{"messages":[{"role":"user","content":"hi"}],{{members}}}""").Param);
}
