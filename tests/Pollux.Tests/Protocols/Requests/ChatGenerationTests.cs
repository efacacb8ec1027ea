using Pollux.Protocols.Translation;
using static Pollux.Tests.Protocols.Requests.ChatCase;

namespace Pollux.Tests.Protocols.Requests;

public sealed class ChatGenerationTests
{
    [Theory]
    [InlineData("\"temperature\":0.5", """{"temperature":0.5}""", 0)]
    [InlineData("\"temperature\":\"0.5\"", """{"temperature":0.5}""", 0)]
    [InlineData("\"temperature\":3", """{"temperature":2}""", 1)]
    [InlineData("\"temperature\":-1", """{"temperature":0}""", 1)]
    [InlineData("\"temperature\":0", """{"temperature":0}""", 0)]
    [InlineData("\"top_p\":0.9,\"top_k\":40", """{"topP":0.9,"topK":40}""", 0)]
    [InlineData("\"top_k\":0", null, 0)]
    [InlineData("\"n\":1", null, 0)]
    [InlineData("\"n\":3", """{"candidateCount":3}""", 0)]
    [InlineData("\"n\":30", """{"candidateCount":8}""", 1)]
    [InlineData("\"stop\":\"END\"", """{"stopSequences":["END"]}""", 0)]
    [InlineData("\"stop\":[\"a\",\"\",\"b\"]", """{"stopSequences":["a","b"]}""", 0)]
    [InlineData("\"stop\":[]", null, 0)]
    [InlineData("\"stop\":null", null, 0)]
    [InlineData("\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]", """{"stopSequences":["1","2","3","4","5"]}""", 1)]
    [InlineData("\"max_tokens\":100", """{"maxOutputTokens":100}""", 0)]
    [InlineData("\"max_tokens\":100.0", """{"maxOutputTokens":100}""", 0)]
    [InlineData("\"max_tokens\":100,\"max_completion_tokens\":200", """{"maxOutputTokens":200}""", 0)]
    [InlineData("\"max_tokens\":1000000", """{"maxOutputTokens":65536}""", 1)]
    [InlineData("\"max_tokens\":-1", null, 1)]
    [InlineData("\"max_tokens\":0", null, 1)]
    [InlineData("\"presence_penalty\":0.5,\"frequency_penalty\":-1", """{"presencePenalty":0.5,"frequencyPenalty":-1}""", 0)]
    [InlineData("\"presence_penalty\":0,\"frequency_penalty\":0", null, 0)]
    [InlineData("\"presence_penalty\":2", """{"presencePenalty":1.99}""", 1)]
    [InlineData("\"seed\":42", """{"seed":42}""", 0)]
    [InlineData("\"seed\":4294967296", """{"seed":2}""", 1)]
    [InlineData("\"logprobs\":true", """{"responseLogprobs":true}""", 0)]
    [InlineData("\"logprobs\":true,\"top_logprobs\":3", """{"responseLogprobs":true,"logprobs":3}""", 0)]
    [InlineData("\"logprobs\":false", null, 0)]
    [InlineData("\"logit_bias\":{\"50256\":-100}", null, 1)]
    [InlineData("\"logit_bias\":{}", null, 0)]
    [InlineData("\"verbosity\":\"low\"", null, 1)]
    [InlineData("\"prediction\":{\"type\":\"content\",\"content\":\"x\"}", null, 1)]
    [InlineData("\"user\":\"u\",\"store\":true,\"metadata\":{\"a\":\"b\"},\"safety_identifier\":\"s\",\"prompt_cache_key\":\"k\"", null, 0)]
    [InlineData("\"response_format\":{\"type\":\"text\"}", null, 0)]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", """{"responseMimeType":"application/json"}""", 0)]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"strict\":true,\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}}",
        """{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":"string"}}}}""", 0)]
    [InlineData("\"modalities\":[\"text\"]", null, 0)]
    [InlineData("\"modalities\":[\"text\",\"audio\"],\"audio\":{\"voice\":\"alloy\",\"format\":\"wav\"}", null, 2)]
    [InlineData("\"extra_body\":{\"google\":{\"media_resolution\":\"low\"}}", """{"mediaResolution":"MEDIA_RESOLUTION_LOW"}""", 0)]
    public void Parameters_on_a_model_that_takes_all(string members, string? config, int losses)
    {
        var chat = With(members, Flash35);
        Assert.True(losses == chat.Losses.Count, chat.Translation.Losses.ToHeader());
        if (config is null)
            Assert.Null(chat.Config);
        else
            Same(config, chat.Config);
    }

    [Fact]
    public void What_the_newest_models_ignore_or_refuse_is_left_out_and_reported()
    {
        var chat = With("""
            "temperature":0.5,"top_p":0.9,"top_k":40,"presence_penalty":0.5,"frequency_penalty":0.5
            """, Flash38);
        Assert.Null(chat.Config);
        Assert.Equal(["temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty"], chat.Losses.Select(loss => loss.Path));
    }

    [Theory]
    [InlineData("gemini-3.1-flash-image", "", """["TEXT","IMAGE"]""")]
    [InlineData("gemini-2.5-flash-image", "\"modalities\":[\"image\"],", """["TEXT","IMAGE"]""")]
    [InlineData("gemini-2.5-flash-preview-tts", "", """["AUDIO"]""")]
    public void Models_for_pictures_and_speech_are_told_so(string model, string members, string modalities) =>
        Same(modalities, With(members + "\"n\":1", model).Config!["responseModalities"]);

    [Fact]
    public void A_voice_of_openai_becomes_the_nearest_of_gemini()
    {
        var chat = With("""
            "modalities":["audio"],"audio":{"voice":"alloy","format":"mp3"}
            """, "gemini-2.5-flash-preview-tts");
        Same("""{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}""", chat.Config!["speechConfig"]);
        Assert.Equal("mp3", chat.Translation.AudioFormat);
        Assert.Equal(LossKind.Approximated, Assert.Single(chat.Losses).Kind);
    }

    [Theory]
    [InlineData("auto", null)]
    [InlineData("default", "standard")]
    [InlineData("flex", "flex")]
    [InlineData("priority", "priority")]
    public void Service_tier_is_sent_in_lower_case(string tier, string? sent) =>
        Assert.Equal(sent, (string?)With($"\"service_tier\":\"{tier}\"").Wire["serviceTier"]);

    [Theory]
    [InlineData("\"safety_settings\":[{\"category\":\"HARM_CATEGORY_HARASSMENT\",\"threshold\":\"OFF\"}]")]
    [InlineData("\"google\":{\"safety_settings\":[{\"category\":\"HARM_CATEGORY_HARASSMENT\",\"threshold\":\"OFF\"}]}")]
    [InlineData("\"extra_body\":{\"google\":{\"safetySettings\":[{\"category\":\"HARM_CATEGORY_HARASSMENT\",\"threshold\":\"OFF\"}]}}")]
    public void Safety_settings_of_the_client_are_sent(string members) =>
        Same("""[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"}]""", With(members).Wire["safetySettings"]);

    [Fact]
    public void A_cache_takes_the_place_of_tools_and_system()
    {
        var chat = Of("""
            {"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f"}}],"google":{"cached_content":"cachedContents/x"}}
            """);
        Assert.Equal("cachedContents/x", (string?)chat.Wire["cachedContent"]);
        Assert.Null(chat.Wire["tools"]);
        Assert.Null(chat.Wire["systemInstruction"]);
        Assert.Single(chat.Losses);
    }

    [Fact]
    public void Facts_for_the_answer()
    {
        var facts = With("""
            "stream":true,"stream_options":{"include_usage":true},"n":2,"parallel_tool_calls":false,"logprobs":true,"response_format":{"type":"json_object"},"google":{"thought_tag_marker":"think"}
            """).Translation;
        Assert.Equal(("m", true, true, 2), (facts.Model, facts.Stream, facts.IncludeUsage, facts.CandidateCount));
        Assert.Equal((true, true, true, "think"), (facts.SingleCall, facts.Logprobs, facts.JsonMode, facts.ThoughtTag));
    }

    [Theory]
    [InlineData("\"n\":0", "n")]
    [InlineData("\"n\":1.5", "n")]
    [InlineData("\"n\":[]", "n")]
    [InlineData("\"temperature\":\"hot\"", "temperature")]
    [InlineData("\"temperature\":{}", "temperature")]
    [InlineData("\"stop\":5", "stop")]
    [InlineData("\"stop\":[5]", "stop")]
    [InlineData("\"stream\":\"maybe\"", "stream")]
    [InlineData("\"modalities\":[\"smell\"]", "modalities")]
    [InlineData("\"response_format\":{\"type\":\"xml\"}", "response_format.type")]
    [InlineData("\"response_format\":\"json\"", "response_format")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":5}}", "response_format.json_schema.schema")]
    [InlineData("\"safety_settings\":{}", "safety_settings")]
    [InlineData("\"safety_settings\":[{}]", "safety_settings")]
    [InlineData("\"google\":5", "google")]
    [InlineData("\"stream_options\":[]", "stream_options")]
    public void A_fault_names_its_place(string members, string param)
    {
        var fault = Fault($$"""{"messages":[{"role":"user","content":"hi"}],{{members}}}""");
        Assert.Equal(param, fault.Param);
        Assert.Contains($"'{param}'", fault.Message, StringComparison.Ordinal);
    }
}
