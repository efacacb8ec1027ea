using System.Text;
using Pollux.Protocols.Gemini.Tokens;

namespace Pollux.Tests.Protocols.Tokens;

/// <summary>How large an interaction's prompt may be, in its own form.</summary>
public sealed class InteractionEstimateTests
{
    private static readonly string Picture = new('A', 400_000);

    [Theory]
    [InlineData("""{"model":"gemini-3.5-flash","input":"eight letters and a half of it..."}""", 6, 12)]
    [InlineData("""{"input":"Hi","generation_config":{"stop_sequences":["a long list of words that no model reads as its prompt"]}}""", 1, 3)]
    [InlineData("""{"input":["eight letters and a half of it..."],"system_instruction":"eight letters and a half of it..."}""", 14, 22)]
    [InlineData("""{"input":"Hi","previous_interaction_id":"v1_abc"}""", 0, 0)]
    [InlineData("""{"input":"Hi","previous_interaction_id":null}""", 1, 3)]
    [InlineData("""{"input":[{"type":"document","uri":"https://example.org/a.pdf","mime_type":"application/pdf"}]}""", 1000, 1010)]
    [InlineData("""{"input":[{"role":"model","content":[{"previous_interaction_id":"v1_abc"}]}]}""", 1, 10)]
    [InlineData("""{"input":"Hi""", 0, 3)]
    [InlineData("", 0, 1)]
    public void It_is_about_right(string body, int least, int most) =>
        Assert.InRange(InteractionEstimate.Of(Encoding.UTF8.GetBytes(body)), least, most);

    [Theory]
    [InlineData("""{"input":[{"type":"image","data":"DATA","mime_type":"image/png"},{"type":"text","text":"Hi"}]}""", 1100, 1200)]
    [InlineData("""{"input":[{"mime_type":"image/png","data":"DATA","type":"image"}]}""", 1100, 1200)]
    [InlineData("""{"input":[{"type":"image","data":"DATA","mime_type":"image/png"},{"type":"image","data":"DATA","mime_type":"image/png"}]}""", 2200, 2400)]
    [InlineData("""{"input":[{"type":"audio","mime_type":"audio/wav","data":"DATA"}]}""", 280, 340)]
    public void Media_count_by_their_kind_in_whichever_order_their_members_come(string body, int least, int most) =>
        Assert.InRange(InteractionEstimate.Of(Encoding.UTF8.GetBytes(body.Replace("DATA", Picture, StringComparison.Ordinal))), least, most);
}
