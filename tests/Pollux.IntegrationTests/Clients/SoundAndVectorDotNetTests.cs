using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Audio;
using OpenAI.Embeddings;
using Pollux.FakeGemini;
using Pollux.IntegrationTests.Hosting;
using Pollux.IntegrationTests.Serving;

namespace Pollux.IntegrationTests.Clients;

/// <summary>OAI-11 and OAI-12 with OpenAI's library for .NET.</summary>
[Trait("Feature", "OAI-11")]
[Trait("Feature", "OAI-12")]
public sealed class SoundAndVectorDotNetTests
{
    private const string Heard = "This is audio/wav. It has 48 bytes.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Vectors_are_decoded_in_order()
    {
        await using TestGateway gateway = await StartAsync();
        EmbeddingClient client = new("gemini-embedding-001", new ApiKeyCredential(TestGateway.Password), Options(gateway));

        OpenAIEmbeddingCollection many = await client.GenerateEmbeddingsAsync(Enumerable.Range(0, 130).Select(static number => $"text {number}"), new EmbeddingGenerationOptions { Dimensions = 64 }, Cancellation);
        OpenAIEmbedding one = await client.GenerateEmbeddingAsync("text 120", new EmbeddingGenerationOptions { Dimensions = 64 }, Cancellation);

        Assert.Equal(Enumerable.Range(0, 130), many.Select(static vector => vector.Index));
        Assert.Equal(64, one.ToFloats().Length);
        Assert.Equal(one.ToFloats().ToArray(), many[120].ToFloats().ToArray());
        Assert.True(many.Usage.TotalTokenCount > one.ToFloats().Length);
        ClientContract.AssertOnlyTheKeyTravelled(gateway);
    }

    [Fact]
    public async Task Token_numbers_are_refused_by_the_name_of_their_field()
    {
        await using TestGateway gateway = await StartAsync();
        EmbeddingClient client = new("gemini-embedding-001", new ApiKeyCredential(TestGateway.Password), Options(gateway));

        var fault = await Assert.ThrowsAsync<ClientResultException>(() => client.GenerateEmbeddingsAsync([(ReadOnlyMemory<int>)new[] { 9906, 11 }], cancellationToken: Cancellation));

        Assert.Equal(400, fault.Status);
        Assert.Contains("input", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Speech_is_heard()
    {
        await using TestGateway gateway = await StartAsync();
        AudioClient client = new("gpt-4o-mini-tts", new ApiKeyCredential(TestGateway.Password), Options(gateway));

        BinaryData speech = await client.GenerateSpeechAsync("Hello", GeneratedSpeechVoice.Nova, new SpeechGenerationOptions { ResponseFormat = GeneratedSpeechFormat.Wav }, Cancellation);

        Assert.Equal(SpeechTests.Spoken("Hello"), speech.ToArray()[44..]);
        Assert.Contains("\"Aoede\"", Assert.Single(gateway.Calls()).Json.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("srt", "1\n00:00:00,000 --> 00:00:01,500\nThis is audio/wav.")]
    [InlineData("vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nThis is audio/wav.")]
    [InlineData("text", Heard)]
    [InlineData("json", Heard)]
    public async Task A_transcript_comes_in_the_form_that_is_asked_for(string format, string expected)
    {
        await using TestGateway gateway = await StartAsync();
        AudioClient client = new("whisper-1", new ApiKeyCredential(TestGateway.Password), Options(gateway));
        using var file = new MemoryStream(TranscriptionTests.Wave());

        AudioTranscription transcription = await client.TranscribeAudioAsync(file, "Sprache — Zürich.wav", new AudioTranscriptionOptions { ResponseFormat = new AudioTranscriptionFormat(format), Language = "de", Prompt = "Pollux", Temperature = 0.2f }, Cancellation);

        Assert.StartsWith(expected, transcription.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Segments_and_words_have_their_times()
    {
        await using TestGateway gateway = await StartAsync();
        AudioClient client = new("whisper-1", new ApiKeyCredential(TestGateway.Password), Options(gateway));
        using var file = new MemoryStream(TranscriptionTests.Wave());
        var options = new AudioTranscriptionOptions
        {
            ResponseFormat = AudioTranscriptionFormat.Verbose,
            TimestampGranularities = AudioTimestampGranularities.Word | AudioTimestampGranularities.Segment,
        };

        AudioTranscription transcription = await client.TranscribeAudioAsync(file, "speech.wav", options, Cancellation);

        Assert.Equal((Heard, "english", TimeSpan.FromSeconds(3)), (transcription.Text, transcription.Language, transcription.Duration));
        Assert.Equal([TimeSpan.Zero, TimeSpan.FromSeconds(1.5)], transcription.Segments.Select(static segment => segment.StartTime));
        Assert.Equal(["This", "is"], transcription.Words.Take(2).Select(static word => word.Word));
    }

    [Fact]
    public async Task A_translation_is_English()
    {
        await using TestGateway gateway = await StartAsync();
        AudioClient client = new("whisper-1", new ApiKeyCredential(TestGateway.Password), Options(gateway));
        using var file = new MemoryStream(TranscriptionTests.Wave());

        AudioTranslation translation = await client.TranslateAudioAsync(file, "speech.wav", new AudioTranslationOptions { ResponseFormat = AudioTranslationFormat.Verbose }, Cancellation);

        Assert.Equal((Heard, 2), (translation.Text, translation.Segments.Count));
        Assert.Contains("into English", Assert.Single(gateway.Calls()).Json.GetRawText(), StringComparison.Ordinal);
    }

    private static async Task<TestGateway> StartAsync()
    {
        TestGateway gateway = await TestGateway.StartAsync(static fake => fake.AddKey(TestGateway.Key, fake.AddProject("100000000001", FakeTier.Paid)));
        await EmbeddingTests.ListedAsync(gateway);
        return gateway;
    }

    private static OpenAIClientOptions Options(TestGateway gateway) => new()
    {
        Endpoint = new Uri(gateway.Address, "/v1"),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    };
}
