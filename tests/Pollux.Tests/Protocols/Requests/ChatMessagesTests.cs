using Pollux.Protocols.Translation;
using static Pollux.Tests.Protocols.Requests.ChatCase;

namespace Pollux.Tests.Protocols.Requests;

public sealed class ChatMessagesTests
{
    [Theory]
    [InlineData("""{"role":"user","content":"hi"}""", """[{"role":"user","parts":[{"text":"hi"}]}]""")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}""", """[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]""")]
    [InlineData("""{"role":"user","content":{"type":"text","text":"a"}}""", """[{"role":"user","parts":[{"text":"a"}]}]""")]
    [InlineData("""{"role":"user","content":"a"},{"role":"user","content":"b"}""", """[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]""")]
    [InlineData("""{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"assistant","content":"c"},{"role":"user","content":"d"}""",
        """[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"},{"text":"c"}]},{"role":"user","parts":[{"text":"d"}]}]""")]
    [InlineData("""{"role":"user","content":"a"},{"role":"assistant","content":""},{"role":"user","content":"b"}""", """[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]""")]
    [InlineData("""{"role":"user","content":"a"},{"role":"assistant","content":null},{"role":"user","content":"b"}""", """[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]""")]
    [InlineData("""{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},{"role":"user","content":"b"}""",
        """[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"no"}]},{"role":"user","parts":[{"text":"b"}]}]""")]
    [InlineData("""{"role":"user","content":"a"},{"role":"assistant","content":null,"refusal":"no"},{"role":"user","content":"b"}""",
        """[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"no"}]},{"role":"user","parts":[{"text":"b"}]}]""")]
    public void Roles_and_forms_of_content(string messages, string contents)
    {
        var chat = Messages(messages);
        Same(contents, chat.Contents);
        Assert.Empty(chat.Losses);
    }

    [Theory]
    [InlineData("system")]
    [InlineData("developer")]
    public void System_becomes_the_system_instruction(string role)
    {
        var chat = Messages($$"""{"role":"{{role}}","content":"be brief"},{"role":"{{role}}","content":[{"type":"text","text":"be kind"}]},{"role":"user","content":"hi"}""");
        Same("""{"parts":[{"text":"be brief"},{"text":"be kind"}]}""", chat.Wire["systemInstruction"]);
        Same("""[{"role":"user","parts":[{"text":"hi"}]}]""", chat.Contents);
        Assert.Empty(chat.Losses);
    }

    [Fact]
    public void System_in_mid_conversation_is_moved_and_reported()
    {
        var chat = Messages("""{"role":"user","content":"a"},{"role":"system","content":"now in French"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}""");
        Same("""{"parts":[{"text":"now in French"}]}""", chat.Wire["systemInstruction"]);
        Assert.Equal(new Loss("messages[1]", LossKind.Changed, chat.Losses[0].What), Assert.Single(chat.Losses));
    }

    [Fact]
    public void System_alone_becomes_the_user_turn()
    {
        var chat = Messages("""{"role":"system","content":"say hello"}""");
        Same("""[{"role":"user","parts":[{"text":"say hello"}]}]""", chat.Contents);
        Assert.Null(chat.Wire["systemInstruction"]);
        Assert.Single(chat.Losses);
    }

    [Theory]
    [InlineData("gemma-3-27b-it")]
    [InlineData("gemini-omni-1.1-flash")]
    public void System_stands_before_the_user_text_where_the_model_takes_no_instruction(string model)
    {
        var chat = Messages("""{"role":"system","content":"be brief"},{"role":"user","content":"hi"}""", model);
        Same("""[{"role":"user","parts":[{"text":"be brief"},{"text":"hi"}]}]""", chat.Contents);
        Assert.Null(chat.Wire["systemInstruction"]);
        Assert.Single(chat.Losses);
    }

    [Fact]
    public void Text_goes_through_byte_for_byte_with_its_escapes()
    {
        var wire = Write(Messages("""{"role":"user","content":"\u4e2d \n \" \/ é \ud83d\ude00"}""").Request);
        Assert.Contains("""{"text":"\u4e2d \n \" \/ é \ud83d\ude00"}""", System.Text.Encoding.UTF8.GetString(wire), StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_character_is_replaced_and_reported()
    {
        var chat = Messages("""{"role":"user","content":"cut \ud83d here \\ud83d"}""");
        Assert.Equal("cut \ufffd here \\ud83d", (string?)chat.Contents![0]!["parts"]![0]!["text"]);
        Assert.Single(chat.Losses);
    }

    [Theory]
    [InlineData(Flash25, "model")]
    [InlineData(Flash35, "model")]
    [InlineData("gemini-3.6-flash", "user")]
    [InlineData(Flash38, "user")]
    public void Prefill_is_kept_where_the_model_takes_it(string model, string role)
    {
        var chat = Messages("""{"role":"user","content":"a"},{"role":"assistant","content":"Sure, "}""", model);
        var last = chat.Contents!.AsArray()[^1]!;
        Assert.Equal(role, (string?)last["role"]);
        Assert.Equal("Sure, ", (string?)last["parts"]!.AsArray()[^1]!["text"]);
        Assert.Equal(role == "user", chat.Losses.Count == 1);
    }

    [Fact]
    public void A_conversation_begun_by_the_assistant_gets_a_blank_user_turn()
    {
        var chat = Messages("""{"role":"assistant","content":"Welcome"},{"role":"user","content":"hi"}""");
        Same("""[{"role":"user","parts":[{"text":" "}]},{"role":"model","parts":[{"text":"Welcome"}]},{"role":"user","parts":[{"text":"hi"}]}]""", chat.Contents);
        Assert.Single(chat.Losses);
    }

    [Fact]
    public void Thoughts_of_the_history_are_dropped_and_reported_once()
    {
        var chat = Messages("""{"role":"user","content":"a"},{"role":"assistant","content":"b","reasoning_content":"hm"},{"role":"user","content":"c"},{"role":"assistant","content":"d","reasoning_content":"hm"},{"role":"user","content":"e"}""");
        Assert.Equal("messages[1].reasoning_content", Assert.Single(chat.Losses).Path);
    }

    [Fact]
    public void A_text_signature_stays_with_its_text()
    {
        var chat = Messages("""{"role":"user","content":"a"},{"role":"assistant","content":"b","extra_content":{"google":{"thought_signature":"c2ln"}}},{"role":"user","content":"c"}""");
        Same("""{"text":"b","thoughtSignature":"c2ln"}""", chat.Contents![1]!["parts"]![0]);
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "messages")]
    [InlineData("""{"model":"m","messages":null}""", "messages")]
    [InlineData("""{"model":"m","messages":[]}""", "messages")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":""}]}""", "messages")]
    [InlineData("""{"model":"m","messages":[null]}""", "messages[0]")]
    [InlineData("""{"model":"m","messages":[{"content":"hi"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"robot","content":"hi"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":5}]}""", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages[0].content[0].text")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":5}]}]}""", "messages[0].content[0].text")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"text":"a"},{"type":"sculpture"}]}]}""", "messages[0].content[1].type")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":["hi"]}]}""", "messages[0].content[0]")]
    [InlineData("""{"model":"m","messages":[{"role":5,"content":"hi"}]}""", "messages[0].role")]
    public void A_fault_names_its_place(string body, string param) => Assert.Equal(param, Fault(body).Param);

    [Fact]
    public void Unknown_members_are_tolerated_and_reported_by_name()
    {
        var chat = Of("""{"model":"m","frobnicate":{"a":[1,2,{"b":"c"}]},"messages":[{"role":"user","content":"hi","mood":"good"}],"zap":null}""");
        Assert.Equal(["frobnicate", "zap", "messages[0].mood"], chat.Losses.Select(loss => loss.Path));
        Assert.All(chat.Losses, loss => Assert.Equal(LossKind.Dropped, loss.Kind));
    }
}
