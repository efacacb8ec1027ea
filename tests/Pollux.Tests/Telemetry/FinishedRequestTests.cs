using System.Globalization;
using Pollux.Protocols.Gemini.Answers;
using Pollux.Telemetry;

namespace Pollux.Tests.Telemetry;

/// <summary>The one line of a request: as text, and with its values apart.</summary>
public sealed class FinishedRequestTests
{
    private static readonly string[] Names =
    [
        "RequestId", "Status", "Caller", "Dialect", "Model", "Mode", "Key", "Attempts", "Owner", "Reason", "WaitMs", "FirstMs", "TotalMs",
        "PromptTokens", "CachedTokens", "CandidatesTokens", "ThoughtsTokens", "Losses", "LostAttempts", "ServedModel", "Shared", "Cache",
        "BytesIn", "BytesOut", "CloseCode",
    ];

    [Fact]
    public void The_text_holds_everything_in_its_order() =>
        Assert.Equal(
            "req_0000000000abc 429 caller=token-1 dialect=openai model=gemini-3.5-flash live key=key-7 attempts=3 owner=Project reason=QuotaPerDay wait_ms=250 first_ms=120 total_ms=4567 prompt=11 cached=12 answer=13 thoughts=14 losses=seed hedged=15 served=gemini-2.5-flash shared=1 cache=hit bytes_in=1601 bytes_out=1702 close=1000",
            new FinishedRequest(Full(), 429, 120, 4567).ToString());

    [Fact]
    public void What_is_not_known_has_a_dash() =>
        Assert.Equal(
            "req_0000000000abc 200 caller=- dialect=- model=- unary key=- attempts=0 owner=- reason=- wait_ms=0 first_ms=-1 total_ms=5 prompt=0 cached=0 answer=0 thoughts=0 losses=-",
            FinishedRequest.Text(new FinishedRequest(new RequestRecord { Id = "req_0000000000abc", StartedAt = 1 }, 200, -1, 5), null));

    [Fact]
    public void Each_value_stands_in_the_text_in_the_same_order()
    {
        var line = new FinishedRequestValues(Full(), 429, 120, 4567);
        string text = line.ToString();
        Assert.Equal(new FinishedRequest(Full(), 429, 120, 4567).ToString(), text);

        int from = 0;
        foreach ((string name, object? value) in line)
        {
            int at = text.IndexOf(Convert.ToString(value, CultureInfo.InvariantCulture)!, from, StringComparison.Ordinal);
            Assert.True(at >= from, $"{name} is not in its place: {text}");
            from = at + 1;
        }
    }

    [Fact]
    public void Values_have_their_names_and_types()
    {
        var line = new FinishedRequestValues(Full(), 429, 120, 4567);

        Assert.Equal(Names, line.Select(static value => value.Key));
        Assert.Equal(Names.Length, line.Count);
        Assert.Equal(Names, Enumerable.Range(0, line.Count).Select(index => line[index].Key));
        Assert.Equal([429, 3, 250L, 120L, 4567L, 11, 12, 13, 14, 15, 1, 1601L, 1702L, 1000], line.Select(static value => value.Value).Where(static value => value is not string));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(25)]
    [InlineData(int.MaxValue)]
    public void No_value_is_beyond_the_last(int index) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FinishedRequestValues(Full(), 200, 0, 0)[index]);

    [Theory]
    [InlineData("gemini-3.5-flash", "gemini-3.5-flash")]
    [InlineData("", "-")]
    [InlineData("a b", "a_b")]
    [InlineData("x\n2026-01-01 00:00:00Z INFO forged", "x_2026-01-01_00:00:00Z_INFO_forged")]
    [InlineData("x owner=Gateway", "x_owner=Gateway")]
    [InlineData("x\r\t\0\u001b[31m\u2028\u0085", "x____[31m__")]
    [InlineData("模型", "模型")]
    public void A_models_name_can_neither_end_the_line_nor_begin_another_value(string asked, string told)
    {
        var record = new RequestRecord { Id = "req_0000000000abc", StartedAt = 1, Model = asked };

        Assert.Equal(told, record.Model);
        Assert.Contains($" model={told} unary ", new FinishedRequest(record, 404, -1, 0).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('模')]
    public void A_models_name_cannot_fill_the_log(char letter) =>
        Assert.Equal(new string(letter, 200), new RequestRecord { Id = "req_0000000000abc", StartedAt = 1, Model = new string(letter, 100_000) }.Model);

    private static RequestRecord Full() => new()
    {
        Id = "req_0000000000abc",
        StartedAt = 1,
        Caller = "token-1",
        Dialect = "openai",
        Model = "gemini-3.5-flash",
        Stream = true,
        KeyLabel = "key-7",
        Attempts = 3,
        Waited = TimeSpan.FromMilliseconds(250),
        FaultOwner = "Project",
        FaultReason = "QuotaPerDay",
        Usage = new GeminiUsage(11, 12, 13, 14, 15, 16, 17, 18),
        Losses = "seed",
        LostAttempts = 15,
        ServedModel = "gemini-2.5-flash",
        Shared = true,
        Live = new LiveTraffic { BytesIn = 1601, BytesOut = 1702, CloseCode = 1000 },
        Cached = true, // last: it would take the token counts away
    };
}
