using System.Net;
using System.Text;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Predecessors;

/// <summary>
/// The kinds of bodies that the documents of the five predecessors show, and that their users therefore have in scripts:
/// empty lists, nulls, defaults spelt out, Gemini's own parameters beside OpenAI's.
/// </summary>
public sealed class SampleRequestTests
{
    public static TheoryData<string, string> Bodies() => new()
    {
        { "Hagemi, plain", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"你好"}]}""" },
        { "Hagemi, every default spelt out", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}],"temperature":0.7,"top_p":1.0,"n":1,"stream":false,"stop":null,"max_tokens":null,"presence_penalty":0.0,"frequency_penalty":0.0}""" },
        { "image fork, picture", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}]}""" },
        { "HAJIMI, system and history", """{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},{"role":"user","content":"More"}],"stream":true}""" },
        { "HAJIMI, model ending", """{"model":"gemini-2.5-flash-nothinking","messages":[{"role":"user","content":"Hi"}]}""" },
        { "GAP, conversation id", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}],"conversation":"c1","session_id":"s1"}""" },
        { "gemini-balance, empty tools and stop", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}],"temperature":0.7,"stream":true,"tools":[],"max_tokens":8192,"stop":[],"top_p":0.9,"top_k":40}""" },
        { "gemini-balance, prefix of the model", """{"model":"models/gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}],"tool_choice":"none","tools":[]}""" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_sample_body_is_answered(string source, string body)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await gateway.Client.PostAsync("/v1/chat/completions", content, TestContext.Current.CancellationToken);
        string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{source}: {answer}");
        ReceivedRequest sent = Assert.Single(gateway.Upstream.Received.Requests, request => request.Action is not null && request.Action.Contains("enerateContent", StringComparison.Ordinal));
        Assert.Equal("gemini-2.5-flash", sent.Model);
        Assert.DoesNotContain(TestGateway.Password, Encoding.UTF8.GetString(sent.Body.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/hf/v1/chat/completions")]
    [InlineData("/openai/v1/chat/completions")]
    [InlineData("/aistudio/chat/completions")]
    [InlineData("/chat/completions")]
    [InlineData("/v1beta/openai/chat/completions")]
    [InlineData("//v1/chat/completions")]
    [InlineData("/v1/v1/chat/completions")]
    public async Task An_address_of_the_predecessors_leads_to_the_chat(string path)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var content = new StringContent("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}]}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await gateway.Client.PostAsync(new Uri(gateway.Address.AbsoluteUri.TrimEnd('/') + path), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
