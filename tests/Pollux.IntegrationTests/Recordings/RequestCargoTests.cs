using System.Text.Json.Nodes;

namespace Pollux.IntegrationTests.Recordings;

/// <summary>The walk that the replay of requests relies on sees what is missing.</summary>
public sealed class RequestCargoTests
{
    private const string Chat =
        """
        {"model":"m","temperature":0.5,"messages":[{"role":"user","content":[{"type":"text","text":"Look."},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
        {"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"1","content":"Done."}],
        "tools":[{"type":"function","function":{"name":"f","description":"Does it.","parameters":{"type":"object","properties":{"a":{"type":"integer","description":"How often."}}}}}]}
        """;

    private const string Upstream =
        """
        {"generationConfig":{"temperature":0.5},"contents":[{"parts":[{"text":"Look."},{"inlineData":{"data":"AAAA"}}]},{"parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},
        {"parts":[{"functionResponse":{"name":"f","response":{"result":"Done."}}}]}],
        "tools":[{"functionDeclarations":[{"name":"f","description":"Does it.","parametersJsonSchema":{"properties":{"a":{"description":"How often."}}}}]}]}
        """;

    [Fact]
    public void A_complete_request_misses_nothing() => Assert.Empty(Compare(Upstream, null).Missing);

    [Theory]
    [InlineData("Look.", "messages[0].content[0]")]
    [InlineData("AAAA", "messages[0].content[1]")]
    [InlineData("\"args\":{\"a\":1}", "messages[1].tool_calls[0]")]
    [InlineData("Done.", "messages[2].content")]
    [InlineData("Does it.", "tools[0].description")]
    [InlineData("How often.", "tools[0].parameters")]
    [InlineData("0.5", "temperature")]
    public void A_thing_that_is_gone_is_missed_unless_it_is_reported(string thing, string path)
    {
        string without = Upstream.Replace(thing, thing == "0.5" ? "0.7" : thing.StartsWith('"') ? "\"args\":{}" : "", StringComparison.Ordinal);

        Assert.Equal([path], Compare(without, null).Missing);
        Assert.Empty(Compare(without, path + ":dropped").Missing);
    }

    private static RequestCargo Compare(string upstream, string? losses) =>
        RequestCargo.Compare(JsonNode.Parse(Chat)!.AsObject(), JsonNode.Parse(upstream)!.AsObject(), losses);
}
