using Pollux.Protocols.Gemini;
using Pollux.Protocols.Translation;
using static Pollux.Tests.Protocols.Requests.ChatCase;

namespace Pollux.Tests.Protocols.Requests;

public sealed class ToolHistoryTests
{
    private const string Ask = """{"role":"user","content":"weather?"},""";

    private static string Calls(params string[] ids) =>
        $$"""{"role":"assistant","content":null,"tool_calls":[{{string.Join(',', ids.Select(Call))}}]},""";

    private static string Call(string id) => $$$"""{"id":"{{{id}}}","type":"function","function":{"name":"f_{{{id}}}","arguments":"{\"q\":\"{{{id}}}\"}"}}""";

    private static string Result(string id, string content = "\"ok\"") => $$"""{"role":"tool","tool_call_id":"{{id}}","content":{{content}}}""";

    [Fact]
    public void Results_of_a_step_stand_together_in_the_order_of_the_calls()
    {
        var chat = Messages(Ask + Calls("a", "b") + Result("b") + "," + Result("a"), Flash25);
        Same("""
            [{"role":"user","parts":[{"text":"weather?"}]},
             {"role":"model","parts":[{"functionCall":{"name":"f_a","args":{"q":"a"}}},{"functionCall":{"name":"f_b","args":{"q":"b"}}}]},
             {"role":"user","parts":[{"functionResponse":{"name":"f_a","response":{"result":"ok"}}},{"functionResponse":{"name":"f_b","response":{"result":"ok"}}}]}]
            """, chat.Contents);
        Assert.Empty(chat.Losses);
    }

    [Fact]
    public void User_parts_between_results_stand_behind_them()
    {
        var chat = Messages(Ask + Calls("a", "b") + Result("a") + """,{"role":"user","content":"Attached"},""" + Result("b") + """,{"role":"user","content":"more"}""", Flash25);
        Same("""
            {"role":"user","parts":[{"functionResponse":{"name":"f_a","response":{"result":"ok"}}},{"functionResponse":{"name":"f_b","response":{"result":"ok"}}},{"text":"Attached"},{"text":"more"}]}
            """, chat.Contents![2]);
    }

    [Fact]
    public void Text_beside_calls_is_kept_and_consecutive_assistant_messages_make_one_step()
    {
        var chat = Messages(Ask + """{"role":"assistant","content":"Let me look."},""" + Calls("a") + Calls("b") + Result("a") + "," + Result("b"), Flash25);
        Assert.Equal(3, chat.Contents!.AsArray().Count);
        Assert.Equal(3, chat.Contents[1]!["parts"]!.AsArray().Count);
        Assert.Equal(2, chat.Contents[2]!["parts"]!.AsArray().Count);
        Assert.Empty(chat.Losses);
    }

    [Fact]
    public void An_unanswered_call_is_left_out_and_reported()
    {
        var chat = Messages(Ask + Calls("a", "b") + Result("b") + """,{"role":"user","content":"go on"}""", Flash25);
        Assert.Single(chat.Contents![1]!["parts"]!.AsArray());
        Assert.Equal("f_b", (string?)chat.Contents[1]!["parts"]![0]!["functionCall"]!["name"]);
        Assert.Equal(new Loss("messages[1].tool_calls[0]", LossKind.Dropped, chat.Losses[0].What), Assert.Single(chat.Losses));
    }

    [Fact]
    public void A_step_without_any_result_disappears_and_its_neighbours_merge()
    {
        var chat = Messages(Ask + Calls("a") + """{"role":"user","content":"never mind"}""", Flash25);
        Same("""[{"role":"user","parts":[{"text":"weather?"},{"text":"never mind"}]}]""", chat.Contents);
    }

    [Theory]
    [InlineData("""{"role":"tool","tool_call_id":"zzz","content":"late"}""")]
    [InlineData("""{"role":"tool","tool_call_id":"a","content":"twice"}""")]
    public void A_result_without_an_open_call_becomes_user_text(string orphan)
    {
        var chat = Messages(Ask + Calls("a") + Result("a") + "," + orphan, Flash25);
        Assert.NotNull(chat.Contents![2]!["parts"]![1]!["text"]);
        Assert.Equal(("messages[3]", LossKind.Changed), (chat.Losses[0].Path, Assert.Single(chat.Losses).Kind));
    }

