using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Protocols.Translation;
using static Pollux.Tests.Protocols.Requests.ChatCase;

namespace Pollux.Tests.Protocols.Requests;

/// <summary>Whatever arrives: either it translates into well-formed JSON, or it is a fault that is told to the client.</summary>
public sealed class HostileRequestsTests(ITestOutputHelper output)
{
    private const string Full = """
        {"model":"m","messages":[
          {"role":"system","content":[{"type":"text","text":"s"}]},
          {"role":"user","name":"n","content":[{"type":"text","text":"u"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},
            {"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},{"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA","filename":"f","file_id":null}}]},
          {"role":"assistant","content":"a","refusal":null,"reasoning_content":"r","audio":null,"extra_content":{"google":{"thought_signature":"c2ln"}},
            "tool_calls":[{"id":"1","type":"function","extra_content":{"google":{"thought_signature":"c2ln"}},"function":{"name":"f","arguments":"{\"a\":[1]}","thought_signature":"c2ln"}}]},
          {"role":"tool","tool_call_id":"1","content":"{\"a\":1}"}],
         "tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,"parameters":{"$schema":"x","type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/A"}}},
            "required":["a"],"$defs":{"A":{"allOf":[{"const":1}],"exclusiveMinimum":0}}}}},{"type":"web_search"}],
         "tool_choice":{"type":"function","function":{"name":"f"}},"functions":[{"name":"g","parameters":{}}],"function_call":{"name":"g"},
         "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}},"stop":["a"],"n":2,"temperature":1,"top_p":1,"top_k":4,"max_tokens":10,"seed":1,
         "presence_penalty":1,"logprobs":true,"top_logprobs":2,"stream":true,"stream_options":{"include_usage":true},"reasoning_effort":"low","reasoning":{"effort":"low"},"thinking":{"type":"enabled","budget_tokens":5},
         "modalities":["text"],"audio":{"voice":"alloy","format":"wav"},"service_tier":"auto","web_search_options":{"user_location":{}},"safety_settings":[{"category":"a","threshold":"b"}],
         "google":{"thinking_config":{"include_thoughts":true,"thinking_budget":5},"tools":[{"google_search":{}}],"image_config":{}},"extra_body":{"google":{"cached_content":"c"}},"unknown":{"a":1}}
        """;

    private static readonly string[] Replacements =
    [
        "null", "true", "0", "-1", "1e400", "123456789012345678901234567890", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "[]", "{}", "[null]", "[[]]", "[{}]", "{\"\":{}}", "{\"type\":null}",
        """{"$ref":"#"}""", """{"type":"object","properties":{"a":5}}""", """{"allOf":[{"$ref":"#"}]}""",
    ];

    [Theory]
    [InlineData("gemini-2.0-flash")]
    [InlineData(Flash25)]
    [InlineData(Flash38)]
    public void Every_value_replaced_by_every_wrong_value(string model)
    {
        var paths = new List<string>();
        Collect(JsonNode.Parse(Full)!, paths);
        var (translated, refused) = (0, 0);
        foreach (var path in paths)
        {
            foreach (var replacement in Replacements)
            {
                // By text: a node tree could hold neither 1e400 nor half a character.
                var tree = JsonNode.Parse(Full)!;
                Replace(tree, path, "@@@");
                if (Try(Encoding.UTF8.GetBytes(tree.ToJsonString().Replace("\"@@@\"", replacement, StringComparison.Ordinal)), model))
                    translated++;
                else
                    refused++;
            }
        }
        output.WriteLine($"{model}: {translated} translated, {refused} refused");
        Assert.True(translated > 100 && refused > 100);
    }

    [Fact]
    public void The_request_cut_at_every_byte()
    {
        var body = Encoding.UTF8.GetBytes(Full);
        for (var length = 0; length < body.Length; length++)
            Assert.False(Try(body[..length], Flash35));
        Assert.True(Try(body, Flash35));
    }

    [Fact]
    public void Bytes_changed_at_random()
    {
        var random = new Random(20261121);
        var body = Encoding.UTF8.GetBytes(Full);
        for (var round = 0; round < 3000; round++)
        {
            var changed = body.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            Try(changed, Flash35);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{}{}")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},]}")]
    [InlineData("{/*c*/}")]
    [InlineData("\uFEFF{}")]
    [InlineData("{\"messages\":[{\"role\":\"\\ud800\",\"content\":\"a\"}]}")]
    [InlineData("{\"model\":\"\\ud800\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}")]
    public void Bodies_that_are_no_request_are_faults(string body) => Assert.False(Try(Encoding.UTF8.GetBytes(body), Flash35));

