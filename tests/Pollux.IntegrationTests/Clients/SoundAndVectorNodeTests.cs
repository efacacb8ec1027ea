using System.Text.Json;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Clients;

/// <summary>OAI-11 and OAI-12 with the clients for Node.js: <c>openai</c>, and <c>ai</c> with OpenAI's provider.</summary>
[Trait("Feature", "OAI-11")]
[Trait("Feature", "OAI-12")]
public sealed class SoundAndVectorNodeTests
{
    private const string Heard = "This is audio/wav. It has 48 bytes.";

    private static readonly NodeClient OpenAI = new("openai");

    private static readonly NodeClient Ai = new("ai", "openai-compatible");

    [Theory]
    [InlineData("gemini-embedding-001")]
    [InlineData("gemini-embedding-2")]
    public async Task OpenAI_decodes_the_vectors_it_asks_for_by_default(string model)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, OpenAI, "embed", model);

        float[] second = [.. report.Object!.Value.GetProperty("second").EnumerateArray().Select(static value => value.GetSingle())];
        Assert.Equal(256, report.Embedding.Count);
        Assert.Equal(report.Embedding.Select(static value => (float)value), second);
        Assert.NotEqual(second, report.Object.Value.GetProperty("first").EnumerateArray().Select(static value => value.GetSingle()));
        Assert.True(report.Object.Value.GetProperty("tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task OpenAI_hears_the_samples()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, OpenAI, "speech", "gpt-4o-mini-tts");

        Assert.Equal(SpeechTests.Spoken("Hello"), Convert.FromBase64String(report.Text!));
    }

    [Fact]
    public async Task OpenAI_reads_transcripts_in_every_form()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, OpenAI, "transcribe", "whisper-1");

        JsonElement seen = report.Object!.Value;
        Assert.Equal((Heard, Heard), (seen.GetProperty("plain").GetString(), seen.GetProperty("english").GetString()));
        Assert.StartsWith("1\n00:00:00,000 --> 00:00:01,500\nThis is audio/wav.\n\n2\n", seen.GetProperty("srt").GetString(), StringComparison.Ordinal);
        Assert.Equal((2, 7, 3), (seen.GetProperty("segments").GetArrayLength(), seen.GetProperty("words").GetArrayLength(), seen.GetProperty("duration").GetInt32()));
        Assert.Equal((Heard, Heard), (report.Text, report.Finish));
        Assert.True(report.Pieces > 1);
    }

    [Fact]
    public async Task Ai_embeds_many()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, Ai, "embed-many", "gemini-embedding-2");

        Assert.Equal(3072, report.Embedding.Count);
        Assert.Equal((2, 2), (report.Object!.Value.GetProperty("count").GetInt32(), report.Object.Value.GetProperty("tokens").GetInt32()));
    }

    [Fact]
    public async Task Ai_speaks()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, Ai, "speech", "gemini-3.8-flash-tts");

        Assert.Equal(SpeechTests.Spoken("Hello"), Convert.FromBase64String(report.Text!));
        Assert.Equal("audio/wav", report.Finish);
    }

    [Theory]
    [InlineData("whisper-1")]
    [InlineData("gpt-4o-transcribe")]
    public async Task Ai_transcribes(string model)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();

        ClientReport report = await AnswerAsync(gateway, Ai, "transcribe", model);

        Assert.Equal(Heard, report.Text);
        if (model == "whisper-1")
            Assert.Equal(3, report.Object!.Value.GetProperty("durationInSeconds").GetDouble());
    }

    private static async Task<ClientReport> AnswerAsync(TestGateway gateway, NodeClient client, string scenario, string model)
    {
        ClientReport report = await client.RunAsync(new ClientCall(scenario, gateway.Address, TestGateway.Password, model), TestContext.Current.CancellationToken);
        Assert.True(report.Error is null, $"The client threw {report.Error}");
        ClientContract.AssertOnlyTheKeyTravelled(gateway);
        return report;
    }
}