    [Fact]
    public void Results_without_ids_are_matched_by_order()
    {
        var chat = Messages(Ask + """
            {"role":"assistant","tool_calls":[{"id":"","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"","type":"function","function":{"name":"g","arguments":""}}]},
            {"role":"tool","tool_call_id":"","content":"1"},{"role":"tool","content":"2"}
            """, Flash25);
        Same("""
            [{"functionResponse":{"name":"f","response":{"result":"1"}}},{"functionResponse":{"name":"g","response":{"result":"2"}}}]
            """, chat.Contents![2]!["parts"]);
        Assert.Empty(chat.Losses);
    }

    [Fact]
    public void Legacy_function_call_and_result_are_matched_by_name()
    {
        var chat = Of("""
            {"model":"m","functions":[{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}],
             "messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","name":"f","content":"{\"b\":2}"}]}
            """, Flash25);
        Same("""[{"functionCall":{"name":"f","args":{"a":1}}}]""", chat.Contents![1]!["parts"]);
        Same("""[{"functionResponse":{"name":"f","response":{"b":2}}}]""", chat.Contents[2]!["parts"]);
        Assert.True(chat.Translation.LegacyFunctions);
    }

    [Theory]
    [InlineData("\"{}\"", "{}", 0)]
    [InlineData("\"\"", "{}", 0)]
    [InlineData("\"  \"", "{}", 0)]
    [InlineData("null", "{}", 0)]
    [InlineData("\"null\"", "{}", 0)]
    [InlineData("{\"a\":1}", "{\"a\":1}", 0)]
    [InlineData("\"{\\\"a\\\":\\\"\\\\u00e9\\\\n\\\"}\"", "{\"a\":\"é\\n\"}", 0)]
    [InlineData("\"{\\\"a\\\":\"", "{\"_raw\":\"{\\\"a\\\":\"}", 1)]
    [InlineData("\"[1]\"", "{\"_raw\":\"[1]\"}", 1)]
    [InlineData("\"{} {}\"", "{\"_raw\":\"{} {}\"}", 1)]
    [InlineData("\"{\\\"id\\\":12345678901234567890}\"", "{\"id\":12345678901234567890}", 1)]
    public void Arguments_become_an_object(string arguments, string args, int losses)
    {
        var chat = Messages(Ask + $$$"""{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":{{{arguments}}}}}]},""" + Result("a"), Flash25);
        Same(args, chat.Contents![1]!["parts"]![0]!["functionCall"]!["args"]);
        Assert.Equal(losses, chat.Losses.Count);
    }

    [Theory]
    [InlineData("\"sunny\"", """{"result":"sunny"}""")]
    [InlineData("\"\"", """{"result":""}""")]
    [InlineData("null", """{"result":""}""")]
    [InlineData("\"{\\\"t\\\":21}\"", """{"t":21}""")]
    [InlineData("\"\\n {\\\"t\\\":21} \"", """{"t":21}""")]
    [InlineData("\"[1,2]\"", """{"result":[1,2]}""")]
    [InlineData("\"21\"", """{"result":"21"}""")]
    [InlineData("\"{broken\"", """{"result":"{broken"}""")]
    [InlineData("\"{\\\"id\\\":12345678901234567890}\"", """{"result":"{\"id\":12345678901234567890}"}""")]
    [InlineData("""[{"type":"text","text":"a"},{"type":"text","text":"b"}]""", """{"result":"a\nb"}""")]
    public void Results_become_an_object(string content, string response)
    {
        var chat = Messages(Ask + Calls("a") + Result("a", content), Flash25);
        Same(response, chat.Contents![2]!["parts"]![0]!["functionResponse"]!["response"]);
        Assert.Empty(chat.Losses);
    }

    private const string Picture = """[{"type":"text","text":"here"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]""";

    [Fact]
    public void Pictures_of_a_result_go_inside_it_on_gemini_3()
    {
        var chat = Messages(Ask + Calls("a") + Result("a", Picture), Flash35);
        Same("""{"name":"f_a","response":{"result":"here"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}""", chat.Contents![2]!["parts"]![0]!["functionResponse"]);
    }

    [Fact]
    public void Pictures_of_a_result_stand_behind_it_before_gemini_3()
    {
        var chat = Messages(Ask + Calls("a", "b") + Result("a", Picture) + "," + Result("b"), Flash25);
        Assert.Equal("image/png", (string?)chat.Contents![2]!["parts"]![2]!["inlineData"]!["mimeType"]);
        Assert.Single(chat.Losses);
    }

    // ---- Signatures ------------------------------------------------------------------------------------------------

    private const string Skip = "skip_thought_signature_validator";

