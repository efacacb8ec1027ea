using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pollux.Buffers;
using Pollux.Generation;
using Pollux.Protocols.Gemini.Models;
using Pollux.Protocols.Gemini.Tokens;
using Pollux.Protocols.Translation;
using Pollux.Settings;
using Pollux.Tests.Settings;

namespace Pollux.Tests.Generation;

/// <summary>Native bodies are scanned, and changed only where something asks for it.</summary>
public sealed class NativeRequestTests
{
    private const string Placeholder = "skip_thought_signature_validator";

    [Theory]
    [InlineData("{}", false)]
    [InlineData(" {\r\n} \t", false)]
    [InlineData("{\"contents\":[{\"parts\":[{\"text\":\"}\"}]}]}", false)]
    [InlineData("{\"safetySettings\":[]}", true)]
    [InlineData("{\"contents\":[],\"safety_settings\":[{}]}", true)]
    [InlineData("{\"\\u0073afetySettings\":[]}", true)]
    [InlineData("{\"x\":{\"safetySettings\":[]}}", false)] // not the request's own
    [InlineData("{\"x\":\"safetySettings\"}", false)]
    [InlineData("{\"SafetySettings\":[]}", false)]
    public void Scan_finds_the_end_and_whether_safety_is_settled(string body, bool expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        (int close, bool hasSafety, _) = NativeRequest.Scan(bytes);

        Assert.Equal(expected, hasSafety);
        Assert.Equal(body.LastIndexOf('}'), close);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"contents\":[{\"parts\":[{\"text\":\"one two three four five six\"},{\"text\":\"seven\"}]}],\"x\":[[1,2],[]],\"y\":true}")]
    [InlineData("{\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}},{\"text\":\"after the picture\"}]}],\"tools\":[{\"functionDeclarations\":[{\"name\":\"look\"}]}]}")]
    [InlineData("{\"contents\":[{\"parts\":[{\"fileData\":{\"fileUri\":\"f\"}}]},{\"parts\":[{\"thoughtSignature\":\"AAAAAAAAAAAAAAAAAAAAAAAA\",\"text\":\"\u4f60\u597d\"}]}]}")]
    public void Scan_estimates_the_prompt_as_the_estimate_of_whole_bodies_does(string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);

        PromptTokens whole = PromptEstimate.Of(bytes), scanned = NativeRequest.Scan(bytes).Tokens;
        Assert.Equal(whole.FileUris, scanned.FileUris);
        Assert.Equal(whole with { FileUris = null }, scanned with { FileUris = null });
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{\"contents\":[")]
    [InlineData("{\"contents\"")]
    [InlineData("{\"contents\":}")]
    [InlineData("{\"contents\":[]")]
    [InlineData("{\"contents\":[]}}")]
    [InlineData("{} {}")]
    [InlineData("{}x")]
    [InlineData("{'contents':[]}")]
    [InlineData("{\"contents\":[],}")]
    [InlineData("{\"contents\":[/* a comment */]}")]
    [InlineData("{\"x\":01}")]
    [InlineData("{\"x\":\"\n\"}")]
    [InlineData("{\"x\":NaN}")]
    public void Scan_refuses_what_is_not_one_object(string body) =>
        Assert.ThrowsAny<JsonException>(() => NativeRequest.Scan(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Scan_refuses_what_is_not_UTF8() =>
        Assert.ThrowsAny<JsonException>(() => NativeRequest.Scan([.. "{\"x\":\""u8, 0xC3, 0x28, .. "\"}"u8]));

    [Theory]
    [InlineData(60, true)]
    [InlineData(100, false)]
    [InlineData(100_000, false)]
    public void Scan_bounds_the_depth(int levels, bool taken)
    {
        byte[] body = Encoding.UTF8.GetBytes("{\"x\":" + new string('[', levels) + new string(']', levels) + "}");
        Exception? fault = Record.Exception(() => NativeRequest.Scan(body));

        Assert.Equal(taken, fault is null);
        Assert.True(taken || fault is JsonException);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(" { } \n")]
    [InlineData("{\"contents\":[{\"parts\":[{\"text\":\"a  b\\u00e9\"}]}]}")]
    [InlineData("{\n  \"contents\": [],\n  \"x\": 1.50\n}\n")]
    public void AddSafety_adds_at_the_end_and_keeps_every_byte_before(string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        int close = NativeRequest.Scan(bytes).Close;

        byte[] changed = NativeRequest.AddSafety(bytes, close, Settings("DISABLE_SAFETY_FILTERING", "true"), static bytes => new PooledBuffer(bytes))!.Value.ToArray();

        string text = Encoding.UTF8.GetString(changed);
        Assert.StartsWith(body[..close].TrimEnd(), text, StringComparison.Ordinal);
        bool hasSafety = NativeRequest.Scan(changed).HasSafety;
        Assert.True(hasSafety);
        JsonArray safety = JsonNode.Parse(text)!["safetySettings"]!.AsArray();
        Assert.Equal(4, safety.Count);
        Assert.All(safety, static setting => Assert.Equal("OFF", setting!["threshold"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("DISABLE_SAFETY_FILTERING", "")]
    [InlineData("DISABLE_SAFETY_FILTERING", "false")]
    [InlineData("SAFETY_SETTINGS", "[]")]
    public void AddSafety_leaves_a_body_alone_that_nothing_asks_for(string name, string value) =>
        Assert.Null(NativeRequest.AddSafety("{}"u8.ToArray(), 1, Settings(name, value), static bytes => new PooledBuffer(bytes)));

    [Theory]
    [InlineData("gemini-2.5-flash", "off", "{}", "{\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0}}}")]
    [InlineData("gemini-2.5-flash", "max", "{\"generationConfig\":{\"topK\":1}}", "{\"generationConfig\":{\"topK\":1,\"thinkingConfig\":{\"thinkingBudget\":24576}}}")]
    [InlineData("gemini-2.5-flash", "show", "{\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":5}}}", "{\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":5,\"includeThoughts\":true}}}")]
    [InlineData("gemini-2.5-flash", "off", "{\"generation_config\":{\"thinking_config\":{\"thinking_budget\":5,\"include_thoughts\":true}}}", "{\"generation_config\":{\"thinking_config\":{\"include_thoughts\":true,\"thinkingBudget\":0}}}")]
    [InlineData("gemini-3.5-flash", "max", "{\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":5}}}", "{\"generationConfig\":{\"thinkingConfig\":{\"thinkingLevel\":\"HIGH\"}}}")]
    [InlineData("gemini-3.5-flash", "off", "{\"generationConfig\":{\"thinkingConfig\":{\"thinking_level\":\"LOW\"}}}", "{\"generationConfig\":{\"thinkingConfig\":{\"thinkingLevel\":\"MINIMAL\"}}}")]
    [InlineData("gemini-2.5-flash", "off", "{\"generationConfig\":null,\"x\":1}", "{\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0}},\"x\":1}")]
    public void ApplyWishes_sets_the_measure_and_keeps_the_rest(string name, string wish, string body, string expected)
    {
        ReadOnlyMemory<byte> changed = NativeRequest.ApplyWishes(Encoding.UTF8.GetBytes(body), Model(name, wish), new LossReport());

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(changed.Span)), Encoding.UTF8.GetString(changed.Span));
    }

    [Theory]
    [InlineData("{}", "{\"generationConfig\":{\"responseModalities\":[\"TEXT\",\"IMAGE\"]}}")]
    [InlineData("{\"generation_config\":{\"topK\":1}}", "{\"generation_config\":{\"topK\":1,\"responseModalities\":[\"TEXT\",\"IMAGE\"]}}")]
    [InlineData("{\"generationConfig\":{\"response_modalities\":[\"TEXT\"]}}", "{\"generationConfig\":{\"responseModalities\":[\"TEXT\",\"IMAGE\"]}}")]
    [InlineData("{\"generationConfig\":{\"responseModalities\":[]}}", "{\"generationConfig\":{\"responseModalities\":[\"TEXT\",\"IMAGE\"]}}")]
    [InlineData("{\"generationConfig\":{\"responseModalities\":[\"image\"]}}", "{\"generationConfig\":{\"responseModalities\":[\"image\"]}}")]
    [InlineData("{\"generationConfig\":{\"response_modalities\":[\"Image\"]}}", "{\"generationConfig\":{\"response_modalities\":[\"Image\"]}}")]
    public void ApplyWishes_asks_for_pictures_where_the_body_does_not(string body, string expected)
    {
        var model = new ResolvedModel("nano-banana-pro-preview", ModelCatalog.Default.Find("nano-banana-pro-preview"), default) { Pictures = true };

        ReadOnlyMemory<byte> changed = NativeRequest.ApplyWishes(Encoding.UTF8.GetBytes(body), model, new LossReport());

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(changed.Span)), Encoding.UTF8.GetString(changed.Span));
    }

    [Theory]
    [InlineData("off", 0)]
    [InlineData("max", 1)]
    public void ApplyWishes_touches_nothing_for_a_model_that_cannot_think(string wish, int losses)
    {
        byte[] body = "{ \"contents\" : [ ] }"u8.ToArray();
        var report = new LossReport();

        Assert.Equal(body, NativeRequest.ApplyWishes(body, Model("gemini-2.0-flash", wish), report).ToArray());
        Assert.Equal(losses, report.Losses.Count);
    }

    [Theory]
    [InlineData("{\"contents\":[],\"contents\":[]}")]
    [InlineData("{\"generationConfig\":{\"topK\":1,\"topK\":2}}")]
    [InlineData("{\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":1,\"thinkingBudget\":2}}}")]
    public void ApplyWishes_refuses_a_member_that_stands_there_twice(string body) =>
        Assert.ThrowsAny<JsonException>(() => NativeRequest.ApplyWishes(Encoding.UTF8.GetBytes(body), Model("gemini-2.5-flash", "off"), new LossReport()));

    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("{\"thoughtSignature\":\"c2ln\"}", "{\"thoughtSignature\":\"" + Placeholder + "\"}")]
    [InlineData("{ \"thought_signature\" : \"a\\\"b\" }", "{ \"thought_signature\" : \"" + Placeholder + "\" }")]
    [InlineData("{\"a\":[{\"thoughtSignature\":\"x\",\"text\":\"t\"},{\"thoughtSignature\":\"y\"}]}", "{\"a\":[{\"thoughtSignature\":\"" + Placeholder + "\",\"text\":\"t\"},{\"thoughtSignature\":\"" + Placeholder + "\"}]}")]
    [InlineData("{\"thoughtSignature\":null,\"x\":{\"thoughtSignature\":{}}}", "{\"thoughtSignature\":null,\"x\":{\"thoughtSignature\":{}}}")]
    [InlineData("{\"text\":\"thoughtSignature\"}", "{\"text\":\"thoughtSignature\"}")]
    [InlineData("{\"thoughtSignature\":\"\"}\n", "{\"thoughtSignature\":\"" + Placeholder + "\"}\n")]
    public void ReplaceSignatures_replaces_these_strings_and_no_other_byte(string body, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(NativeRequest.ReplaceSignatures(Encoding.UTF8.GetBytes(body), static bytes => new PooledBuffer(bytes)).Span));

    private static GenerationSettings Settings(string name, string value) => SettingsFixture.With(name, value).Generation;

    private static ResolvedModel Model(string name, string wish) => new(name, ModelCatalog.Default.Find(name), wish switch
    {
        "max" => new ThinkingWish { Effort = "max" },
        "show" => new ThinkingWish { IncludeThoughts = true },
        _ => new ThinkingWish { Enabled = false },
    });
}
