using System.Net;
using System.Text.Json;
using Pollux.IntegrationTests.Clients;
using Pollux.IntegrationTests.Hosting;

namespace Pollux.IntegrationTests.Serving;

/// <summary>OAI-12: the largest recording that fits. Alone, since others measure memory.</summary>
[Collection(nameof(Alone))]
public sealed class LargeRecordingTests
{
    [Fact]
    public async Task As_large_a_file_as_the_upstream_takes_is_carried_and_a_larger_one_refused()
    {
        await using TestGateway gateway = await TranscriptionTests.StartAsync();
        int most = ((20 * 1024 * 1024) - (256 * 1024)) / 4 * 3;

        (HttpResponseMessage taken, string heard) = await TranscriptionTests.SendAsync(gateway, TranscriptionTests.Form(TranscriptionTests.Wave(most), ("model", "whisper-1")));
        (HttpResponseMessage refused, string body) = await TranscriptionTests.SendAsync(gateway, TranscriptionTests.Form(TranscriptionTests.Wave(most + 1), ("model", "whisper-1")));

        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Contains($"It has {most} bytes.", heard, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "file"), (refused.StatusCode, JsonElement.Parse(body).GetProperty("error").GetProperty("param").GetString()));
        Assert.Single(gateway.Calls());
    }
}