    [Fact]
    public void Bytes_that_are_not_utf8_are_a_fault()
    {
        var fault = Assert.Throws<RequestFormatException>(() => Of([.. "{\"messages\":[{\"role\":\"user\",\"content\":\""u8, 0xC3, 0x28, .. "\"}]}"u8]));
        Assert.Equal(RequestFormatCodes.InvalidJson, fault.Code);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Deep_nesting_is_translated_or_refused(int depth)
    {
        var deep = string.Concat(Enumerable.Repeat("{\"items\":", depth)) + "{}" + new string('}', depth);
        Try(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":"hi"}],"x":{{deep}}}"""), Flash35);
        foreach (var model in new[] { "gemini-2.0-flash", Flash35 })
            Try(Encoding.UTF8.GetBytes($$$"""{"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{{{deep}}}}}]}"""), model);
        var lists = new string('[', depth) + new string(']', depth);
        Try(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":{{lists}}}]}"""), Flash35);
        Try(Encoding.UTF8.GetBytes($$$"""{"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{{{lists}}}"}}]},{"role":"tool","tool_call_id":"a","content":"{{{lists}}}"}]}"""), Flash35);
    }

    [Fact]
    public void Equal_members_the_last_one_wins() =>
        Same("""[{"role":"user","parts":[{"text":"b"}]}]""", Of("""{"messages":5,"messages":[{"role":"user","content":"a","content":"b"}]}""".Replace("5,", "[],", StringComparison.Ordinal)).Contents);

    [Fact]
    public void Thousands_of_unknown_members_make_a_bounded_report()
    {
        var members = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"member{i}\":0"));
        var losses = With(members).Translation.Losses;
        Assert.Equal(LossReport.Capacity, losses.Losses.Count);
        Assert.Equal(20_000 - LossReport.Capacity, losses.Unlisted);
        Assert.InRange(losses.ToHeader().Length, 100, 1100);
    }

    [Fact]
    public void A_fault_never_repeats_content()
    {
        const string Secret = "sk-very-secret";
        foreach (var body in new[]
        {
            $$"""{"messages":[{"role":"{{Secret}}","content":"a"}]}""", $$"""{"messages":[{"role":"user","content":[{"type":"{{Secret}}"}]}]}""",
            $$"""{"messages":"{{Secret}}"}""", $$"""{"temperature":"{{Secret}}"}""", $$$"""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{Secret}}}"}}]}]}""",
            $$"""{"messages":[{"role":"user","content":"a"}],"tool_choice":"{{Secret}}"}""", $$"""{"messages":[{"role":"user","content":"a"}],"reasoning_effort":"{{Secret}}"}""",
        })
            Assert.DoesNotContain(Secret, Fault(body).Message, StringComparison.Ordinal);
    }

    /// <summary>Anything but a translation into valid JSON or a fault for the client fails the test.</summary>
    private static bool Try(byte[] body, string model)
    {
        try
        {
            var chat = Of(body, model);
            using var strict = JsonDocument.Parse(Write(chat.Request), new JsonDocumentOptions { MaxDepth = 512 });
            return true;
        }
        catch (RequestFormatException fault)
        {
            Assert.InRange(fault.Message.Length, 10, 600);
            return false;
        }
    }

    private static void Collect(JsonNode node, List<string> paths)
    {
        if (node.Parent is not null)
            paths.Add(node.GetPath());
        foreach (var child in node switch { JsonObject o => o.Select(member => member.Value), JsonArray a => a, _ => [] })
            if (child is not null)
                Collect(child, paths);
    }

    private static void Replace(JsonNode root, string path, string marker)
    {
        var found = Find(root, path)!;
        found.ReplaceWith(marker);
    }

    private static JsonNode? Find(JsonNode node, string path)
    {
        if (node.Parent is not null && node.GetPath() == path)
            return node;
        foreach (var child in node switch { JsonObject o => o.Select(member => member.Value), JsonArray a => a, _ => [] })
            if (child is not null && path.StartsWith(child.GetPath(), StringComparison.Ordinal) && Find(child, path) is { } found)
                return found;
        return null;
    }
}