    private sealed class Vault(params (string Id, string? Signature, string? GeminiId)[] calls) : ISignatureSource
    {
        public bool TryGet(string callId, out SignedCall call)
        {
            foreach (var (id, signature, geminiId) in calls)
            {
                if (id != callId)
                    continue;
                call = new SignedCall(signature is null ? default : RawJson.String(signature), geminiId);
                return true;
            }
            call = default;
            return false;
        }
    }

    private static string? SignatureOf(ChatCase chat, int content, int part) => (string?)chat.Contents![content]!["parts"]![part]!["thoughtSignature"];

    [Fact]
    public void A_signature_comes_from_the_vault_with_the_id_that_gemini_gave()
    {
        var chat = Messages(Ask + Calls("a", "b") + Result("a") + "," + Result("b"), Flash35, new Vault(("a", "c2ln", "g-1"), ("b", null, null)));
        Same("""{"functionCall":{"id":"g-1","name":"f_a","args":{"q":"a"}},"thoughtSignature":"c2ln"}""", chat.Contents![1]!["parts"]![0]);
        Same("""{"functionCall":{"name":"f_b","args":{"q":"b"}}}""", chat.Contents[1]!["parts"]![1]);
        Assert.Equal("g-1", (string?)chat.Contents[2]!["parts"]![0]!["functionResponse"]!["id"]);
        Assert.Empty(chat.Losses);
    }

    [Theory]
    [InlineData("""{"id":"a","extra_content":{"google":{"thought_signature":"b3du"}},"function":{"name":"f"}}""", "")]
    [InlineData("""{"id":"a","function":{"name":"f","thought_signature":"b3du"}}""", "")]
    [InlineData("""{"id":"a","function":{"name":"f"}}""", ""","extra_content":{"google":{"thought_signature":"b3du"}}""")]
    public void A_signature_that_the_client_sends_wins(string call, string message)
    {
        var chat = Messages(Ask + $$"""{"role":"assistant","tool_calls":[{{call}}]{{message}}},""" + Result("a"), Flash35, new Vault(("a", "c2ln", null)));
        Assert.Equal("b3du", SignatureOf(chat, 1, 0));
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("")]
    public void A_signature_that_is_no_base64_is_not_sent(string signature)
    {
        var chat = Messages(Ask + $$$"""{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","thought_signature":"{{{signature}}}"}}]},""" + Result("a"), Flash35);
        Assert.Equal(Skip, SignatureOf(chat, 1, 0));
    }

    [Fact]
    public void A_missing_signature_is_replaced_on_the_first_call_of_each_step_of_the_current_turn_only()
    {
        var turn = Calls("a", "b") + Result("a") + "," + Result("b") + ",";
        var chat = Messages(Ask + turn + """{"role":"assistant","content":"done"},{"role":"user","content":"again"},""" + turn + turn.TrimEnd(','), Flash35);
        Assert.Null(SignatureOf(chat, 1, 0));
        Assert.Equal((Skip, null), (SignatureOf(chat, 5, 0), SignatureOf(chat, 5, 1)));
        Assert.Equal((Skip, null), (SignatureOf(chat, 7, 0), SignatureOf(chat, 7, 1)));
        Assert.Equal(["messages[9].tool_calls[0]", "messages[6].tool_calls[0]"], chat.Losses.Select(loss => loss.Path));
    }

    [Fact]
    public void Models_that_enforce_nothing_get_no_placeholder() =>
        Assert.Null(SignatureOf(Messages(Ask + Calls("a") + Result("a"), Flash25), 1, 0));

    [Fact]
    public void Forced_placeholders_replace_every_known_signature_but_keep_ids()
    {
        var chat = Messages(Ask + Calls("a") + Result("a"), Flash35, new Vault(("a", "c2ln", "g-1")), forcePlaceholders: true);
        Assert.Equal(Skip, SignatureOf(chat, 1, 0));
        Assert.Equal("g-1", (string?)chat.Contents![1]!["parts"]![0]!["functionCall"]!["id"]);
    }

    [Theory]
    [InlineData("""{"id":"a","function":null}""", "messages[1].tool_calls[0].function")]
    [InlineData("""{"id":"a","function":{"arguments":"{}"}}""", "messages[1].tool_calls[0].function.name")]
    [InlineData("""{"id":"a","function":{"name":"f","arguments":5}}""", "messages[1].tool_calls[0].function.arguments")]
    [InlineData("null", "messages[1].tool_calls[0]")]
    public void A_fault_in_a_call_names_its_place(string call, string param) =>
        Assert.Equal(param, Fault($$"""{"messages":[{{Ask}}{"role":"assistant","tool_calls":[{{call}}]}]}""").Param);
}
